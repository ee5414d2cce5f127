"""Random names of requests."""

import os

from armwise.engine.request_id import NONCE_BYTES

_BLOCK = 256
"""Nonces per system call. The call lets other threads run, and with many threads a decision would
wait for all of them in its middle."""


class Nonces:
    """Random names from the system's generator, fetched in blocks and used once each."""

    def __init__(self) -> None:
        self._ahead: list[bytes] = []

    def next(self) -> bytes:
        """Return a name that nobody else has, with 80 random bits."""
        try:
            return self._ahead.pop()
        except IndexError:
            block = os.urandom(NONCE_BYTES * _BLOCK)
            fetched = [
                block[start : start + NONCE_BYTES] for start in range(0, len(block), NONCE_BYTES)
            ]
            nonce = fetched.pop()
            self._ahead = fetched
            return nonce

    def before_fork(self) -> None:
        """Do nothing: taking a name is atomic."""

    def after_fork(self, *, in_child: bool) -> None:
        """Throw fetched names away in the child, or it would share them with its parent."""
        if in_child:
            self._ahead = []
