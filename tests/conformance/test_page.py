"""The page of the documentation is what the tests see."""

from collections.abc import Callable

from benchmarks.conformance.__main__ import PAGE
from benchmarks.conformance.cases import MODES, Fault, Feature, Mode, Provider
from benchmarks.conformance.playing import Seen
from benchmarks.conformance.table import page


def test_the_committed_page_is_what_is_seen(
    see_feature: Callable[[Provider, Mode, Feature], Seen],
    see_fault: Callable[[Provider, Mode, Fault], Seen],
) -> None:
    """If this fails, run ``python -m benchmarks.conformance`` and read what has changed."""

    def feature(provider: Provider, each: Feature) -> list[Seen]:
        known = each.is_known_to(provider)
        return [see_feature(provider, mode, each) for mode in MODES] if known else []

    def fault(provider: Provider, each: Fault) -> list[Seen]:
        return [see_fault(provider, mode, each) for mode in MODES if each.happens_to(mode)]

    written = page(feature, fault)

    assert written == PAGE.read_text(encoding="utf-8")
