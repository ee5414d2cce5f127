"""``armwise report`` as a person, a webhook or a job types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from armwise.storage import connect, read_goal
from armwise.storage.codec import to_plain

Run = Callable[..., Result]
Play = Callable[..., list[str]]


def held(url: str) -> dict[str, object]:
    """Return all integers of the goal."""
    store = connect(url)
    try:
        return to_plain(read_goal(store, "support"))
    finally:
        store.close()


def test_each_answer_has_its_word_and_its_exit_code(run: Run, play: Play, url: str) -> None:
    """0 where the report counts or did, 1 where another one stands."""
    request_id = play(url, 4)[-1]

    said = [
        run("report", request_id, *words, "--store", url)
        for words in (
            ["failure"],
            ["failure"],
            ["0.7"],
            ["0.7", "--revision", "3"],
            ["success", "--revision", "2"],
            ["unknown", "--revision", "4"],
        )
    ]

    assert [(each.stdout.split(":")[0], each.exit_code) for each in said] == [
        ("corrected", 0),
        ("duplicate", 0),
        ("conflict", 1),
        ("corrected", 0),
        ("stale", 1),
        ("corrected", 0),
    ]


def test_a_first_report_is_counted_with_its_cost(run: Run, url: str, play: Play) -> None:
    """What was measured elsewhere is taken along; JSON holds the same status."""
    from armwise import Router

    with Router(["a", "b"], "support", store=url, delivery="sync") as router:
        request_id = router.decide([{"role": "user", "content": "x"}]).request_id

    done = run(
        "report", request_id, "success", "--store", url, "--cost-usd", "0.25", "--latency-s", "1.5",
        "--json",
    )  # fmt: skip

    report = json.loads(run("stats", "--store", url, "--json").stdout)["goals"]["support"]
    assert done.exit_code == 0
    assert json.loads(done.stdout)["status"] == "applied"
    assert report["spent_usd"] == 0.25
    assert report["attempts"] == 1


def test_the_store_may_be_named_by_the_environment(
    run: Run, play: Play, file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``ARMWISE_STORE`` serves Routers and commands alike."""
    request_id = play(file_url, 2)[-1]
    missing = run("report", request_id, "failure")
    monkeypatch.setenv("ARMWISE_STORE", file_url)

    done = run("report", request_id, "failure")

    assert (missing.exit_code, done.exit_code) == (2, 0)
    assert "no store is named" in missing.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["maybe"], "outcome must be success, failure, unknown or a score from 0 to 1"),
        (["1.5"], "a score from 0 to 1, got 1.5"),
        (["nan"], "a score from 0 to 1, got nan"),
        (["success", "--revision", "-1"], "revision must be a whole number"),
        (["success", "--cost-usd", "-1"], "cost_usd must be a number from 0"),
        (["success", "--latency-s", "inf"], "latency_s must be a number from 0"),
        (["success", "--namespace", "acme"], "belongs to namespace ''"),
    ],
)
def test_what_cannot_be_reported_is_refused(
    run: Run, play: Play, file_url: str, words: list[str], hint: str
) -> None:
    """Exit code 2, one line, nothing counted."""
    request_id = play(file_url, 2)[-1]
    before = held(file_url)

    done = run("report", request_id, *words, "--store", file_url)

    assert done.exit_code == 2
    assert hint in done.stderr
    assert held(file_url) == before


def test_ids_that_are_not_genuine_are_refused(
    run: Run, play: Play, file_url: str, tmp_path: Path
) -> None:
    """No id, one that was changed, and one that another store's key has signed."""
    request_id = play(file_url, 2)[-1]
    stranger = play(f"sqlite:///{tmp_path / 'other.db'}", 1)[-1]
    middle = len(request_id) // 2
    changed = request_id[:middle] + ("A" if request_id[middle] != "A" else "B")
    changed += request_id[middle + 1 :]

    said = [
        run("report", each, "success", "--store", file_url) for each in ("x", changed, stranger)
    ]

    assert [each.exit_code for each in said] == [2, 2, 2]
    assert "'x' is not a request id" in said[0].stderr
    assert "its signature does not fit" in said[1].stderr
    assert "signed by another process or an earlier run" in said[2].stderr


def test_ids_signed_by_the_environment_are_taken(
    run: Run, play: Play, file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same secret as the workers; without it the id is a stranger's."""
    monkeypatch.setenv("ARMWISE_SIGNING_KEY", "a secret of enough characters")
    request_id = play(file_url, 2)[-1]
    done = run("report", request_id, "failure", "--store", file_url)
    monkeypatch.delenv("ARMWISE_SIGNING_KEY")

    without = run("report", request_id, "failure", "--store", file_url)

    assert (done.exit_code, without.exit_code) == (0, 2)
