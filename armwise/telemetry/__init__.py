"""Where events go: one small sink per target."""

from armwise.telemetry.logs import LogSink

__all__ = ["LogSink"]
