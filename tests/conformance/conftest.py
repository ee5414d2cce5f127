"""One server and one event loop for the whole matrix, and each cell played once."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.conformance.cases import Fault, Feature, Mode, Provider
from benchmarks.conformance.playing import Seen, Stage

SeeFeature = Callable[[Provider, Mode, Feature], Seen]
SeeFault = Callable[[Provider, Mode, Fault], Seen]


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Serve all providers."""
    with Stage() as running:
        yield running


@pytest.fixture(scope="session")
def see_feature(stage: Stage) -> SeeFeature:
    """Return what was seen of a feature; it is played when first asked for."""
    known: dict[tuple[str, str, str], Seen] = {}

    def see(provider: Provider, mode: Mode, feature: Feature) -> Seen:
        key = (provider.name, mode.name, feature.name)
        if key not in known:
            known[key] = stage.feature(provider, mode, feature)
        return known[key]

    return see


@pytest.fixture(scope="session")
def see_fault(stage: Stage) -> SeeFault:
    """Return what was seen of a fault; it is played when first asked for."""
    known: dict[tuple[str, str, str], Seen] = {}

    def see(provider: Provider, mode: Mode, fault: Fault) -> Seen:
        key = (provider.name, mode.name, fault.name)
        if key not in known:
            known[key] = stage.fault(provider, mode, fault)
        return known[key]

    return see
