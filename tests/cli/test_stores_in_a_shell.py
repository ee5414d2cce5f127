"""Commands about stores as processes of their own: pipes, Ctrl-C, colours, exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

Play = Callable[..., list[str]]
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


def test_an_export_is_piped_into_an_import(
    shell: Shell, play: Play, url: str, tmp_path: Path
) -> None:
    """As a shell does it: ``armwise state export A | armwise state import - --store B``."""
    play(url)
    other = f"sqlite:///{tmp_path / 'other.db'}"

    exported = shell("state", "export", url)
    imported = shell("state", "import", "-", "--store", other, given=exported.stdout)

    assert (exported.returncode, imported.returncode) == (0, 0)
    assert (exported.stderr, imported.stderr) == ("", "")
    assert shell("stats", "--store", other).stdout == shell("stats", "--store", url).stdout


def test_no_colours_and_no_padding_in_a_pipe(shell: Shell, play: Play, file_url: str) -> None:
    """A table that is piped holds no escape codes and is not cut to 80 columns."""
    play(file_url, 4)

    done = shell("stats", "--store", file_url)

    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) > 80


@pytest.mark.parametrize("words", [["state", "export"], ["stats", "--json", "--store"]])
def test_a_reader_that_has_seen_enough_is_no_error(
    play: Play, file_url: str, words: list[str]
) -> None:
    """``| head -c 1``: no traceback, whether much is written or little."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    play(file_url, 4)
    export = subprocess.Popen(
        [sys.executable, "-m", "armwise", *words, file_url],
        env=buffered,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert export.stdout is not None
    assert export.stderr is not None

    export.stdout.close()
    said = export.stderr.read()
    export.wait(timeout=30)
    export.stderr.close()

    assert said == b""
    assert export.returncode == 1


def test_ctrl_c_ends_a_command_with_130(file_url: str) -> None:
    """While it waits for its pipe; no traceback."""
    waiting = subprocess.Popen(
        [sys.executable, "-c", WAITING, "state", "import", "-", "--store", file_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"reading\n"

    for _ in range(6):  # one just before the read begins is not noticed by it
        waiting.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            waiting.wait(timeout=5)
            break
    _, said = waiting.communicate(timeout=30)

    assert waiting.returncode == 130
    assert said == b""


WAITING = """
import sys
from armwise.cli import main

class Told:
    def __init__(self, given):
        self.given = given
    def isatty(self):
        return False
    def read(self):
        print("reading", flush=True)
        return self.given.read()

sys.stdin = Told(sys.stdin)
main()
"""
"""The command, saying when it begins to read."""


def test_exit_codes_reach_the_shell(shell: Shell, play: Play, file_url: str) -> None:
    """0 counted, 1 not counted, 2 refused, 3 not reached."""
    request_id = play(file_url, 2)[-1]

    codes = [
        shell("report", request_id, outcome, "--store", store).returncode
        for outcome, store in (
            ("failure", file_url),
            ("success", file_url),
            ("perhaps", file_url),
            ("success", "redis://127.0.0.1:1/0"),
        )
    ]

    assert codes == [0, 1, 2, 3]


def test_json_on_standard_output_is_all_there_is(shell: Shell, play: Play, file_url: str) -> None:
    """Notes go to standard error, so that a program can read the rest."""
    play(file_url, 4)

    done = shell("state", "reset", "--store", file_url, "--goal", "support", "--yes", "--json")

    assert json.loads(done.stdout)["goal"] == "support"
    assert "learned from the prior again" in done.stderr
