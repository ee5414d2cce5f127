"""Connections to one database: each is used by one thread at a time, and none outlives a fork.

SQLite forbids to carry a connection across ``os.fork``, even to close it in the child. So all are
closed before a fork, and both sides open their own when they need one.
"""

import sqlite3
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

_KEPT = 8
"""Idle connections that are kept; opening one takes about 0.2 ms."""


class Connections:
    """Lends connections.

    Args:
        connect: Opens one. It may be closed by another thread than the one that opened it.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._changed = threading.Condition()
        self._idle: list[sqlite3.Connection] = []
        self._lent = 0
        self._forking = False

    @contextmanager
    def one(self) -> Generator[sqlite3.Connection]:
        """Lend a connection; after one of SQLite's errors it is not used again."""
        connection = self._take()
        kept: sqlite3.Connection | None = None
        try:
            connection = connection or self._connect()
            yield connection
            kept = connection
        except sqlite3.Error:
            raise
        except BaseException:
            kept = connection  # nothing is wrong with the connection
            raise
        finally:
            if kept is None and connection is not None:
                with suppress(sqlite3.Error):
                    connection.close()
            self._give_back(kept)

    def hold(self) -> None:
        """Before a fork: wait for what is lent, close all, and lend nothing any more."""
        self._changed.acquire()
        self._forking = True
        self._changed.wait_for(lambda: not self._lent)
        self._close_idle()

    def go_on(self) -> None:
        """Lend again after a fork."""
        self._forking = False
        self._changed.notify_all()
        self._changed.release()

    def close(self) -> None:
        """Close what is not lent; a call that comes later opens a connection again."""
        with self._changed:
            self._close_idle()

    def _take(self) -> sqlite3.Connection | None:
        with self._changed:
            self._changed.wait_for(lambda: not self._forking)
            self._lent += 1
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: sqlite3.Connection | None) -> None:
        with self._changed:
            self._lent -= 1
            if connection is not None:
                if len(self._idle) < _KEPT:
                    self._idle.append(connection)
                else:
                    connection.close()
            self._changed.notify_all()

    def _close_idle(self) -> None:
        while self._idle:
            with suppress(sqlite3.Error):
                self._idle.pop().close()
