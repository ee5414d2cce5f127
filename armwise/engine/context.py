"""The context of a request: its task type and its level, known before any call."""

import logging
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from armwise.bandit import Assessment, Complexity, demands_structure, last_user_text
from armwise.engine.naming import OTHER, context_text, in_context, split_task
from armwise.errors import ConfigurationError
from armwise.storage import BOOKS_PREFIX, is_book
from armwise.storage.forking import register

GENERAL = "general"

MAX_TASK_TYPES = 64
"""Task types that get beliefs of their own, per goal and process. A label made from free text
would otherwise grow the store without bound and learn nothing in any of its buckets."""

MAX_CONTEXTS = 64
"""Pairs of a task type and a context that get beliefs of their own, likewise."""

_MAX_LABEL_BYTES = 100
_log = logging.getLogger("armwise.engine")


class Context:
    """Finds the bucket of a request.

    Args:
        complexity: Sorts requests into levels. If it raises, the level is "unknown", with one
            warning: a request is never refused for it.
    """

    def __init__(self, complexity: Complexity) -> None:
        self._complexity = complexity
        self._task_types: set[str] = set()
        self._contexts: set[str] = set()
        self._lock = threading.Lock()
        self._has_warned = False
        register(self)

    def bucket(
        self,
        messages: Sequence[Any],
        task_type: str | None,
        params: Mapping[str, Any],
        context: Mapping[str, str] | None = None,
    ) -> tuple[str, Assessment]:
        """Return the bucket "task type/level" and the assessment behind it.

        Args:
            messages: The messages.
            task_type: The kind of task; it may name a context itself, as buckets do.
            params: What the call will be made with.
            context: What else tells requests apart.

        Raises:
            InvalidMessagesError: If the messages are not messages.
            ConfigurationError: If the task type is not a short printable label, or too long with
                its context.
        """
        prompt = last_user_text(messages)
        label, said = GENERAL if task_type is None else task_type, context_text(context)
        if not said and isinstance(label, str) and label.endswith("]"):
            label, said = split_task(label)
        task = self._known(label)
        if said:
            task = self._known_context(task, said)
        try:
            assessment = self._complexity.assess(
                prompt, label, demands_structure=demands_structure(params)
            )
            check_assessment(assessment)
        except Exception as error:  # noqa: BLE001 - a user's own scorer must not fail a request
            self._warn(error)
            assessment = Assessment("unknown", 0.0)
        return f"{task}/{assessment.level}", assessment

    def before_fork(self) -> None:
        """Wait until no label is being added."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on."""
        self._lock.release()

    def _known(self, task_type: str) -> str:
        if isinstance(task_type, str) and task_type in self._task_types:
            return task_type
        if task_type in (GENERAL, OTHER):
            return task_type
        check_label(task_type, "task_type", "extraction")
        if is_book(task_type):
            raise ConfigurationError(
                f"task_type must not begin with {BOOKS_PREFIX!r}, which armwise keeps for its own "
                f"books, got {task_type!r}. Write {task_type.lstrip(BOOKS_PREFIX)!r}."
            )
        with self._lock:
            if len(self._task_types) >= MAX_TASK_TYPES:
                return OTHER
            self._task_types.add(task_type)
        return task_type

    def _known_context(self, task: str, said: str) -> str:
        name = in_context(task, said)
        if name not in self._contexts:
            with self._lock:
                if len(self._contexts) >= MAX_CONTEXTS:
                    return in_context(task, OTHER)
                self._contexts.add(name)
        return name

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            # Our own words name the value; another error's text may quote the prompt.
            said = f": {error}" if isinstance(error, ConfigurationError) else ""
            _log.warning(
                "the complexity scorer cannot be used (%s%s); such requests share the level "
                "'unknown'",
                type(error).__name__,
                said,
            )


def check_label(label: object, what: str, example: str) -> None:
    """Refuse what is not a short printable label.

    Args:
        label: The value.
        what: What it is, as the subject of the error's sentence.
        example: What to write instead.

    Raises:
        ConfigurationError: Naming the value.
    """
    if not isinstance(label, str) or not label.strip() or not label.isprintable():
        raise ConfigurationError(
            f"{what} must be a short printable label such as {example!r}, got {label!r}."
        )
    size = len(label.encode())
    if size > _MAX_LABEL_BYTES:
        raise ConfigurationError(
            f"{what} must be at most {_MAX_LABEL_BYTES} bytes, got {size}: {label[:40]!r}... "
            f"Write a label such as {example!r}, not a description."
        )


def check_assessment(assessment: Assessment) -> None:
    """Refuse what a user's own scorer must not return: the level becomes part of every id.

    Raises:
        ConfigurationError: Naming the value.
    """
    if not isinstance(assessment, Assessment):
        raise ConfigurationError(
            f"assess() must return an Assessment(level, score), got {type(assessment).__name__}."
        )
    check_label(assessment.level, "a level", "simple")
    score = assessment.score
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        raise ConfigurationError(f"a score must be a finite number such as 3, got {score!r}.")
