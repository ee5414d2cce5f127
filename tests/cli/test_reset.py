"""``armwise state reset`` as a person types it."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from typer.testing import Result

from armwise.bandit.decay import Outcomes
from armwise.cli.half_life import half_life_shown, half_life_written
from armwise.errors import ConfigurationError
from armwise.storage import connect, read_goal

Run = Callable[..., Result]
Play = Callable[..., list[str]]


def epochs(url: str) -> dict[tuple[str, str], int]:
    """Return the epoch of each arm that has begun anew."""
    store = connect(url)
    try:
        held = read_goal(store, "support")
        return {
            (name, path): epoch
            for name, bucket in held.buckets.items()
            for path, epoch in bucket.epochs.items()
        }
    finally:
        store.close()


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Press Ctrl-C, again after a while: one just before the read begins is not noticed by it."""
    for _ in range(6):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            return


def test_all_arms_of_a_goal_begin_anew(run: Run, play: Play, url: str) -> None:
    """Each in the next epoch; costs stay known, and success rates go back to the prior."""
    play(url)

    done = run("state", "reset", "--store", url, "--goal", "support", "--yes", "--json")

    report = json.loads(run("stats", "--store", url, "--json").stdout)["goals"]["support"]
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)["arms"]) == 4
    assert set(epochs(url).values()) == {1}
    assert report["buckets"]["chat/simple"]["dear"]["mean"] == 0.5
    assert report["attempts"] == 30
    assert report["spent_usd"] > 0.0


def test_only_the_named_arm_begins_anew(run: Run, play: Play, url: str) -> None:
    """By bucket and path; twice is twice."""
    play(url)
    words = ["--goal", "support", "--bucket", "chat/simple", "--path", "dear", "--yes"]

    for _ in range(2):
        assert run("state", "reset", "--store", url, *words).exit_code == 0

    assert epochs(url) == {("chat/simple", "dear"): 2}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--goal", "other"], "does not hold goal 'other'. It holds: 'support'."),
        (["--bucket", "chat/hard"], "Known: 'chat/simple', 'extraction/simple'."),
        (["--path", "cheep"], "Known: 'cheap', 'dear'."),
        (["--half-life", "7"], "'7' is no half-life. Write a number of outcomes"),
        (["--half-life", "9d", "--path", "dear"], "leave --bucket and --path out"),
    ],
)
def test_what_is_not_there_is_not_reset(
    run: Run, play: Play, file_url: str, words: list[str], hint: str
) -> None:
    """What is known is listed, and nothing changes."""
    play(file_url, 6)
    goal = [] if "--goal" in words else ["--goal", "support"]

    done = run("state", "reset", "--store", file_url, *goal, *words, "--yes")

    assert done.exit_code == 2
    assert hint in done.stderr
    assert epochs(file_url) == {}


def test_a_half_life_is_changed_and_what_was_learned_stays(run: Run, play: Play, url: str) -> None:
    """Beliefs are the same, and a report of an earlier request is refused as expired."""
    request_id = play(url)[-1]
    before = json.loads(run("stats", "--store", url, "--json").stdout)["goals"]["support"]

    done = run("state", "reset", "--store", url, "--goal", "support", "--half-life", "7d", "--yes")
    after = json.loads(run("stats", "--store", url, "--json").stdout)["goals"]["support"]
    late = run("report", request_id, "failure", "--store", url)

    assert done.exit_code == 0
    assert "refused as expired" in done.stderr
    assert (before["half_life"], after["half_life"]) == ("1150o", "604800000ms")
    for bucket, arms in after["buckets"].items():
        for path, arm in arms.items():
            was = before["buckets"][bucket][path]
            assert arm["mean"] == pytest.approx(was["mean"], abs=0.002)  # ticks are 1.09 % wide
            assert arm["attempts"] == was["attempts"]
    assert (late.exit_code, late.stdout.split(":")[0]) == (1, "expired")


def test_the_half_life_in_force_is_left_alone(run: Run, play: Play, file_url: str) -> None:
    """Nothing is asked and nothing expires."""
    request_id = play(file_url, 4)[0]

    done = run(
        "state", "reset", "--store", file_url, "--goal", "support", "--half-life", "1150 outcomes"
    )

    assert done.exit_code == 0
    assert "fades by 1150 outcomes already" in done.stderr
    assert run("report", request_id, "failure", "--store", file_url).exit_code == 0


def test_nobody_is_asked_where_nobody_can_answer(run: Run, play: Play, file_url: str) -> None:
    """Without a terminal and without ``--yes`` nothing is changed."""
    play(file_url, 4)

    done = run("state", "reset", "--store", file_url, "--goal", "support", given="y\n")

    assert done.exit_code == 2
    assert "Nobody can answer here: add --yes" in done.stderr
    assert epochs(file_url) == {}


@pytest.mark.parametrize(
    ("answer", "code", "is_reset"), [(b"n\n", 1, False), (b"y\n", 0, True), (None, 130, False)]
)
def test_a_person_is_asked_first(
    play: Play, file_url: str, answer: bytes | None, code: int, is_reset: bool
) -> None:
    """No, yes, and Ctrl-C, at a real terminal."""
    play(file_url, 4)
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "armwise", "state", "reset", "--store", file_url, "--goal=support"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(keyboard, 4096)

    if answer is None:
        interrupt(process)
    else:
        os.write(keyboard, answer)
    process.communicate(timeout=30)
    os.close(keyboard)

    assert b"of goal 'support' in sqlite://" in shown
    assert process.returncode == code
    assert bool(epochs(file_url)) is is_reset


@pytest.mark.parametrize(
    ("text", "half_life", "shown"),
    [
        ("never", None, "never"),
        ("1150 outcomes", Outcomes(1150), "1150 outcomes"),
        ("1150o", Outcomes(1150), "1150 outcomes"),
        ("7d", timedelta(days=7), "7 days"),
        ("1 week", timedelta(days=7), "7 days"),
        ("36h", timedelta(hours=36), "36 hours"),
        ("24 Hours", timedelta(days=1), "1 day"),
        ("90m", timedelta(minutes=90), "90 minutes"),
        ("90s", timedelta(seconds=90), "90 s"),
        ("604800000ms", timedelta(days=7), "7 days"),
        ("1500ms", timedelta(milliseconds=1500), "1500 ms"),
    ],
)
def test_half_lives_are_read_as_people_write_them(
    text: str, half_life: timedelta | Outcomes | None, shown: str
) -> None:
    """And written as they would; what is written is read back."""
    assert half_life_written(text) == half_life
    assert half_life_shown(half_life) == shown
    assert half_life_written(shown) == half_life


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "1.5d", "0o", "7 parsecs", "9999999999d"])
def test_what_is_no_half_life_is_refused(text: str) -> None:
    """A bare number too: nobody could tell what it counts."""
    with pytest.raises(ConfigurationError):
        half_life_written(text)
