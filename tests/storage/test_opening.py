"""URLs of stores: what people are shown of them, and which of them name the same store."""

from pathlib import Path

import pytest

from armwise.storage import connect, shown_url, store_place


@pytest.mark.parametrize(
    "url",
    [
        "redis://:SECRET@host/0",
        "redis://user:SECRET@host",
        "redis://user:SEC@SECRET@host",
        "redis+sentinel://host/service?timeout=1&sentinel_password=SECRET",
        "redis+sentinel://host/service?sentinel_password=SECRET&timeout=1",
        "unix://user:SECRET@/run/redis.sock",
        "redis:/user:SECRET@host",
        "redis:user:SECRET@host",
        "postgres://user:SECRET@host",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    """Neither that of a login, nor that of an option, nor that of a mistyped URL."""
    assert "SECRET" not in shown_url(url)


def test_an_unknown_url_is_refused_without_its_password() -> None:
    """The error repeats what was written, but for the password."""
    with pytest.raises(ValueError, match="is not known") as caught:
        connect("redis:/user:SECRET@host")

    assert "SECRET" not in str(caught.value)


def test_a_file_is_shown_as_it_was_written() -> None:
    """An @ in a path begins no host."""
    assert shown_url("sqlite:////srv/one@work/x.db") == "sqlite:////srv/one@work/x.db"


def test_a_relative_path_is_another_store_in_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place of a file is where it lies, not how it is named."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    places: list[str] = []
    for name in ("one", "other"):
        monkeypatch.chdir(tmp_path / name)
        places.append(store_place("sqlite:///x.db"))

    assert places == [str(tmp_path / "one" / "x.db"), str(tmp_path / "other" / "x.db")]
    assert store_place(f"sqlite:///{tmp_path}/one/../one/x.db?durable=1") == places[0]


def test_a_server_is_one_place_however_it_is_spelled() -> None:
    """Default port, database, password and options make no other server of it."""
    spellings = {
        store_place(url)
        for url in (
            "redis://host",
            "redis://user:old@host:6379/0",
            "valkey://user:new@host/?timeout=1",
        )
    }

    assert len(spellings) == 1
    assert spellings != {store_place("redis://host/1")}
