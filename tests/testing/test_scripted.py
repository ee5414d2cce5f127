"""Scripted models answer every kind of call in its own shape."""

from typing import Any

import pytest

from armwise import Router
from armwise.testing import Scripted, ScriptedAdapter

SAID = "Apple makes it"


def routed(answer: Any, success_when: Any = f"text == {SAID!r}") -> Router:
    """Return a Router over one scripted model."""
    adapter = ScriptedAdapter({"m": answer})
    return Router(["m"], "goal", adapter=adapter, success_when=success_when, half_life=None)


def successes(router: Router) -> float:
    """Return the successes of the only path."""
    (bucket,) = router.stats().buckets.values()
    return bucket["m"].successes


@pytest.mark.parametrize("name", ["text", "responses"])
def test_whole_and_streamed_answers_are_checked(name: str) -> None:
    """Text completions and responses carry their text where OpenAI's do."""
    router = routed(SAID)
    method = getattr(router, name)

    whole = method("Who makes it?")
    chunks = list(method("Who makes it?", stream=True))

    text = whole.choices[0].text if name == "text" else whole.output[0].content[0].text
    assert text == SAID
    pieces = [
        chunk.choices[0].text if name == "text" else getattr(chunk, "delta", "") for chunk in chunks
    ]
    assert "".join(pieces) == SAID
    assert successes(router) == 2


def test_an_answer_cut_short_is_incomplete() -> None:
    """A scripted "length" is what the Responses API calls incomplete."""
    router = routed(Scripted(SAID, finish_reason="length"), "finish_reason == 'length'")

    response = router.responses("Who makes it?")

    assert response.status == "incomplete"
    assert successes(router) == 1


def test_each_input_has_a_vector() -> None:
    """An embedding has one entry per input."""
    router = routed("", lambda response: len(response.data) == 2)

    response = router.embedding(["apple", "fig"])

    assert [item.embedding for item in response.data] == [[5.0, 1.0], [3.0, 1.0]]
    assert successes(router) == 1
