"""``armwise state export``, ``import`` and ``merge`` as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from armwise.storage import connect, read_goal
from armwise.storage.codec import to_plain

Run = Callable[..., Result]
Play = Callable[..., list[str]]


def held(url: str, goal: str = "support") -> dict[str, object]:
    """Return all integers of a goal in a store."""
    store = connect(url)
    try:
        return to_plain(read_goal(store, goal))
    finally:
        store.close()


def attempts(run: Run, url: str) -> int:
    """Return how many attempts a store has seen."""
    report = json.loads(run("stats", "--store", url, "--json").stdout)
    return report["goals"]["support"]["attempts"]


def test_what_is_exported_and_imported_is_every_integer(
    run: Run, play: Play, url: str, tmp_path: Path
) -> None:
    """The store that imports holds what the other one held, and nothing is lost on the way."""
    play(url)
    other = f"sqlite:///{tmp_path / 'other.db'}"

    exported = run("state", "export", url, "--out", tmp_path / "state.json")
    imported = run("state", "import", tmp_path / "state.json", "--store", other)

    assert (exported.exit_code, imported.exit_code) == (0, 0)
    assert "1 goal imported: 'support'" in imported.stdout
    assert held(other) == held(url)
    assert held(url)["buckets"]


def test_an_import_into_the_store_of_the_other_kind(
    run: Run, play: Play, url: str, file_url: str, tmp_path: Path
) -> None:
    """From a file into whichever store, also through a pipe."""
    source = f"sqlite:///{tmp_path / 'source.db'}"
    play(source)
    text = run("state", "export", source).stdout

    done = run("state", "import", "-", "--store", url, given=text)

    assert done.exit_code == 0
    assert held(url) == held(source)


def test_an_export_says_who_wrote_it_and_when(run: Run, play: Play, file_url: str) -> None:
    """Format, versions, source, time, tenant, a random id: what the next reader needs."""
    play(file_url)

    first, second = (json.loads(run("state", "export", file_url).stdout) for _ in range(2))

    assert (first["format"], first["version"]) == ("armwise-state", 1)
    assert first["armwise"]
    assert first["exported_at"].endswith("+00:00")
    assert (first["source"], first["namespace"]) == (file_url, "")
    assert list(first["goals"]) == ["support"]
    assert first["goals"] == second["goals"]
    assert first["export_id"] != second["export_id"]


def test_a_goal_that_holds_evidence_is_not_imported_into(
    run: Run, play: Play, url: str, tmp_path: Path
) -> None:
    """It is named, the message says how to merge, and no other goal of the file is touched."""
    source = f"sqlite:///{tmp_path / 'source.db'}"
    play(source, goal="support")
    play(source, goal="another")
    play(url)
    before = held(url)
    run("state", "export", source, "--out", tmp_path / "state.json")

    done = run("state", "import", tmp_path / "state.json", "--store", url)

    assert done.exit_code == 2
    assert "hold evidence already: 'support'" in done.stderr
    assert "armwise state merge" in done.stderr
    assert held(url) == before
    assert held(url, "another")["buckets"] == {}


def test_merging_adds_once_however_often_it_is_tried(
    run: Run, play: Play, url: str, tmp_path: Path
) -> None:
    """The second merge of one export changes no integer and says so."""
    source = f"sqlite:///{tmp_path / 'source.db'}"
    play(source, 20)
    play(url, 30)
    run("state", "export", source, "--out", tmp_path / "state.json")

    first = run("state", "merge", tmp_path / "state.json", "--store", url)
    after = held(url)
    second = run("state", "merge", tmp_path / "state.json", "--store", url)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "1 goal merged: 'support'" in first.stdout
    assert "added before, nothing changed: 'support'" in second.stdout
    assert attempts(run, url) == 50
    assert held(url) == after


def test_an_import_is_not_merged_again(run: Run, play: Play, url: str, tmp_path: Path) -> None:
    """Both go by the id of the export."""
    source = f"sqlite:///{tmp_path / 'source.db'}"
    play(source)
    run("state", "export", source, "--out", tmp_path / "state.json")
    run("state", "import", tmp_path / "state.json", "--store", url)
    before = held(url)

    done = json.loads(
        run("state", "merge", tmp_path / "state.json", "--store", url, "--json").stdout
    )

    assert (done["merged"], done["merged_before"]) == ([], ["support"])
    assert held(url) == before


def test_a_store_is_not_merged_into_itself_unasked(
    run: Run, play: Play, file_url: str, tmp_path: Path
) -> None:
    """What is still there would count twice, so somebody has to say yes."""
    play(file_url)
    run("state", "export", file_url, "--out", tmp_path / "state.json")

    asked = run("state", "merge", tmp_path / "state.json", "--store", file_url)
    sure = run("state", "merge", tmp_path / "state.json", "--store", file_url, "--yes")

    assert (asked.exit_code, sure.exit_code) == (2, 0)
    assert "would count twice" in asked.stderr
    assert "--yes" in asked.stderr
    assert attempts(run, file_url) == 60


def test_tenants_stay_apart(run: Run, play: Play, url: str, tmp_path: Path) -> None:
    """An export holds one tenant, goes back into it, and into another one only if told so."""
    play(url, namespace="acme")
    other = f"sqlite:///{tmp_path / 'other.db'}"

    none = run("state", "export", url)
    run("state", "export", url, "--namespace", "acme", "--out", tmp_path / "state.json")
    run("state", "import", tmp_path / "state.json", "--store", other)
    moved = run("state", "import", tmp_path / "state.json", "--store", other, "--namespace", "b")

    assert none.exit_code == 2
    assert "holds no goal outside of a namespace" in none.stderr
    assert moved.exit_code == 0
    assert held(other, "support")["buckets"] == {}
    assert held(other, "acme\x00support") == held(url, "acme\x00support")
    assert held(other, "b\x00support") == held(url, "acme\x00support")


def test_only_the_goals_that_are_named_are_carried(
    run: Run, play: Play, url: str, tmp_path: Path
) -> None:
    """``--goal`` counts at both ends, and one that is not there lists those that are."""
    for goal in ("one", "two", "three"):
        play(url, 4, goal=goal)
    other = f"sqlite:///{tmp_path / 'other.db'}"
    file = tmp_path / "state.json"

    run("state", "export", url, "--goal", "one", "--goal", "two", "--out", file)
    done = json.loads(
        run("state", "import", file, "--store", other, "--goal", "two", "--json").stdout
    )
    wrong = [
        run("state", "export", url, "--goal", "four"),
        run("state", "import", file, "--store", other, "--goal", "three"),
    ]

    assert done["imported"] == ["two"]
    assert [each.exit_code for each in wrong] == [2, 2]
    assert "does not hold goal 'four'. It holds: 'one', 'three', 'two'." in wrong[0].stderr
    assert "the file does not hold goal 'three'. It holds: 'one', 'two'." in wrong[1].stderr


def test_other_clocks_are_merged_and_not_imported(
    run: Run, play: Play, url: str, tmp_path: Path
) -> None:
    """Integers of one half-life mean nothing under another; merging turns them over."""
    source = f"sqlite:///{tmp_path / 'source.db'}"
    play(source)
    run("state", "export", source, "--out", tmp_path / "state.json")
    store = connect(url)
    store.declare("support", None)
    store.close()

    imported = run("state", "import", tmp_path / "state.json", "--store", url)
    merged = run("state", "merge", tmp_path / "state.json", "--store", url)

    assert imported.exit_code == 2
    assert "half-life of never in this store, the file by 1150o" in imported.stderr
    assert merged.exit_code == 0
    assert attempts(run, url) == 30


def test_an_export_replaces_its_file_or_leaves_it(
    run: Run, play: Play, file_url: str, tmp_path: Path
) -> None:
    """Written whole, for its owner alone; a folder that is not there is named."""
    play(file_url)
    file = tmp_path / "state.json"
    file.write_text("old")

    done = run("state", "export", file_url, "--out", file, "--json")
    wrong = run("state", "export", file_url, "--out", tmp_path / "none" / "state.json")

    assert json.loads(done.stdout)["goals"] == ["support"]
    assert json.loads(file.read_text())["format"] == "armwise-state"
    assert file.stat().st_mode & 0o777 == 0o600
    assert wrong.exit_code == 2
    assert "cannot be written: No such file or directory" in wrong.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if "state" in path.name) == [
        "state.json"
    ]


@pytest.mark.parametrize("command", ["import", "merge"])
def test_a_file_that_is_missing_is_named(run: Run, file_url: str, command: str) -> None:
    """And how to write one; the store is not even begun."""
    done = run("state", command, "nowhere.json", "--store", file_url)

    assert done.exit_code == 2
    assert "'nowhere.json' cannot be read: No such file or directory" in done.stderr
    assert not Path(file_url.removeprefix("sqlite:///")).exists()
