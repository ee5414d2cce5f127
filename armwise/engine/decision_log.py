"""A file with one line per decision and per outcome: what off-policy evaluation reads."""

import errno
import json
import logging
import os
import stat
import threading
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath

from armwise.bandit import Arms
from armwise.engine.decision import Decision
from armwise.engine.log_lines import (
    FORMAT_VERSION,
    arms_text,
    attempt_line,
    decision_line,
    report_line,
)
from armwise.engine.logged import LoggedDecision, LoggedOutcome, read_line
from armwise.errors import ConfigurationError
from armwise.events import Attempted, Reported
from armwise.storage import CallFacts
from armwise.storage.forking import register

_log = logging.getLogger("armwise.engine")

TORN = "torn"
"""Kind of the line that is written after one that was cut short, so that readers pass over it."""

_RESUMED = f'\n{{"v":{FORMAT_VERSION},"kind":"{TORN}"}}\n'.encode()
_MOST_TEXTS = 256


class DecisionLog:
    """Appends lines to a file that several threads and processes may share.

    Every line is one write to a file opened for appending, so lines of several processes do not
    mix, nothing is lost when the process crashes, and nothing is left to flush. On a network file
    system, where appending is not atomic, let each process write to a file of its own.

    A line that cannot be written never fails a request: it is lost, counted, and warned of once.

    Args:
        path: The file; created if it does not exist, else appended to.
        models: Model per path; read at every change of beliefs.
        on_lost: Called for every line that is lost.

    Raises:
        ConfigurationError: If the file cannot be opened for appending.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        models: Mapping[str, str],
        on_lost: Callable[[], object],
    ) -> None:
        if not isinstance(path, str | os.PathLike) or not os.fspath(path):
            raise ConfigurationError(
                f"decision_log must be the path of a file such as 'decisions.jsonl', got {path!r}."
            )
        self.path = FilePath(path)
        self._models = models
        self._on_lost = on_lost
        self._descriptor = _opened(self.path)
        self._is_torn = _ends_torn(self.path)
        self._texts: dict[str, tuple[Arms, str]] = {}
        self._has_warned = False
        self._lock = threading.Lock()
        register(self)

    def decision(self, decision: Decision) -> None:
        """Write a decision."""
        try:
            self._append(decision_line(decision, self._arms_text(decision)))
        except Exception as error:  # noqa: BLE001 - a log must not fail a request
            self._lost(error)

    def attempt(self, attempted: Attempted, revision: int | None, status: str | None) -> None:
        """Write an attempt with its automatic outcome; see ``attempt_line``."""
        try:
            self._append(attempt_line(attempted, revision, status))
        except Exception as error:  # noqa: BLE001 - as above
            self._lost(error)

    def report(self, reported: Reported, facts: CallFacts = CallFacts()) -> None:  # noqa: B008 - frozen
        """Write a reported outcome, with what was measured along with it."""
        try:
            self._append(report_line(reported, facts))
        except Exception as error:  # noqa: BLE001 - as above
            self._lost(error)

    def find(self, nonce: str) -> tuple[LoggedDecision | None, tuple[LoggedOutcome, ...]]:
        """Return what the file holds about one request; see ``find_in_log``."""
        return find_in_log(self.path, nonce)

    def close(self) -> None:
        """Close the file; later lines are refused. May be called twice."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def before_fork(self) -> None:
        """Wait until no line is half written."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child appends to the same file."""
        self._lock.release()

    def _arms_text(self, decision: Decision) -> str:
        """Return the part about beliefs: the same until the bucket learns, and most of a line."""
        held = self._texts.get(decision.bucket)
        if held is None or held[0] is not decision.arms:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts = {}
            held = self._texts[decision.bucket] = (
                decision.arms,
                arms_text(decision, self._models),
            )
        return held[1]

    def _append(self, line: str) -> None:
        data = line.encode()
        with self._lock:
            if self._descriptor < 0:
                raise OSError(errno.EBADF, "it is closed")
            if self._is_torn:
                data = _RESUMED + data
            written = os.write(self._descriptor, data)
            # A full disk takes a part of a line; the next one that fits says so.
            self._is_torn = written < len(data)
        if written < len(data):
            raise OSError(errno.ENOSPC, "a line was cut short")

    def _lost(self, error: Exception) -> None:
        self._on_lost()
        if not self._has_warned:
            self._has_warned = True
            said = error.strerror if isinstance(error, OSError) else type(error).__name__
            _log.warning(
                "the decision log %s does not take a line (%s); requests go on, lost lines are "
                "only counted",
                self.path,
                said,
            )


def find_in_log(
    path: FilePath, nonce: str
) -> tuple[LoggedDecision | None, tuple[LoggedOutcome, ...]]:
    """Return what a decision log holds about one request, reading all of it.

    Damaged lines are passed over.

    Raises:
        OSError: If the file cannot be read.
    """
    decision: LoggedDecision | None = None
    outcomes: list[LoggedOutcome] = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if nonce not in line:
                continue
            try:
                found = read_line(json.loads(line))
            except (ValueError, RecursionError):  # ours and JSON's alike
                continue
            if isinstance(found, LoggedDecision) and found.nonce == nonce:
                decision = found
            elif isinstance(found, LoggedOutcome) and found.nonce == nonce:
                outcomes.append(found)
    return decision, tuple(outcomes)


def _opened(path: FilePath) -> int:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    except FileNotFoundError:
        raise ConfigurationError(
            f"decision_log={str(path)!r}: the directory {str(path.parent)!r} does not exist. "
            "Create it, or name a file in one that does."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"decision_log={str(path)!r} cannot be opened for appending: {error.strerror}. "
            "Name a file that this process may write."
        ) from None
    return descriptor


def _ends_torn(path: FilePath) -> bool:
    """Return whether the last line of a file was cut short, by a crash or a full disk."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as held:
            if held.seek(0, os.SEEK_END) == 0:
                return False
            held.seek(-1, os.SEEK_END)
            return held.read(1) != b"\n"
    except OSError:  # it may be written but not read
        return False
