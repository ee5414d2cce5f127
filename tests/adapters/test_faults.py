"""Errors are sorted by status first, by class name second."""

import pytest

from armwise.adapters import Fault, classify


class ProviderError(Exception):
    """An error with a status code, as every provider library has it."""

    def __init__(self, status_code: object, message: str = "") -> None:
        super().__init__(message)
        self.status_code = status_code


class ContextWindowExceededError(ProviderError):
    """LiteLLM's class for a prompt that is too long."""


class APITimeoutError(Exception):
    """OpenAI's class for a timeout, which carries no status."""


class APIError(Exception):
    """OpenAI's root class, raised as such for an error within a stream."""


class APIConnectionError(Exception):
    """OpenAI's class for a connection that failed, which carries no status."""


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.REQUEST),
        (401, Fault.MISCONFIGURED),
        (402, Fault.MISCONFIGURED),
        (403, Fault.MISCONFIGURED),
        (404, Fault.MISCONFIGURED),
        (408, Fault.TIMEOUT),
        (409, Fault.REQUEST),
        (422, Fault.REQUEST),
        (429, Fault.RATE_LIMIT),
        pytest.param("429", Fault.RATE_LIMIT, id="429 as text"),
        (500, Fault.SERVER),
        (503, Fault.SERVER),
        (529, Fault.SERVER),
        (None, Fault.INTERNAL),
        (200, Fault.INTERNAL),
    ],
)
def test_the_status_decides(status: object, fault: Fault) -> None:
    """Whatever the class is called, the HTTP status says whose fault it was."""
    assert fault is classify(ProviderError(status))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ContextWindowExceededError(400), Fault.CONTEXT),
        (ProviderError(400, "This model's maximum context length is 8192"), Fault.CONTEXT),
        (ProviderError(400, "prompt is too long: 9 > 8"), Fault.CONTEXT),
        (ProviderError(500, "maximum context length"), Fault.SERVER),
        (ProviderError(400, "LLM Provider NOT provided. You passed foo/x"), Fault.MISCONFIGURED),
        (ProviderError(400, "Input length exceeds the context length"), Fault.CONTEXT),
        (ProviderError(400, "Got unexpected response from Ollama: {'error': ..."), Fault.SERVER),
        (ProviderError("²"), Fault.INTERNAL),
        (ProviderError(500, "Missing credentials. Please pass an api_key"), Fault.MISCONFIGURED),
        (APITimeoutError(), Fault.TIMEOUT),
        (TimeoutError(), Fault.TIMEOUT),
        (APIConnectionError(), Fault.CONNECTION),
        (ConnectionRefusedError(), Fault.CONNECTION),
        (APIError(), Fault.SERVER),
        (TypeError("a bug"), Fault.INTERNAL),
    ],
)
def test_names_and_words_decide_where_no_status_does(error: Exception, fault: Fault) -> None:
    """Prompts that are too long and errors without a status are told apart."""
    assert fault is classify(error)


def test_an_error_that_cannot_be_shown_is_still_sorted() -> None:
    """Its text is not needed where the status says enough."""

    class UnspeakableError(ProviderError):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert classify(UnspeakableError(500)) is Fault.SERVER


def test_only_faults_of_the_path_move_on() -> None:
    """A bad request or a bug is raised at once; everything else tries the next path."""
    moving = {fault for fault in Fault if fault.moves_on}

    assert moving == set(Fault) - {Fault.REQUEST, Fault.INTERNAL}
    assert {fault for fault in Fault if fault.is_outage} == moving - {
        Fault.MISCONFIGURED,
        Fault.CONTEXT,
    }
