"""Answers to judge."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise.router.checks import Answer

AnswerOf = Callable[..., Answer]


@pytest.fixture
def answer_of() -> AnswerOf:
    """Return a function that builds an answer around a text."""

    def build(text: str | None = "Apple", *, cost_usd: float | None = 0.002, **more: Any) -> Answer:
        response = {
            "model": "small",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": text}}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 5},
            **more,
        }
        return Answer(response, cost_usd, 0.25)

    return build
