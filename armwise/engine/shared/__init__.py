"""A store that several processes share, as one process works with it: journal, delivery, copy."""

from armwise.engine.shared.audience import Subscriber
from armwise.engine.shared.health import StoreHealth
from armwise.engine.shared.journal import JOURNAL_VARIABLE, journal_root
from armwise.engine.shared.shared_store import Delivery, SharedStore

__all__ = [
    "JOURNAL_VARIABLE",
    "Delivery",
    "SharedStore",
    "StoreHealth",
    "Subscriber",
    "journal_root",
]
