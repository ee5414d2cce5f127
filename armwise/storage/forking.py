"""Keeps objects with locks whole across ``os.fork``.

A child that is forked while another thread is half way through a change would copy the half, and
a lock that nobody in the child will ever release. Registered objects are therefore locked around
every fork of the process.
"""

import os
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


_held: list[SurvivesFork] = []
"""What the fork under way has locked. Held strongly, so that exactly these are let go again: others
may be registered or collected meanwhile."""


def _before() -> None:
    alive = [survivor for reference in list(_registered) if (survivor := reference()) is not None]
    for survivor in reversed(alive):
        survivor.before_fork()
        _held.append(survivor)


def _after_in_parent() -> None:
    _release(in_child=False)


def _after_in_child() -> None:
    _release(in_child=True)


def _release(*, in_child: bool) -> None:
    while _held:
        _held.pop().after_fork(in_child=in_child)
