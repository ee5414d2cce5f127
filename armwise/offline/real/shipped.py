"""The real outcome set that anybody can install: the one inside the distribution ``paretobandit``.

Its two files of examples hold 3,609 prompts of nine public benchmarks, with the graded reward and
the cost in US dollars of three current models. They are read from the installed files; the
distribution itself is not imported.
"""

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from armwise.errors import ConfigurationError
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.reading import request_of

DISTRIBUTION = "paretobandit"
INSTALL = f"pip install {DISTRIBUTION}"
SUCCESS_FROM = 0.75
"""A reward from here is a success. The histogram of the rewards has its dip between bad answers
(0.3 to 0.7) and good ones (0.8 and more), so that the exact place matters little."""

_FILES = ("val.jsonl", "test_holdout.jsonl")


def is_installed() -> bool:
    """Whether the set can be read."""
    try:
        distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return False
    return True


def shipped_set() -> OutcomeSet:
    """Return the set: label = source of the prompt, success = reward of at least 0.75.

    Raises:
        ConfigurationError: If the distribution is not installed, or lacks the files.
    """
    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError as error:
        raise ConfigurationError(
            f"the real outcome set comes with the distribution {DISTRIBUTION!r}, which is not "
            f"installed. Run: {INSTALL} (it needs neither torch nor a download of a model). "
            "Or give a file of your own by --data."
        ) from error
    files = [Path(str(found.locate_file(f"pareto_bandit/data/examples/{one}"))) for one in _FILES]
    return read_files(files)


def read_files(files: list[Path]) -> OutcomeSet:
    """Return the outcome set of files in the distribution's own format.

    Each line holds ``prompt``, ``source`` and, in ``arms``, reward and cost per model.

    Raises:
        ConfigurationError: If a file is missing or has another format.
    """
    rows = [row for file in files for row in _rows(file)]
    paths = tuple(sorted(rows[0][2], key=lambda path: rows[0][2][path][1]))
    return OutcomeSet(
        name=DISTRIBUTION,
        paths=paths,
        requests=tuple(request_of(prompt, label) for prompt, label, _ in rows),
        successes=tuple(
            tuple(float(arms[path][0] >= SUCCESS_FROM) for path in paths) for *_, arms in rows
        ),
        costs_usd=tuple(tuple(arms[path][1] for path in paths) for *_, arms in rows),
    )


Row = tuple[str, str, dict[str, tuple[float, float]]]
"""Prompt, label, and per path the reward and the cost in US dollars."""


def _rows(file: Path) -> list[Row]:
    rows: list[Row] = []
    try:
        # Not splitlines: some prompts hold separators that Unicode counts as ends of a line.
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise ConfigurationError(
            f"{file} is missing; this release of {DISTRIBUTION!r} ships no examples. "
            f"Another one does: {INSTALL}==0.1.1."
        ) from error
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            row = json.loads(line)
            arms = {
                path.rpartition("/")[2]: (float(arm["reward"]), float(arm["cost"]))
                for path, arm in row["arms"].items()
            }
            # The sources of one family, such as "bbh/snarks", share a label: some have one prompt.
            rows.append((row["prompt"], row["source"].partition("/")[0], arms))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{file}, line {number}: not the format of {DISTRIBUTION} 0.1.1 ({error!r})."
            ) from error
    return rows
