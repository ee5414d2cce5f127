"""Records on disk until a store surely has them, so that a killed process loses none.

Each process writes to a directory of its own, in segments: a record is its CRC-32 and its length,
four bytes each, and its body. Written without fsync: it survives the process, not a power cut.
A lock that the process holds tells others that it lives; where it is free, the process is gone, and
whoever comes next adopts what it left behind.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import NamedTuple
from zlib import crc32

_HEAD = Struct(">II")
_SEGMENT_BYTES = 4 << 20
"""Size at which a new segment is begun: a guess. Segments are deleted whole, so smaller ones free
the disk earlier, and larger ones are fewer files."""

_LOCK, _SUFFIX = "lock", ".journal"

_CLAIMS = 20
"""Directories that a process tries to make; it takes a race to lose one."""


class TornError(OSError):
    """Only a part of a record could be written: the disk became full."""


class Slot(NamedTuple):
    """Where a record is to be written.

    Attributes:
        segment: Number of the segment.
        file: Its open file.
    """

    segment: int
    file: int


class Journal:
    """The directory of one process; used by one thread at a time, but for ``write``.

    Args:
        root: Directory of all processes that use the same store; made if it is missing.

    Raises:
        OSError: If it cannot be written.
    """

    def __init__(self, root: Path) -> None:
        self.directory, self._lock = _claimed(root)
        self.segment = 0
        self._file = self._opened(0)
        self._size = 0
        self._older: dict[int, int] = {}

    def append(self, body: bytes) -> int:
        """Write a record; return the number of its segment.

        Raises:
            OSError: If it could not be written whole.
        """
        slot = self.reserve(len(body))
        self.write(slot, body)
        return slot.segment

    def reserve(self, size: int) -> Slot:
        """Return where a record of so many bytes is to be written.

        Raises:
            OSError: If a new segment is due and cannot be begun.
        """
        if self._size >= _SEGMENT_BYTES:
            self.rotate()
        self._size += _HEAD.size + size
        return Slot(self.segment, self._file)

    @staticmethod
    def write(slot: Slot, body: bytes) -> None:
        """Write a record to where it was reserved; safe from several threads at once.

        One call of the system appends it whole, so no thread has to wait for another's disk.

        Raises:
            TornError: If only a part was written: the segment is read up to there, so nothing
                more is to be written to it.
            OSError: If nothing was written.
        """
        data = _HEAD.pack(crc32(body), len(body)) + body
        written = os.write(slot.file, data)
        if written != len(data):
            raise TornError(f"only {written} of {len(data)} bytes were written")

    def rotate(self) -> None:
        """Begin a new segment, unless this one is empty."""
        if not self._size:
            return
        opened = self._opened(self.segment + 1)  # first: if it fails, the old one still works
        self._older[self.segment] = self._file  # somebody may be writing to it
        self._file, self._size = opened, 0
        self.segment += 1

    def drop(self, segment: int) -> None:
        """Delete a segment to which nobody writes and whose records the store surely has."""
        file = self._older.pop(segment, None)
        if file is not None:
            os.close(file)
        self._path(segment).unlink(missing_ok=True)

    def close(self, *, is_done: bool) -> None:
        """Let go of it.

        Args:
            is_done: Whether the store surely has everything; else it stays, to be adopted.
        """
        self._close_files()
        if is_done:
            shutil.rmtree(self.directory, ignore_errors=True)
        os.close(self._lock)

    def forsake(self) -> None:
        """Let go of what belongs to the parent, in a forked child; the parent's lock stays held."""
        self._close_files()
        os.close(self._lock)

    def _close_files(self) -> None:
        for file in (*self._older.values(), self._file):
            os.close(file)
        self._older.clear()

    def _path(self, segment: int) -> Path:
        return self.directory / f"{segment:08d}{_SUFFIX}"

    def _opened(self, segment: int) -> int:
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        return os.open(self._path(segment), flags, 0o600)


def _claimed(root: Path) -> tuple[Path, int]:
    """Return a new directory and the lock on it, held.

    Another process may take a directory for an orphan before its lock is held, and bury it: then
    the lock is on a file that nobody finds any more, and another directory is tried.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(_CLAIMS):
        directory = root / f"{os.getpid()}-{secrets.token_hex(4)}"
        directory.mkdir(mode=0o700)
        with suppress(FileNotFoundError):
            lock = os.open(directory / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (directory / _LOCK).exists():
                return directory, lock
            os.close(lock)
    raise OSError(f"every new directory in {root} is deleted at once")


class Orphan:
    """The directory that a process has left behind. Nobody else can adopt it meanwhile.

    Args:
        directory: The directory.
        lock: The lock on it, held.
    """

    def __init__(self, directory: Path, lock: int) -> None:
        self._directory = directory
        self._lock = lock

    def bodies(self) -> Iterator[bytes]:
        """Return what it holds, in the order in which it was written; a torn tail is cut."""
        for segment in sorted(self._directory.glob(f"*{_SUFFIX}")):
            yield from read_segment(segment)

    def bury(self) -> None:
        """Delete it, once its records are in a journal of this process."""
        shutil.rmtree(self._directory, ignore_errors=True)
        os.close(self._lock)

    def leave(self) -> None:
        """Let it lie, for another process or another time."""
        os.close(self._lock)


def orphans(root: Path, own: Path | None) -> Iterator[Orphan]:
    """Return the directories whose processes are gone.

    Args:
        root: Directory of all processes that use the same store.
        own: The directory of this process.
    """
    if not root.is_dir():
        return
    for directory in sorted(root.iterdir()):
        if directory == own or not directory.is_dir():
            continue
        try:
            lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:  # being made, being deleted, or of another user
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        yield Orphan(directory, lock)


def read_segment(path: Path) -> Iterator[bytes]:
    """Return the bodies of a segment, up to the first that is torn or damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    position = 0
    while position + _HEAD.size <= len(data):
        crc, size = _HEAD.unpack_from(data, position)
        position += _HEAD.size
        body = data[position : position + size]
        if len(body) != size or crc32(body) != crc:
            return
        yield body
        position += size


def journal_root(store_name: str) -> Path:
    """Return where the processes that use a store keep their journals.

    ``ARMWISE_JOURNAL_DIR``, else ``XDG_STATE_HOME``, else ``~/.local/state``.

    Args:
        store_name: What tells the store from others: letters and digits.
    """
    named = os.environ.get(JOURNAL_VARIABLE)
    if named:
        return Path(named) / store_name
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else _home() / ".local" / "state") / "armwise" / store_name


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user without one
        return Path("/nonexistent")


JOURNAL_VARIABLE = "ARMWISE_JOURNAL_DIR"
"""Environment variable that names the directory for journals and snapshots."""
