"""The journal: what a killed process leaves behind is read back, whole records only."""

import fcntl
import multiprocessing
import os
import signal
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.engine.shared.journal import Journal, journal_root, orphans, read_segment
from armwise.engine.shared.records import Opening, decode, encode
from armwise.storage import ArmKey, CallFacts, Record

amounts = st.none() | st.integers(0, 2**60)
records = st.builds(
    Record,
    st.builds(ArmKey, st.text(max_size=9), st.text(max_size=9), st.integers(0, 3), st.integers(0)),
    st.binary(min_size=10, max_size=10),
    st.integers(0, 255),
    st.integers(0, 2**47),
    st.builds(CallFacts, amounts, amounts, amounts, st.booleans()),
    st.none() | st.integers(0, 65_535),
    st.none() | st.integers(0, 10_000),
    st.integers(0, 2**32),
    st.booleans(),
)
openings = st.builds(Opening, st.text(max_size=9), st.text(max_size=9), st.integers(0, 2**16))


@given(goal=st.text(max_size=20), item=records | openings)
def test_what_is_written_down_is_read_back(goal: str, item: Record | Opening) -> None:
    """Every record and every opening of an epoch comes back as it was, any name included."""
    assert decode(encode(goal, item)) == (goal, item)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'["r1"]', b'["r9","g",1]', b'["r1","g","b"]', b"\xff", b'["e1"]']
)
def test_what_is_no_record_is_refused(body: bytes) -> None:
    """A line of another version, or half of one, is a ValueError and nothing else."""
    with pytest.raises(ValueError, match="not a journal record"):
        decode(body)


def bodies(directory: Path) -> list[bytes]:
    """Return all bodies in a journal's directory."""
    return [body for path in sorted(directory.glob("*.journal")) for body in read_segment(path)]


def test_a_torn_tail_is_cut(tmp_path: Path) -> None:
    """Whatever the last record lacks, those before it are read and it is not."""
    journal = Journal(tmp_path)
    for number in range(5):
        journal.append(b"record %d" % number)
    (segment,) = journal.directory.glob("*.journal")
    whole = segment.read_bytes()

    for cut in range(1, 17):
        segment.write_bytes(whole[:-cut])
        assert list(read_segment(segment)) == [b"record %d" % number for number in range(4)]
    journal.close(is_done=True)


def test_a_damaged_record_ends_its_segment(tmp_path: Path) -> None:
    """After a flipped bit nothing of the segment is trusted; what stands before it is."""
    journal = Journal(tmp_path)
    for number in range(3):
        journal.append(b"record %d" % number)
    (segment,) = journal.directory.glob("*.journal")
    data = bytearray(segment.read_bytes())
    data[25] ^= 1

    segment.write_bytes(bytes(data))

    assert list(read_segment(segment)) == [b"record 0"]
    journal.close(is_done=True)


def test_segments_are_dropped_whole(tmp_path: Path) -> None:
    """A new segment is begun on demand, and an old one is deleted without the new."""
    journal = Journal(tmp_path)
    first = journal.append(b"old")

    journal.rotate()
    second = journal.append(b"new")
    journal.drop(first)

    assert first != second
    assert bodies(journal.directory) == [b"new"]
    journal.close(is_done=True)


def test_a_large_journal_is_split_by_itself(tmp_path: Path) -> None:
    """Segments stay near 4 MB, and nothing is lost between them."""
    journal = Journal(tmp_path)
    for number in range(9):
        journal.append(b"%d" % number + b"x" * 1_000_000)

    assert len(list(journal.directory.glob("*.journal"))) == 2
    assert [body[:1] for body in bodies(journal.directory)] == [b"%d" % n for n in range(9)]
    journal.close(is_done=True)


def test_a_living_process_is_not_robbed(tmp_path: Path) -> None:
    """Only a directory whose lock is free is an orphan, and only one process adopts it."""
    alive = Journal(tmp_path)
    alive.append(b"mine")

    assert list(orphans(tmp_path, own=None)) == []
    alive.close(is_done=False)
    (orphan,) = orphans(tmp_path, own=None)
    assert list(orphans(tmp_path, own=None)) == []
    assert list(orphan.bodies()) == [b"mine"]
    orphan.bury()
    assert list(tmp_path.iterdir()) == []


def _write_and_hang(root: Path, ready: "multiprocessing.synchronize.Event") -> None:
    journal = Journal(root)
    for number in range(3):
        journal.append(b"record %d" % number)
    ready.set()
    signal.pause()


def test_a_killed_process_leaves_all_its_records(tmp_path: Path) -> None:
    """After kill -9 its lock is free and everything it appended is there."""
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_write_and_hang, args=(tmp_path, ready))
    process.start()
    assert ready.wait(30)

    assert list(orphans(tmp_path, own=None)) == []
    process.kill()
    process.join()

    (orphan,) = orphans(tmp_path, own=None)
    assert list(orphan.bodies()) == [b"record 0", b"record 1", b"record 2"]
    orphan.leave()


def test_a_forked_child_does_not_keep_its_parents_journal_alive(tmp_path: Path) -> None:
    """The child lets go of what it inherited; the parent's lock goes with the parent alone."""
    journal = Journal(tmp_path)
    reader, writer = os.pipe()
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        journal.forsake()
        os.write(tell, b"forsaken")
        os.close(writer)
        os.read(reader, 1)  # live on until the parent is done
        os._exit(0)

    os.close(reader)
    assert os.read(told, 8) == b"forsaken"
    still_held = list(orphans(tmp_path, own=None))
    journal.close(is_done=False)
    found = list(orphans(tmp_path, own=None))
    os.close(writer)
    os.waitpid(child, 0)

    assert still_held == []
    assert len(found) == 1
    found[0].bury()


def test_others_cannot_read_it(tmp_path: Path) -> None:
    """It holds request ids' content: its directory is 0700 and its files 0600."""
    journal = Journal(tmp_path / "state")
    journal.append(b"secret")

    assert stat.S_IMODE(journal.directory.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in journal.directory.iterdir()}
    assert modes == {0o600}
    journal.close(is_done=True)


def test_what_cannot_be_locked_is_let_alone(tmp_path: Path) -> None:
    """Files and directories of others in the same place are no orphans."""
    (tmp_path / "keys-1.json").write_text("{}")
    (tmp_path / "half made").mkdir()
    held = tmp_path / "held"
    held.mkdir()
    with (held / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        assert list(orphans(tmp_path, own=None)) == []


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ARMWISE_JOURNAL_DIR, else the user's state directory, each with a folder per store."""
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    monkeypatch.delenv("ARMWISE_JOURNAL_DIR", raising=False)
    assert journal_root("abc") == Path("/state/armwise/abc")

    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path))
    assert journal_root("abc") == tmp_path / "abc"
