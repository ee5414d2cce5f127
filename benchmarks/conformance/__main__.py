"""Writes docs/reference/conformance.md from what it sees."""

import logging
from pathlib import Path

from benchmarks.conformance.cases import MODES, Fault, Feature, Provider
from benchmarks.conformance.playing import Seen, Stage
from benchmarks.conformance.table import page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"


def main() -> None:
    """Play every cell and write the page."""
    logging.getLogger("armwise").setLevel(logging.CRITICAL)  # errors are what is played here
    with Stage() as stage:

        def feature(provider: Provider, each: Feature) -> list[Seen]:
            known = each.is_known_to(provider)
            return [stage.feature(provider, mode, each) for mode in MODES] if known else []

        def fault(provider: Provider, each: Fault) -> list[Seen]:
            modes = [mode for mode in MODES if each.happens_to(mode)]
            return [stage.fault(provider, mode, each) for mode in modes]

        PAGE.write_text(page(feature, fault), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
