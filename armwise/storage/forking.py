"""Keeps objects with locks whole across ``os.fork``.

A child that is forked while another thread is half way through a change would copy the half, and
a lock that nobody in the child will ever release. Registered objects are therefore locked around
every fork of the process.
"""

import os
from collections.abc import Iterator
from typing import Protocol
from weakref import ref


class SurvivesFork(Protocol):
    """Something that must be at rest while the process forks."""

    def before_fork(self) -> None:
        """Wait for changes under way and keep new ones out."""
        ...

    def after_fork(self, *, in_child: bool) -> None:
        """Let changes in again; in the child, also drop what must not be shared."""
        ...


_registered: list[ref[SurvivesFork]] = []
_hooked = False


def register(survivor: SurvivesFork) -> None:
    """Guard an object until it is collected.

    Objects are locked in the reverse order of registration: register what is locked last in
    ordinary work first.
    """
    global _hooked  # noqa: PLW0603 - fork handlers cannot be taken back, so they are set once
    if not _hooked:
        _hooked = True
        os.register_at_fork(
            before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
        )
    _registered.append(ref(survivor, _registered.remove))


def _alive() -> Iterator[SurvivesFork]:
    for reference in _registered:
        if (survivor := reference()) is not None:
            yield survivor


def _before() -> None:
    for survivor in reversed(list(_alive())):
        survivor.before_fork()


def _after_in_parent() -> None:
    for survivor in _alive():
        survivor.after_fork(in_child=False)


def _after_in_child() -> None:
    for survivor in _alive():
        survivor.after_fork(in_child=True)
