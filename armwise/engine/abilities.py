"""Excludes paths that cannot take a request: too small a window, no eyes, no tools."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from armwise.adapters import ModelInfo
from armwise.engine.excluding import Ask
from armwise.engine.needs import Needs
from armwise.engine.path import Path
from armwise.engine.roster import Roster

_NONE: Mapping[str, str] = {}

_SURELY = 0.8
"""Share of the estimated prompt that has to exceed a window before the path is excluded. Excluding
it wrongly costs money with every such request; sending too much costs one call that the provider
refuses at once and does not charge, and the request goes on to a larger window. So the doubt is
the path's: at .8, only prompts of more than 4.4 characters per token of window are excluded."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the present paths can do.

    Args:
        paths: The paths.
        windows: Largest prompt per path, in tokens; infinite where it is not known.
        answers: Longest answer per path, likewise.
        without: Paths that are known to lack a capability.
        smallest: The smallest window.
    """

    paths: tuple[Path, ...]
    windows: Mapping[str, float]
    answers: Mapping[str, float]
    without: Mapping[str, Mapping[str, str]]
    smallest: float


class Abilities:
    """Excludes what a path's own declaration, else the adapter's list, says it cannot do.

    Args:
        roster: The paths.
        info: What the adapter knows of a model.
    """

    def __init__(self, roster: Roster, info: Callable[[str], ModelInfo]) -> None:
        self._roster = roster
        self._info = info
        self._known = self._look_up()

    def __call__(self, ask: Ask) -> Mapping[str, str]:
        """Return what is excluded; see ``Excluder``."""
        known = self._known
        if known.paths is not self._roster.paths:  # one was added or removed
            known = self._known = self._look_up()
        needs = ask.needs
        required = ask.wants.require
        if not (
            required
            or needs.capabilities
            or needs.output_tokens
            or needs.input_tokens * _SURELY > known.smallest
        ):
            return _NONE
        return _excluded(known, needs, required)

    def _look_up(self) -> _Known:
        paths = self._roster.paths
        windows: dict[str, float] = {}
        answers: dict[str, float] = {}
        without: dict[str, dict[str, str]] = {}
        for path in paths:
            listed = self._info(path.model)
            windows[path.name] = path.max_input_tokens or listed.max_input_tokens or math.inf
            answers[path.name] = path.max_output_tokens or listed.max_output_tokens or math.inf
            for name, has_it in {**listed.capabilities, **path.capabilities}.items():
                if not has_it:
                    says = "its declaration" if name in path.capabilities else "the model list"
                    without.setdefault(name, {})[path.name] = f"lacks {name} (so {says} says)"
        smallest = min(windows.values(), default=math.inf)
        return _Known(paths, windows, answers, without, smallest)


def _excluded(known: _Known, needs: Needs, required: Iterable[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if needs.input_tokens * _SURELY > known.smallest:
        for name, window in known.windows.items():
            if needs.input_tokens * _SURELY > window:
                found[name] = (
                    f"takes {window:,.0f} input tokens, and this prompt has about "
                    f"{needs.input_tokens:,.0f} (an estimate)"
                )
    if needs.output_tokens:
        for name, longest in known.answers.items():
            if needs.output_tokens > longest:
                found[name] = (
                    f"gives {longest:,.0f} output tokens at most, asked for {needs.output_tokens:,}"
                )
    for capability in sorted({*needs.capabilities, *required}):
        found |= known.without.get(capability, _NONE)
    return found
