"""Models that change: what forgetting and change detection gain, and what they cost."""

from armwise.offline.change.section import run

__all__ = ["run"]
