"""``armwise bench`` as a person types it."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from armwise.cli import app
from armwise.offline import benchmark
from armwise.offline.benchmark import Part

PART = """
from armwise.offline.result import Gate, Measured, Section, Table

def run(options, progress):
    if options.seed == 666:
        raise KeyboardInterrupt
    with progress("tiny", 16) as advance:
        for _ in range(16):
            advance()
    value = options.seed / 10
    table = Table("Tiny table", ("rule", "regret"), (("armwise", Measured(value, 0.1)),))
    gate = Gate("tiny regret", value, 10.0, "<=", "a guess")
    return Section("tiny", "A tiny part", "Nothing is measured.", tables=(table,), gates=(gate,))
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a part that takes no time the only one; its gate is missed from seed 101 on."""
    (tmp_path / "tiny_part.py").write_text(PART)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    monkeypatch.setattr(benchmark, "KNOWN", (Part("tiny", "nothing", "tiny_part"),))
    return tmp_path


def bench(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["bench", *words])


@pytest.mark.usefixtures("tiny")
def test_tables_and_gates_go_to_stdout_and_progress_to_stderr() -> None:
    """A pipe gets the tables alone, without colours."""
    done = bench("tiny", "--seed", "7")

    assert 0 == done.exit_code
    assert "armwise" in done.stdout
    assert "0.7000 ± 0.1000" in done.stdout
    assert "met    tiny regret: 0.7 ≤ 10" in done.stdout
    assert "\x1b" not in done.stdout
    assert "of 16" not in done.stdout
    assert [f"tiny: {number} of 16" for number in range(2, 17, 2)] == done.stderr.splitlines()


@pytest.mark.usefixtures("tiny")
def test_a_missed_gate_is_an_exit_code() -> None:
    """So that a script notices."""
    done = bench("--seed", "101")

    assert 1 == done.exit_code
    assert "MISSED tiny regret" in done.stdout


@pytest.mark.usefixtures("tiny")
def test_an_interrupt_ends_it_without_a_traceback() -> None:
    """Exit code 130, as shells have it."""
    done = bench("--seed", "666")

    assert 130 == done.exit_code
    assert "Traceback" not in done.output


@pytest.mark.usefixtures("tiny")
def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    """One line on standard error."""
    done = bench("tinny")

    assert 2 == done.exit_code
    assert "" == done.stdout
    assert done.stderr.startswith("armwise bench: unknown part 'tinny'. The parts are: tiny.")


def test_data_that_no_part_reads_is_refused(tmp_path: Path) -> None:
    """A part that needs none would ignore it; the message names those that read it."""
    done = bench("textbook", "--data", str(tmp_path / "some.jsonl"))

    assert 2 == done.exit_code
    assert "textbook read no data" in done.stderr
    assert "real, escalation" in done.stderr


def test_a_file_without_costs_is_refused(tmp_path: Path) -> None:
    """Where all is free there is nothing to weigh; the message names file and column."""
    rows = [{"header": True, "models": ["a", "b"], "n": 1}, {"success": [1, 0], "cost_usd": [0, 0]}]
    file = tmp_path / "free.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    done = bench("real", "--quick", "--data", str(file))

    assert 2 == done.exit_code
    assert "free.jsonl, column 'cost_usd': every cost is 0" in done.stderr


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message names it."""
    done = bench("real", "--data", str(tmp_path / "missing.jsonl"))

    assert 2 == done.exit_code
    assert "missing.jsonl" in done.stderr
    assert "Traceback" not in done.output


def test_files_tell_how_to_repeat_them(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Command, seed and versions; data files by name, not by where they lay."""
    reads_data = Part("tiny", "nothing", "tiny_part", by_default=False)
    monkeypatch.setattr(benchmark, "KNOWN", (reads_data,))
    out = tiny / "out"
    words = ["tiny", "--seed", "7", "--runs", "3", "--data", str(tiny / "some.jsonl")]

    done = bench(*words, "--quick", "--no-peers", "--out", str(out))

    assert 0 == done.exit_code
    assert "regret.html" in done.stderr
    assert "no evidence" in done.stdout
    record = json.loads((out / "tiny.json").read_text("utf-8"))
    wanted = "armwise bench tiny --quick --seed 7 --runs 3 --data some.jsonl --no-peers"
    assert record["command"] == wanted
    assert record["seed"] == 7
    assert {"python", "armwise", "numpy"} <= set(record["versions"])
    assert (out / "tiny-1.csv").read_text() == (
        "rule,regret,regret (standard error)\narmwise,0.7,0.1\n"
    )
    assert str(tiny) not in "".join(file.read_text("utf-8") for file in out.glob("*.*"))


def test_the_benchmark_module_is_the_same_command() -> None:
    """In a clone, ``python -m benchmarks.regret`` takes the same words."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.regret", "nosuch"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == done.returncode
    assert "unknown part 'nosuch'" in done.stderr


def test_ctrl_c_ends_all_processes_at_once() -> None:
    """Like a terminal, the whole group is interrupted in the middle of the work."""
    running = subprocess.Popen(
        [sys.executable, "-m", "armwise", "bench", "textbook", "--runs", "4000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(2.0)  # the moment does not matter to what is asserted
    os.killpg(running.pid, signal.SIGINT)

    out, err = running.communicate(timeout=30)

    assert 130 == running.returncode
    assert "" == out
    assert "Traceback" not in err
