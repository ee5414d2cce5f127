"""The user's door: completion, streams, checks of outcomes, fallback."""

from armwise.router.router import Router
from armwise.router.streams import AsyncStream, Stream

__all__ = ["AsyncStream", "Router", "Stream"]
