"""Opening a file: what cannot work is refused with the fix, and the file is its owner's alone."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from armwise.errors import (
    ConfigurationError,
    StoreRefusedError,
    StoreUnavailableError,
    StoreVersionError,
)
from armwise.storage.sqlite import SQLiteStore, file
from armwise.storage.sqlite.filesystem import type_in_mounts
from armwise.storage.sqlite.schema import PLAIN, VERSION, WEIGHTED
from armwise.testing.contracts.histories import record

MOUNTS = """\
/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
server:/data /data nfs4 rw 0 0
tmpfs /data/local tmpfs rw 0 0
me@host: /home/me/with\\040blank fuse.sshfs rw 0 0
//host/share /mnt/share cifs rw 0 0
/dev/vdb /mnt/share ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/data", "nfs4"),
        ("/data/app", "nfs4"),
        ("/data/local/app", "tmpfs"),
        ("/database", "ext4"),
        ("/home/me/with blank/x", "fuse.sshfs"),
        ("/mnt/share/x", "ext4"),
    ],
)
def test_the_longest_mount_point_tells_the_file_system(path: str, kind: str) -> None:
    """Of two on one point the later one holds; names with blanks are read right."""
    assert kind == type_in_mounts(path, MOUNTS)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so, names the type, and what to use instead; nothing is created."""
    monkeypatch.setattr(file, "file_system_of", lambda path: kind)

    with pytest.raises(ConfigurationError, match=rf"network file system \({kind}\).*redis://"):
        SQLiteStore(tmp_path / "evidence.db")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_file_system_is_not_held_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system does not list its mounts, the file is opened."""
    monkeypatch.setattr(file, "file_system_of", lambda path: None)

    SQLiteStore(tmp_path / "evidence.db").close()


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """With the command that creates it."""
    with pytest.raises(ConfigurationError, match=f"mkdir -p {tmp_path}/no/such"):
        SQLiteStore(tmp_path / "no" / "such" / "evidence.db")


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_no_file_is_refused(path: str) -> None:
    """Evidence in memory has a store of its own."""
    with pytest.raises(ConfigurationError, match="memory://"):
        SQLiteStore(path)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """A file in it is meant."""
    with pytest.raises(ConfigurationError, match="is a directory"):
        SQLiteStore(tmp_path)


def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A text file under that name is somebody's."""
    path = tmp_path / "notes.db"
    path.write_text("Dear diary, this is not a database. " * 40, encoding="utf-8")

    with pytest.raises(StoreRefusedError, match="no SQLite database"):
        SQLiteStore(path)

    assert path.read_text(encoding="utf-8").startswith("Dear diary")


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """Its tables are not mixed with ours."""
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE goals (id)")
    connection.close()

    with pytest.raises(StoreRefusedError, match="another program"):
        SQLiteStore(path)


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """By who opens it, and by who had it open when a newer armwise changed it."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    with sqlite3.connect(kept.path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()

    with pytest.raises(StoreVersionError, match=r"Upgrade armwise"):
        SQLiteStore(kept.path)
    with pytest.raises(StoreVersionError, match=f"versions up to {VERSION}"):
        kept.apply("goal", [record()])
    kept.close()


def test_a_directory_without_rights_is_named(tmp_path: Path) -> None:
    """A user who may read and not write is told which right is missing."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        kept = SQLiteStore(Path(folder) / "evidence.db")
        kept.apply("goal", [record()])
        kept.close()
        Path(folder).chmod(0o755)
        program = (
            "import os, sys\n"
            "from armwise.storage.sqlite import SQLiteStore\n"
            "from armwise.errors import StoreRefusedError\n"
            "os.geteuid() or os.setuid(65534)\n"
            "try:\n"
            "    SQLiteStore(sys.argv[1])\n"
            "except StoreRefusedError as error:\n"
            "    print(error)\n"
        )
        if os.geteuid():
            Path(folder).chmod(0o555)
        words = [sys.executable, "-c", program, f"{folder}/new.db"]

        done = subprocess.run(words, capture_output=True, text=True, check=True)

        Path(folder).chmod(0o755)
    assert "right to write the file and its directory" in done.stdout


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds signing keys; so do the files beside it. A mode set by hand stays."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    kept.apply("goal", [record()])

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    names = {f"evidence.db{end}" for end in ("", "-wal", "-shm", ".writer")}
    assert modes == dict.fromkeys(names, 0o600)
    kept.close()
    kept.path.chmod(0o660)
    Path(f"{kept.path}.writer").unlink()
    SQLiteStore(kept.path).close()
    assert kept.path.stat().st_mode & 0o777 == 0o660


def test_a_store_can_be_used_after_it_was_closed(tmp_path: Path) -> None:
    """Closing lets go of the files, twice if need be; a later call opens them again."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    kept.apply("goal", [record()])

    kept.close()
    kept.close()

    assert [path.name for path in tmp_path.glob("*-wal")] == []
    held = kept.read("goal")
    assert held is not None
    assert held.buckets
    kept.close()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """The error says that it is damaged, and how to save what can be read."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    for start in range(0, 4_000, 500):
        kept.apply("goal", [record(number) for number in range(start, start + 500)])
    kept.close()
    with kept.path.open("r+b") as data:
        for page in range(1, kept.path.stat().st_size // 4096):
            data.seek(page * 4096)
            data.write(b"\xff" * 100)

    with pytest.raises(StoreRefusedError, match=r"damaged.*recover"):
        kept.apply("goal", [record(9_999)])
    kept.close()


def test_a_lock_of_another_program_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BEGIN IMMEDIATE meets who does not wait in the queue; later the same call succeeds."""
    monkeypatch.setattr(file, "BUSY_S", 0.1)
    kept = SQLiteStore(tmp_path / "evidence.db")
    shell = sqlite3.connect(kept.path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="does not wait in the queue"):
        kept.apply("goal", [record()])
    held = kept.read("goal")
    shell.execute("ROLLBACK")
    kept.apply("goal", [record()])

    assert held is not None
    assert not held.buckets
    shell.close()
    kept.close()


def test_a_turn_keeps_out_who_does_not_queue(tmp_path: Path) -> None:
    """From its beginning, before anything is written: what it reads stays true until it commits."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    shell = sqlite3.connect(kept.path, isolation_level=None, timeout=0)

    with kept._file.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        shell.execute("BEGIN IMMEDIATE")
    shell.execute("BEGIN IMMEDIATE")

    shell.close()
    kept.close()


def test_the_columns_are_the_sums_of_evidence() -> None:
    """A new sum needs a migration: the columns are written down, not derived."""
    from armwise.storage.codec import SUMS

    assert SUMS == (*WEIGHTED, *PLAIN)
