"""The database file: where it may be, how it is opened, and the two ways in: read and write."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from os import O_CREAT, O_EXCL, O_RDWR, fspath
from os import close as close_file
from os import open as open_file
from pathlib import Path

from armwise.errors import ConfigurationError, StoreError, StoreRefusedError
from armwise.storage.forking import register
from armwise.storage.sqlite.connections import Connections
from armwise.storage.sqlite.faults import translated
from armwise.storage.sqlite.filesystem import NETWORK, file_system_of
from armwise.storage.sqlite.queue import WriterQueue
from armwise.storage.sqlite.schema import VERSION, check_version, migrate

BUSY_S = 5.0
"""How long SQLite itself waits for a program that does not wait in the queue."""

WAL_LIMIT_BYTES = 16_000_000
"""The write-ahead log is cut to this after a reader has let it grow."""

PRIVATE = 0o600
"""The file holds the keys that request ids are signed with: it is its owner's alone."""


class DatabaseFile:
    """A database that the processes of one machine share.

    Args:
        path: Of the file; a leading ``~`` is the home directory. Created if it is missing.
        durable: Wait for the disk at every write.

    Raises:
        ConfigurationError: If SQLite cannot work there.
        StoreError: If the file cannot be opened, or cannot be used.
    """

    def __init__(self, path: str | Path, *, durable: bool) -> None:
        self.path = _usable(path)
        self.durable = durable
        mode = self.path.stat().st_mode & 0o666 if self.path.exists() else PRIVATE
        self._queue = WriterQueue(Path(f"{self.path}.writer"), mode)
        self._connections = Connections(self._connect)
        self._prepare()
        register(self)

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Lend a connection inside a transaction that sees one state; it waits for nobody.

        Raises:
            StoreError: As ``Store`` says.
        """
        with translated(self.path), self._connections.one() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Wait for the turn and lend a connection inside a transaction that may write.

        The transaction is committed at the end, or rolled back if anything is raised.

        Raises:
            StoreError: As ``Store`` says.
        """
        with (
            translated(self.path),
            self._queue.turn(),
            self._connections.one() as connection,
            _transaction(connection),
        ):
            if check_version(connection, self.path) < VERSION:
                migrate(connection, self.path)
            yield connection

    def close(self) -> None:
        """Let go of all files; a later call opens them again."""
        # The last connection to be closed writes back the log, and that is a write. If the turn
        # does not come, SQLite's own locks have to do.
        with suppress(StoreError), self._queue.turn():
            self._connections.close()
        self._connections.close()
        self._queue.close()

    def before_fork(self) -> None:
        """Wait until no call is under way and close everything: nothing of it survives a fork."""
        self._queue.hold()
        self._connections.hold()
        self._queue.let_go()

    def after_fork(self, *, in_child: bool) -> None:
        """Let calls in again; parent and child open connections of their own."""
        self._connections.go_on()
        self._queue.go_on()

    def _prepare(self) -> None:
        """Create the file and its tables, alone: SQLite does not wait to switch to WAL."""
        with translated(self.path), self._queue.turn():
            self._create()
            with self._connections.one() as connection:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                if mode != "wal":
                    raise StoreRefusedError(
                        f"SQLite store {self.path}: the file system allows no write-ahead log "
                        f"(journal mode {mode!r}). Put the file on a local disk."
                    )
                with _transaction(connection):
                    migrate(connection, self.path)

    def _create(self) -> None:
        """Create the file with private rights; one that is there is not touched.

        Opening and closing it by other means than SQLite would drop the locks that another
        connection of this process may hold.
        """
        try:
            close_file(open_file(self.path, O_RDWR | O_CREAT | O_EXCL, PRIVATE))
        except FileExistsError:
            return
        except OSError as error:
            raise StoreRefusedError(
                f"SQLite store {self.path} cannot be created ({error.strerror}). Give this user "
                "the right to write its directory, and see that the disk is not full."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            fspath(self.path),
            timeout=BUSY_S,
            isolation_level=None,  # transactions are begun and ended here, not guessed by Python
            check_same_thread=False,  # lent to one thread at a time
        )
        try:
            connection.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'NORMAL'}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
            connection.execute("PRAGMA mmap_size = 0")
            check_version(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # After a full disk SQLite has rolled back by itself, and a second ROLLBACK would raise and
        # hide what had happened.
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _usable(path: str | Path) -> Path:
    """Return the absolute path, once it is clear that SQLite can be shared there."""
    if str(path) in ("", ":memory:"):
        raise ConfigurationError(
            f"a SQLite store needs a file, got {str(path)!r}. Use 'memory://' to keep evidence in "
            "this process."
        )
    whole = Path(path).expanduser().resolve()
    if not whole.parent.is_dir():
        raise ConfigurationError(
            f"the directory of SQLite store {whole} does not exist. Create it "
            f"(mkdir -p {whole.parent}), or correct the path; 'sqlite:///' is followed by a "
            "relative path, 'sqlite:////' by an absolute one."
        )
    if whole.is_dir():
        raise ConfigurationError(f"{whole} is a directory. Name a file in it: {whole}/evidence.db")
    kind = file_system_of(whole.parent)
    if kind in NETWORK:
        raise ConfigurationError(
            f"SQLite store {whole} is on a network file system ({kind}), where SQLite cannot be "
            "shared: processes would damage the file. Put it on a local disk, or share evidence "
            "between machines through redis://."
        )
    return whole
