"""Files that ``armwise state import`` and ``merge`` must refuse, with one line and the cause."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from armwise.storage import connect, read_goal

Run = Callable[..., Result]
Play = Callable[..., list[str]]

Damage = Callable[[dict[str, Any]], object]


@pytest.fixture
def exported(run: Run, play: Play, tmp_path: Path) -> dict[str, Any]:
    """Return a whole export."""
    play(f"sqlite:///{tmp_path / 'source.db'}", 6)
    text = run("state", "export", f"sqlite:///{tmp_path / 'source.db'}").stdout
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def bucket(state: dict[str, Any]) -> dict[str, Any]:
    """Return one bucket of an export."""
    found: dict[str, Any] = state["goals"]["support"]["buckets"]["chat/simple"]
    return found


def arm(state: dict[str, Any]) -> dict[str, Any]:
    """Return one arm of an export."""
    found: dict[str, Any] = bucket(state)["arms"][0]
    return found


DAMAGES: dict[str, tuple[Damage, str]] = {
    "a newer version": (lambda state: state.update(version=2), "written by a newer armwise"),
    "a version that is true": (lambda state: state.update(version=True), "its version is True"),
    "another format": (lambda state: state.update(format="x"), "is no exported state"),
    "no goals": (lambda state: state.pop("goals"), "'goals' is missing"),
    "goals in a list": (lambda state: state.update(goals=[]), "'goals' is no object"),
    "no id": (lambda state: state.update(export_id=""), "'export_id' must have 1 to 64"),
    "an id that is a number": (lambda state: state.update(export_id=7), "'export_id' is no text"),
    "no time zone": (
        lambda state: state.update(exported_at="2026-01-01T00:00:00"),
        "has no time zone",
    ),
    "a name that crosses tenants": (
        lambda state: state["goals"].update({"acme\x00other": state["goals"]["support"]}),
        "is no name of a goal",
    ),
    "a tenant that is two": (
        lambda state: state.update(namespace="a\x00b"),
        "is no name of a namespace",
    ),
    "a half-life that is none": (
        lambda state: state["goals"]["support"].update(half_life="soon"),
        "'soon' is no half-life",
    ),
    "true for a number": (lambda state: bucket(state).update(count=True), "True is no whole"),
    "a fraction": (lambda state: bucket(state).update(outcomes=1.5), "1.5 is no whole number"),
    "a negative count": (lambda state: arm(state)["newest"].__setitem__(3, -1), "-1 is not from"),
    "a count beyond 64 bits": (
        lambda state: arm(state)["newest"].__setitem__(3, 1 << 63),
        "is not from 0 to 9223372036854775807",
    ),
    "too few sums": (lambda state: arm(state)["newest"].pop(), "11 sums of an arm instead of 12"),
    "an arm twice": (lambda state: bucket(state)["arms"].append(arm(state)), "comes twice"),
    "no path": (lambda state: arm(state).pop("path"), "KeyError: 'path'"),
    "a tick of the future": (
        lambda state: bucket(state).update(newest_tick=1 << 40),
        "the clock of bucket 'chat/simple' cannot be right",
    ),
    "an era of the future": (lambda state: arm(state).update(era=9), "an arm cannot be right"),
    "more outcomes than the clock": (
        lambda state: bucket(state).update(outcomes=1 << 40),
        "the clock of bucket 'chat/simple' cannot be right",
    ),
}


@pytest.fixture
def take(run: Run, file_url: str, tmp_path: Path) -> Run:
    """Return what lets a command take a text into a store that does not exist yet."""

    def command(text: str | bytes, name: str = "import") -> Result:
        data = text.encode() if isinstance(text, str) else text
        (tmp_path / "state.json").write_bytes(data)
        return run("state", name, tmp_path / "state.json", "--store", file_url)

    return command


@pytest.mark.parametrize("command", ["import", "merge"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_changes_nothing(
    take: Run, file_url: str, exported: dict[str, Any], command: str, damage: str
) -> None:
    """Exit code 2 and one line with the cause; the store is not even begun."""
    spoil, hint = DAMAGES[damage]
    spoil(exported)

    done = take(json.dumps(exported), command)

    assert done.exit_code == 2
    assert hint in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path(file_url.removeprefix("sqlite:///")).exists()


def test_the_same_file_without_damage_is_taken(
    take: Run, file_url: str, exported: dict[str, Any]
) -> None:
    """The control of the tests above."""
    done = take(json.dumps(exported))

    assert done.exit_code == 0
    store = connect(file_url)
    assert read_goal(store, "support").buckets
    store.close()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "is no JSON, or not all of it"),
        ("[]", "is no exported state"),
        ('{"format": "armwise-state", "format": "armwise-state"}', "'format' comes twice"),
        ("[" * 100_000, "is no JSON, or not all of it"),
        (b"\x80\x04\x95\x0b\x00\x00\x00", "is no text"),
    ],
    ids=["empty", "another file", "a name twice", "nested without end", "a pickle"],
)
def test_what_is_no_state_is_refused(take: Run, text: str | bytes, hint: str) -> None:
    """With the cause, whatever it is; nothing in it is ever executed."""
    done = take(text)

    assert done.exit_code == 2
    assert hint in done.stderr


def test_a_file_that_was_cut_short_is_refused_wherever(take: Run, exported: dict[str, Any]) -> None:
    """No prefix of an export is one."""
    text = json.dumps(exported)

    for length in range(0, len(text) - 1, len(text) // 7):
        done = take(text[:length])
        assert done.exit_code == 2
        assert "is no JSON, or not all of it" in done.stderr
