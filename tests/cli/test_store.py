"""``armwise store check`` and ``rotate-key`` as a person types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from armwise.storage import connect
from armwise.testing.servers import RedisServer

Run = Callable[..., Result]
Play = Callable[..., list[str]]

NOBODY = "redis://:s3cret-word@127.0.0.1:1/0"
"""A port that nobody listens on."""


def test_a_store_that_works_is_usable(run: Run, play: Play, url: str) -> None:
    """Exit code 0, a line per finding, and no trace of the probe."""
    play(url, 2)

    done = run("store", "check", url)
    report = json.loads(run("store", "check", url, "--json").stdout)

    assert done.exit_code == 0
    assert "\nusable; " in done.stdout
    assert report["is_usable"] is True
    assert report["error"] is None
    assert all(finding["name"] in done.stdout for finding in report["findings"])
    assert not any(finding["is_fatal"] for finding in report["findings"])
    store = connect(url)
    assert store.goals() == ["support"]
    store.close()


def test_a_file_that_did_not_exist_is_begun(run: Run, file_url: str) -> None:
    """To check a store before its first Router is what the command is for; it says what it did."""
    done = run("store", "check", file_url)

    assert done.exit_code == 0
    assert "did not exist: it is created" in done.stderr


def test_a_store_that_is_damaged_is_not_usable(run: Run, tmp_path: Path) -> None:
    """A file that is no database: exit code 1 and the cause, in JSON too."""
    (tmp_path / "x.db").write_bytes(b"not a database" * 1000)
    url = f"sqlite:///{tmp_path / 'x.db'}"

    done = run("store", "check", url)
    report = json.loads(run("store", "check", url, "--json").stdout)

    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert report["is_usable"] is False
    assert "not a database" in report["error"]


def test_a_server_that_evicts_is_pointed_out(run: Run) -> None:
    """A setting that loses evidence is named, with what to set instead."""
    options = ("--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru")
    with RedisServer(*options) as server:
        done = run("store", "check", server.url, "--json")

    advised = {each["name"]: each["advice"] for each in json.loads(done.stdout)["findings"]}
    assert any("noeviction" in advice for advice in advised.values())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["store", "check", NOBODY], 1),
        (["store", "check", NOBODY, "--json"], 1),
        (["store", "rotate-key", NOBODY], 3),
        (["stats", "--store", NOBODY], 3),
        (["state", "export", NOBODY], 3),
        (["state", "reset", "--store", NOBODY, "--goal", "support", "--yes"], 3),
        (["report", "x", "success", "--store", NOBODY], 3),
    ],
)
def test_a_server_that_is_not_there_is_said_in_one_line(
    run: Run, words: list[str], code: int
) -> None:
    """And its password is not repeated."""
    done = run(*words)

    assert done.exit_code == code
    assert "127.0.0.1:1" in done.output
    assert "s3cret" not in done.output
    assert len(done.stderr.splitlines()) == (0 if "--json" in words else 1)


def test_a_wrong_password_is_refused_and_not_repeated(run: Run) -> None:
    """The server is there, and says no."""
    with RedisServer(password="right-word") as server:
        wrong = server.url.replace("right-word", "s3cret-word")

        done = run("store", "check", wrong)
        right = run("store", "check", server.url)

    assert (done.exit_code, right.exit_code) == (1, 0)
    assert "s3cret" not in done.output
    assert "right-word" not in right.output


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgres://me:s3cret@host/db", "is not known. Known are: 'memory://'"),
        ("sqlite://me:s3cret@host/x.db", "names a host; SQLite has none"),
        ("sqlite:///", "names no file"),
        ("memory://", "the memory of one process"),
        ("redis://:s3cret@host:port/0", "port"),
        ("evidence.db", "is not known"),
    ],
)
@pytest.mark.parametrize("command", [["store", "check"], ["state", "export"]])
def test_a_url_that_is_none_is_refused(run: Run, command: list[str], url: str, hint: str) -> None:
    """Exit code 2, one line that says what to write, and no password."""
    done = run(*command, url)

    assert done.exit_code == 2
    assert hint in done.stderr
    assert "s3cret" not in done.output
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["stats", "--store"], ["state", "export"], ["store", "rotate-key"]]
)
def test_a_file_that_is_mistyped_is_not_begun(run: Run, tmp_path: Path, words: list[str]) -> None:
    """Reading commands name the whole path, and leave nothing behind."""
    done = run(*words, f"sqlite:///{tmp_path / 'typo.db'}")

    assert done.exit_code == 2
    assert f"'{tmp_path / 'typo.db'}', which does not exist" in done.stderr
    assert not (tmp_path / "typo.db").exists()


def test_ids_of_the_earlier_key_stay_good(run: Run, play: Play, url: str) -> None:
    """After two rotations an old id and a new one are both taken; keys are never shown."""
    old = play(url, 2)[-1]

    done = run("store", "rotate-key", url)
    again = json.loads(run("store", "rotate-key", url, "--json").stdout)
    new = play(url, 2)[-1]

    store = connect(url)
    keys = store.signing_keys("", b"unused")
    store.close()
    assert done.exit_code == 0
    assert "Ids of 1 earlier key stay good" in done.stdout
    assert again["keys"] == len(keys) == 3
    assert not any(key.hex() in done.output or key.hex() in str(again) for key in keys)
    assert old[:10] != new[:10]  # an id begins with the id of its key
    for request_id in (old, new):
        assert run("report", request_id, "failure", "--store", url).exit_code == 0


def test_a_tenant_has_a_key_of_its_own(run: Run, play: Play, url: str) -> None:
    """To rotate one leaves the others alone."""
    play(url, 2)
    store = connect(url)
    before = store.signing_keys("", b"unused")

    done = run("store", "rotate-key", url, "--namespace", "acme")

    assert done.exit_code == 0
    assert store.signing_keys("", b"unused") == before
    assert len(store.signing_keys("acme", b"unused")) == 1
    store.close()


def test_a_key_of_the_environment_is_said_to_overrule(
    run: Run, play: Play, file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is set, the store's keys do not sign, and to rotate them changes nothing."""
    play(file_url, 2)
    monkeypatch.setenv("ARMWISE_SIGNING_KEY", "a secret of enough characters")

    done = run("store", "rotate-key", file_url)

    assert done.exit_code == 0
    assert "ARMWISE_SIGNING_KEY is set here" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["store", "check"],
        ["store", "rotate-key"],
        ["state", "export"],
        ["state", "import"],
        ["state", "merge"],
        ["state", "reset"],
        ["report"],
        ["stats"],
        ["explain"],
    ],
    ids=" ".join,
)
def test_every_command_about_stores_has_help_and_json(run: Run, words: list[str]) -> None:
    """Each says what it does, and each can be read by a program."""
    done = run(*words, "--help")

    assert done.exit_code == 0
    assert "--json" in done.stdout
