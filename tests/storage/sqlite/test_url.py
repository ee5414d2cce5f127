"""URLs of SQLite stores, read by a pure function."""

from pathlib import Path

import pytest

from armwise.errors import ConfigurationError
from armwise.storage.opening import connect
from armwise.storage.sqlite import SQLiteStore, parse_sqlite_url


@pytest.mark.parametrize(
    ("url", "path", "durable"),
    [
        ("sqlite:///evidence.db", "evidence.db", False),
        ("sqlite:///var/evidence.db", "var/evidence.db", False),
        ("sqlite:////var/lib/evidence.db", "/var/lib/evidence.db", False),
        ("sqlite:///~/evidence.db", "~/evidence.db", False),
        ("sqlite:///a%20b%3Fc%25.db", "a b?c%.db", False),
        ("sqlite:///evidence.db?durable=1", "evidence.db", True),
        ("sqlite:////evidence.db?durable=TRUE", "/evidence.db", True),
        ("sqlite:///evidence.db?durable=0", "evidence.db", False),
    ],
)
def test_a_url_names_a_file(url: str, path: str, durable: bool) -> None:
    """Three slashes are relative, four absolute; the rest is percent-decoded."""
    assert parse_sqlite_url(url) == (path, durable)


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("sqlite://evidence.db", "sqlite:///evidence.db"),
        ("sqlite://host/evidence.db", "three slashes"),
        ("sqlite://", "three slashes"),
        ("sqlite:///", "names no file"),
        ("sqlite:///folder/", "names no file"),
        ("sqlite:evidence.db", "sqlite:///evidence.db"),
        ("sqlite:///evidence.db?durable=maybe", "durable=1"),
        ("sqlite:///evidence.db?timeout=3", "'timeout'"),
    ],
)
def test_a_url_that_cannot_be_meant_is_refused(url: str, fix: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(ConfigurationError, match=fix):
        parse_sqlite_url(url)


def test_a_url_opens_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is meant from the directory at that moment, however that changes later."""
    monkeypatch.chdir(tmp_path)

    kept = connect("sqlite:///evidence.db?durable=1")

    assert isinstance(kept, SQLiteStore)
    assert kept.path == tmp_path / "evidence.db"
    assert {finding.name: finding.value for finding in kept.examine()}["synchronous"] == "FULL"
    kept.close()
