"""The part "escalation": several attempts per request, where success can be checked at once."""

from armwise.offline.escalation.section import run

__all__ = ["run"]
