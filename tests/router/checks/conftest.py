"""Answers to check."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise.adapters import Adapter, Call
from armwise.router.attempts import drive
from armwise.router.checks import Answer, Verdict, build_check, weigh
from armwise.testing import ScriptedAdapter

AnswerOf = Callable[..., Answer]
Weigh = Callable[..., Verdict]


@pytest.fixture
def answer_of() -> AnswerOf:
    """Return a function that builds an answer around a text."""

    def build(
        text: str | None = "Apple",
        *,
        cost_usd: float | None = 0.002,
        finish_reason: str | None = "stop",
        message: dict[str, Any] | None = None,
        params: dict[str, Any] | None = None,
        **more: Any,
    ) -> Answer:
        said = {"content": text, **(message or {})}
        response = {
            "model": "small",
            "choices": [{"index": 0, "finish_reason": finish_reason, "message": said}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 5},
            **more,
        }
        ask = [{"role": "user", "content": "Who makes the iPhone?"}]
        call = None if params is None else Call("small", ask, params)
        return Answer(response, cost_usd, 0.25, call)

    return build


@pytest.fixture
def weighed() -> Weigh:
    """Return a function that weighs an answer by what was given as ``success_when``."""

    def run(success_when: object, answer: Answer, adapter: Adapter | None = None) -> Verdict:
        check = build_check(success_when)
        assert check is not None
        return drive(weigh(check, answer), adapter or ScriptedAdapter({}))

    return run
