"""What may go wrong: what the caller gets and what is counted, through the real LiteLLM."""

from collections.abc import Callable

import pytest

from armwise.adapters import retry_after_s
from armwise.errors import AllPathsFailedError
from benchmarks.conformance.cases import (
    FAULTS,
    MODES,
    PROMPT,
    PROVIDERS,
    Fault,
    Mode,
    Provider,
)
from benchmarks.conformance.playing import NEXT_TEXT, TRIED, Seen, Stage

See = Callable[[Provider, Mode, Fault], Seen]
CELLS = [
    pytest.param(provider, mode, fault, id=f"{fault.name}-{provider.name}-{mode.name}")
    for fault in FAULTS
    for provider in PROVIDERS
    for mode in MODES
    if fault.happens_to(mode)
]
matrix = pytest.mark.parametrize(("provider", "mode", "fault"), CELLS)
rows = pytest.mark.parametrize(
    ("mode", "fault"),
    [
        pytest.param(mode, fault, id=f"{fault.name}-{mode.name}")
        for fault in FAULTS
        for mode in MODES
        if fault.happens_to(mode)
    ],
)


@matrix
def test_another_path_answers_or_the_error_is_raised(
    see_fault: See, provider: Provider, mode: Mode, fault: Fault
) -> None:
    """Where another path may do better it answers, and the caller sees no error."""
    seen = see_fault(provider, mode, fault)

    if fault.moves_on:
        assert (seen.error, seen.text) == (None, NEXT_TEXT)
        assert seen.request_id is not None
    else:
        assert seen.error is not None
        assert not isinstance(seen.error, AllPathsFailedError)
        assert NEXT_TEXT not in seen.text


@matrix
def test_errors_say_nothing_about_quality(
    see_fault: See, provider: Provider, mode: Mode, fault: Fault
) -> None:
    """No success or failure is counted, a fault where the path is to blame, and its kind."""
    seen = see_fault(provider, mode, fault)

    assert seen.kind in fault.kinds
    if seen.arm is not None:
        assert (seen.arm.successes, seen.arm.failures) == (0, 0)
    assert fault.is_fault == (seen.arm is not None and seen.arm.faults == 1)
    if fault.moves_on:
        assert seen.next_arm is not None
        assert (seen.next_arm.successes, seen.next_arm.faults) == (1, 0)


@rows
def test_no_layer_below_tries_again(see_fault: See, mode: Mode, fault: Fault) -> None:
    """One attempt is one HTTP request, of any provider, or none where nobody listens."""
    sent = {provider.name: see_fault(provider, mode, fault).sent for provider in PROVIDERS}

    assert set(sent.values()) == {0 if fault.reply is None else 1}, sent


@rows
def test_events_carry_no_text_of_the_prompt(see_fault: See, mode: Mode, fault: Fault) -> None:
    """Not even where a provider's error quotes it."""
    events = [see_fault(provider, mode, fault).events for provider in PROVIDERS]

    assert all(events)
    assert PROMPT not in repr(events)


ERRORS = [fault for fault in FAULTS if fault.name in ("429, retry-after", "503")]


@pytest.mark.parametrize("fault", ERRORS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_without_another_path_the_caller_gets_the_cause(
    stage: Stage, provider: Provider, mode: Mode, fault: Fault
) -> None:
    """One error names the path and holds the provider's, which says how long to wait if it does."""
    seen = stage.fault_alone(provider, mode, fault)

    assert isinstance(seen.error, AllPathsFailedError)
    assert list(seen.error.causes) == [TRIED]
    assert retry_after_s(seen.error.causes[TRIED]) == (7.0 if fault.name != "503" else None)
    assert PROMPT not in str(seen.error)
    assert seen.sent == 1
