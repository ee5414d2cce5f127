"""``armwise stats`` and ``armwise explain`` as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]
Play = Callable[..., list[str]]


def test_a_table_shows_each_path_in_each_bucket(run: Run, play: Play, url: str) -> None:
    """From the store alone; the prior is named, report rates and costs follow."""
    play(url)

    done = run("stats", "--store", url)

    rows = [line.split() for line in done.stdout.splitlines() if "-0." in line or "-1." in line]
    assert done.exit_code == 0
    assert done.stderr == ""
    assert "goal 'support' (half-life 1150 outcomes)" in done.stdout
    assert [row[0] for row in rows][::2] == ["chat/simple", "extraction/simple"]
    assert "answers have an outcome" in done.stdout
    assert "in 30 attempts" in done.stdout
    assert "prior Beta(1, 1)" in done.stdout


def test_json_holds_the_sums_of_the_store(run: Run, play: Play, url: str) -> None:
    """Beliefs are Beta(1, 1) plus the weighted outcomes, attempts and shares add up."""
    play(url)

    report = json.loads(run("stats", "--store", url, "--json").stdout)

    assert report["prior"] == {"alpha": 1.0, "beta": 1.0}
    goal = report["goals"]["support"]
    for arms in goal["buckets"].values():
        assert sum(arm["attempts"] for arm in arms.values()) == 15
        assert sum(arm["share"] for arm in arms.values()) == pytest.approx(1.0)
        for arm in arms.values():
            won, lost = arm["successes"], arm["failures"]
            assert arm["mean"] == pytest.approx((1 + won) / (2 + won + lost))
            assert arm["low"] < arm["mean"] < arm["high"]
    dear = sum(arms["dear"]["attempts"] for arms in goal["buckets"].values())
    assert goal["report_rates"]["dear"] == {"answered": dear, "reported": dear}
    assert goal["spent_usd"] == pytest.approx(dear * 3e-4 + (30 - dear) * 3e-5)
    assert goal["priced"] == goal["attempts"] == 30


def test_a_store_of_the_same_beliefs_says_what_its_router_says(
    run: Run, play: Play, file_url: str
) -> None:
    """Counts are those of ``Router.stats``."""
    from armwise import Router

    play(file_url)
    with Router(["cheap", "dear"], "support", store=file_url, delivery="sync") as router:
        own = router.stats().buckets

    stored = json.loads(run("stats", "--store", file_url, "--json").stdout)["goals"]["support"]

    for bucket, arms in own.items():
        for path, arm in arms.items():
            seen = stored["buckets"][bucket][path]
            assert seen["attempts"] == arm.attempts
            assert seen["successes"] == arm.successes
            assert seen["mean_cost_usd"] == arm.mean_cost_usd


def test_goals_and_tenants_are_asked_for_by_name(run: Run, play: Play, url: str) -> None:
    """A goal that is not there lists those that are."""
    for goal in ("one", "two"):
        play(url, 2, goal=goal)
    play(url, 2, goal="three", namespace="acme")

    chosen = json.loads(run("stats", "--store", url, "--goal", "two", "--json").stdout)
    tenant = json.loads(run("stats", "--store", url, "--namespace", "acme", "--json").stdout)
    wrong = run("stats", "--store", url, "--goal", "three")
    nobody = run("stats", "--store", url, "--namespace", "nobody")

    assert list(chosen["goals"]) == ["two"]
    assert list(tenant["goals"]) == ["three"]
    assert (wrong.exit_code, nobody.exit_code) == (2, 2)
    assert "does not hold goal 'three'. It holds: 'one', 'two'." in wrong.stderr
    assert "no goal of namespace 'nobody'" in nobody.stderr


def test_a_goal_that_has_counted_nothing_is_shown_so(run: Run, file_url: str) -> None:
    """A Router was built on it, and that is all."""
    from armwise import Router

    with Router(["cheap", "dear"], "support", store=file_url, delivery="sync"):
        pass

    done = run("stats", "--store", file_url)

    assert done.exit_code == 0
    assert "nothing was counted yet" in done.stdout


def test_names_are_shown_as_they_are(run: Run, file_url: str) -> None:
    """Square brackets of a name are no markup."""
    from armwise import Router

    with Router(["[red]a[/red]", "b"], "[bold]x", store=file_url, delivery="sync") as router:
        for name in router.decide([{"role": "user", "content": "x"}]).ranking:
            decision = router.decide([{"role": "user", "content": "x"}], task_type="[b]")
            router.report_outcome(decision.request_id_for(name), True)

    done = run("stats", "--store", file_url)

    assert "goal '[bold]x'" in done.stdout
    assert "[b]/simple" in done.stdout
    assert done.stdout.count("[red]a[/red]") == 2  # in the table, and with its report rate


def test_an_id_is_retold_with_its_log(run: Run, play: Play, url: str, tmp_path: Path) -> None:
    """What it holds, that it is genuine, its arm today, and the whole story of the log."""
    request_id = play(url, decision_log=tmp_path / "decisions.jsonl")[-1]

    done = run("explain", request_id, "--store", url, "--log", tmp_path / "decisions.jsonl")
    report = json.loads(
        run(
            "explain", request_id, "--store", url, "--log", tmp_path / "decisions.jsonl", "--json"
        ).stdout
    )

    assert done.exit_code == 0
    for told in (
        "of goal 'support'",
        "signature: good",
        "bucket extraction/simple",
        "epoch 0",
        "rule cheapest-within",
        "called: attempt 0 on",
    ):
        assert told in done.stdout
    assert report["is_genuine"] is True
    assert (report["goal"], report["bucket"]) == ("support", "extraction/simple")
    assert report["arm"]["attempts"] > 0
    assert "was chosen" in report["log"]["why"]
    assert [step["kind"] for step in report["log"]["steps"]] == ["attempted"]


def test_an_id_without_a_log_tells_what_it_holds(run: Run, play: Play, url: str) -> None:
    """And that its arm has begun anew since, if it has."""
    request_id = play(url)[-1]
    run("state", "reset", "--store", url, "--goal", "support", "--yes")

    done = run("explain", request_id, "--store", url)

    assert done.exit_code == 0
    assert "begun anew since and is in epoch 1" in done.stdout
    assert "was chosen" not in done.stdout


def test_an_id_that_is_not_genuine_is_told_and_marked(
    run: Run, play: Play, file_url: str, tmp_path: Path
) -> None:
    """Exit code 2: what it says may be anybody's invention."""
    play(file_url, 2)
    stranger = play(f"sqlite:///{tmp_path / 'other.db'}", 1)[-1]

    done = run("explain", stranger, "--store", file_url)
    report = json.loads(run("explain", stranger, "--store", file_url, "--json").stdout)
    none = run("explain", "aw_x", "--store", file_url)

    assert (done.exit_code, none.exit_code) == (2, 2)
    assert "signature: NOT good" in done.stdout
    assert "signed by another process" in done.stderr
    assert report["is_genuine"] is False
    assert "is not a request id" in none.stderr


def test_a_log_that_is_missing_or_silent_is_said(
    run: Run, play: Play, file_url: str, tmp_path: Path
) -> None:
    """Two different things."""
    request_id = play(file_url, 2)[-1]
    (tmp_path / "empty.jsonl").touch()

    silent = run("explain", request_id, "--store", file_url, "--log", tmp_path / "empty.jsonl")
    missing = run("explain", request_id, "--store", file_url, "--log", tmp_path / "none.jsonl")

    assert (silent.exit_code, missing.exit_code) == (0, 2)
    assert "holds nothing of this request" in silent.stdout
    assert "cannot be read: No such file" in missing.stderr
