"""The matrix as a page of the documentation: what was seen, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchmarks.conformance.cases import (
    FAULTS,
    FEATURES,
    MODES,
    PROVIDERS,
    Fault,
    Feature,
    Provider,
)
from benchmarks.conformance.playing import NEXT_TEXT, Seen

SeenFeature = Callable[[Provider, Feature], Sequence[Seen]]
SeenFault = Callable[[Provider, Fault], Sequence[Seen]]

_TOP = """# Conformance

What a caller of `router.completion` and `acompletion` gets, whole and as a stream, and what is
counted, for every provider that the local server of `armwise.testing` plays. Between the Router and
the server works the real LiteLLM. Written by `python -m benchmarks.conformance`; the tests see the
same table.

## What a request may use

A check mark: in all four ways to call (sync, async, stream, async stream) the answer is what the
provider said, one HTTP request was made, and outcome, tokens and cost are counted as they were
billed, cached tokens at their own price. A dash: the provider's wire format has no such thing.
"says `stop`": LiteLLM loses the provider's word for it.
"""

_MIDDLE = """
## What may go wrong

"next path": another path answers, and the caller sees no error. "raised": the caller gets the
error, whose class is LiteLLM's. Then what is counted: "fault" is one attempt of the path that ended
in a provider's error. In no cell a success or failure of the path is counted: errors say nothing
about quality.
"""

_BOTTOM = """
- "wrong key": the provider's own words for it; Gemini's and Bedrock's differ most.
- "429, retry-after": `armwise.adapters.retry_after_s(error)` gives the seconds, for all of them.
  Where no path can answer, the errors are in the `causes` of the `AllPathsFailedError`.
- "slow": the answer takes longer than the `timeout_s` of its path.
- "cut": the connection breaks in the middle of an answer that is not streamed.
- "cut before the first chunk": a stream that breaks before it said anything; another path answers.
- "overloaded, said first" and "said later": the provider says so within a stream, with status 200.
- "cut stream": it breaks later; what was read cannot be taken back, so the error is raised.
- "stream ends early": the HTTP response ends in good order, but no finish reason came.

Not played, so not in the table: Vertex AI, Cohere and SageMaker.
"""


def page(feature: SeenFeature, fault: SeenFault) -> str:
    """Return the page.

    Args:
        feature: What was seen of one feature, in all modes.
        fault: What was seen of one fault, in all modes that it happens to.
    """
    features = [
        (each.name, [_feature_cell(each, p, feature(p, each)) for p in PROVIDERS])
        for each in FEATURES
    ]
    faults = [(each.name, [_fault_cell(fault(p, each)) for p in PROVIDERS]) for each in FAULTS]
    return "".join([_TOP, _table(features), _MIDDLE, _table(faults), _BOTTOM])


def is_as_said(feature: Feature, seen: Seen) -> bool:
    """Return whether the answer is what the provider said, and was counted as it deserves."""
    calls = [call["function"]["name"] for call in feature.reply.tool_calls or ()]
    return (
        seen.error is None
        and seen.text == feature.reply.text
        and [name for name, _ in seen.calls] == calls
        and seen.arm is not None
        and seen.finish_reason == feature.reply.reason
        and (seen.arm.successes, seen.arm.failures, seen.arm.faults) == _outcome(feature)
    )


def _feature_cell(feature: Feature, provider: Provider, seen: Sequence[Seen]) -> str:
    if not feature.is_known_to(provider):
        return "-"
    failed = [
        (mode.name, each)
        for mode, each in zip(MODES, seen, strict=True)
        if not (is_as_said(feature, each) and each.sent == 1)
    ]
    if not failed:
        return "✓"
    endings = {each.finish_reason for _, each in failed}
    if len(failed) == len(MODES) and endings == {"stop"} and feature.reply.reason != "stop":
        return "says `stop`"
    return f"not {', '.join(name for name, _ in failed)}"


def _outcome(feature: Feature) -> tuple[int, int, int]:
    """Return successes, failures and faults; an answer that was cut short is a failure."""
    return (1, 0, 0) if feature.reply.reason in ("stop", "tool_calls") else (0, 1, 0)


def _fault_cell(seen: Iterable[Seen]) -> str:
    return "; or ".join(sorted({_ending(each) for each in seen}))


def _ending(seen: Seen) -> str:
    counted = "fault" if seen.arm is not None and seen.arm.faults else "no fault"
    if seen.error is None and seen.text == NEXT_TEXT:
        return f"next path, {counted}"
    if seen.error is not None:
        return f"raised `{type(seen.error).__name__}`, {counted}"
    return f"answered, {counted}"


def _table(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    head = ["", *(provider.name for provider in PROVIDERS)]
    lines = [head, ["---"] * len(head), *([name, *cells] for name, cells in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)
