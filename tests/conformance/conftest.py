"""One server and one event loop per module, and each cell of the matrix played once."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.conformance.cases import Fault, Feature, Mode, Provider
from benchmarks.conformance.playing import Seen, Stage

Known = dict[tuple[str, str, str], Seen]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve all providers."""
    with Stage() as running:
        yield running


@pytest.fixture(scope="session")
def known() -> Known:
    """Return what was seen in this session, whichever module asked for it first."""
    return {}


@pytest.fixture(scope="module")
def see_feature(stage: Stage, known: Known) -> Callable[[Provider, Mode, Feature], Seen]:
    """Return what was seen of a feature; it is played when first asked for."""

    def see(provider: Provider, mode: Mode, feature: Feature) -> Seen:
        key = (provider.name, mode.name, feature.name)
        if key not in known:
            known[key] = stage.feature(provider, mode, feature)
        return known[key]

    return see


@pytest.fixture(scope="module")
def see_fault(stage: Stage, known: Known) -> Callable[[Provider, Mode, Fault], Seen]:
    """Return what was seen of a fault; it is played when first asked for."""

    def see(provider: Provider, mode: Mode, fault: Fault) -> Seen:
        key = (provider.name, mode.name, fault.name)
        if key not in known:
            known[key] = stage.fault(provider, mode, fault)
        return known[key]

    return see
