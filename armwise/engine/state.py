"""The state of one goal in a file, for the Router that works on it."""

from os import PathLike
from typing import TYPE_CHECKING

from armwise.engine.shared import SharedStore
from armwise.errors import StoreUnavailableError
from armwise.storage import (
    export_state,
    import_state,
    load_state,
    merge_state,
    portable,
    save_state,
    split_goal,
)

if TYPE_CHECKING:
    from armwise.engine.opening import LocalStore
    from armwise.storage import PortableStore

_DELIVERED_WITHIN_S = 10.0
"""How long an export waits for what was reported here; a guess: fifty time-outs of a store."""


def export_goal(store: "LocalStore", stored: str, file: str | PathLike[str]) -> None:
    """Write a goal's evidence to a file, reports of this process included.

    Raises:
        ConfigurationError: If the store cannot export, or the file cannot be written.
        StoreError: If a shared store fails, or does not take what waits for it.
    """
    namespace, goal = split_goal(stored)
    if isinstance(store, SharedStore) and not store.flush(_DELIVERED_WITHIN_S):
        raise StoreUnavailableError(
            f"{store.name} did not take what was reported here within {_DELIVERED_WITHIN_S:g} s: "
            "an export would lack it."
        )
    inner, source = _behind(store)
    save_state(export_state(inner, source, goals=[goal], namespace=namespace), file)


def import_goal(
    store: "LocalStore", stored: str, file: str | PathLike[str], *, merge: bool
) -> bool:
    """Take over a goal's evidence from a file; return whether it was added.

    Raises:
        ConfigurationError: If the file cannot be used or lacks the goal; without ``merge`` also if
            the goal holds evidence or fades by another half-life.
        StoreError: If a shared store fails.
    """
    namespace, goal = split_goal(stored)
    state = load_state(file)
    inner, _ = _behind(store)
    is_added = True
    if merge:
        is_added = merge_state(inner, state, goals=[goal], namespace=namespace)[goal]
    else:
        import_state(inner, state, goals=[goal], namespace=namespace)
    if isinstance(store, SharedStore):
        store.refresh(stored)
    return is_added


def _behind(store: "LocalStore") -> "tuple[PortableStore, str]":
    """Return what holds the evidence, and its URL without the password."""
    if isinstance(store, SharedStore):
        return portable(store.store), store.name
    return portable(store), "memory://"
