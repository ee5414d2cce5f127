"""Which arms a request may be sent to: everybody who excludes paths is asked, in order."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from armwise.bandit import Arms
from armwise.engine.beliefs import BucketBeliefs
from armwise.engine.eligibility import Eligibility, Eligible
from armwise.engine.needs import Needs
from armwise.engine.wants import Wants
from armwise.errors import NoEligiblePathError

_log = logging.getLogger("armwise.engine")


class Ask(NamedTuple):
    """One request, as those see it who may exclude paths from it.

    Attributes:
        bucket: Its bucket.
        beliefs: What is believed there.
        messages: Its messages; they are not to be kept.
        params: What the call will be made with, without what paths add.
        wants: What the caller wants of it.
        now_s: Seconds since 1970.
        needs: What it needs of a path.
    """

    bucket: str
    beliefs: BucketBeliefs
    messages: Any
    params: Mapping[str, Any]
    wants: Wants
    now_s: float
    needs: Needs

    @property
    def arms(self) -> Arms:
        """The bucket's arms."""
        return self.beliefs.sampler.arms


Excluder: TypeAlias = Callable[[Ask], Mapping[str, str]]
"""Returns the reason per path that is not to be called for a request; paths that are not among the
arms are ignored."""


_ADVICE = (
    "Ask for less, or add a path that can. What the model list does not know, or has wrong, is "
    "declared on a path: capabilities={'vision': True}, max_input_tokens=, max_output_tokens=, and "
    "its prices."
)


class Excluding:
    """Asks all who may exclude paths.

    *Hard* excluders say what cannot be: a prompt that is too long, a wish, a spent budget. Where
    they leave nothing, the request is refused. *Soft* ones say what had better not be, such as a
    path that was down a moment ago: what they exclude is still tried after an error of the others.
    Where they leave nothing, the path that they name first is taken; one that raises says nothing.
    An operator's pins and bans come between the two; a pinned path is taken whatever the soft ones
    say.

    Args:
        goal_id: The goal, for messages.
        eligibility: Pins and bans.
        hard: Asked in this order; of several reasons for a path the first one is given.
        soft: Likewise.
    """

    def __init__(
        self,
        goal_id: str,
        eligibility: Eligibility,
        hard: tuple[Excluder, ...] = (),
        soft: tuple[Excluder, ...] = (),
    ) -> None:
        self._goal_id = goal_id
        self._eligibility = eligibility
        self.hard = hard
        self.soft = soft
        self._all = Eligible((), (), {}, "")
        self._has_warned = False

    def eligible(self, ask: Ask) -> Eligible:
        """Return which arms may be chosen.

        Raises:
            NoEligiblePathError: If none may be; it lists every path with its reason.
        """
        arms = ask.beliefs.sampler.arms
        refused: Mapping[str, str] = _NONE
        for excluder in self.hard:
            excluded = excluder(ask)
            if excluded:
                refused = {**excluded, **refused}
        if not refused and not self._eligibility.restrictions:
            if self._all.among is not arms.every:
                self._all = Eligible(arms.every, (), {}, "")
            may = self._all
        else:
            may = self._eligibility.eligible(ask.bucket, arms, ask.now_s, refused)
            if not may.among:
                raise self._none_left(may.exclusions)
        avoided: Mapping[str, str] = _NONE
        for excluder in self.soft:
            try:
                excluded = excluder(ask)
            except Exception as error:  # noqa: BLE001 - what had better not be refuses no request
                self._warn(error)
                continue
            if excluded:
                avoided = {**excluded, **avoided}
        return _avoiding(may, arms, avoided) if avoided else may

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "paths to avoid could not be found out (%s); none is avoided", type(error).__name__
            )

    def _none_left(self, exclusions: Mapping[str, str]) -> NoEligiblePathError:
        lines = "\n".join(f"  {name}: {reason}" for name, reason in exclusions.items())
        return NoEligiblePathError(
            f"no path may be called for this request (goal {self._goal_id!r}):\n{lines}\n{_ADVICE}",
            dict(exclusions),
        )


_NONE: Mapping[str, str] = {}


def _avoiding(may: Eligible, arms: Arms, avoided: Mapping[str, str]) -> Eligible:
    """Return what is left when paths are avoided, these as fallbacks."""
    among = tuple(index for index in may.among if arms.names[index] not in avoided)
    if len(among) == len(may.among):
        return may
    if not among:
        names = {arms.names[index] for index in may.among}
        first = next(name for name in avoided if name in names)
        why = "it is pinned" if may.fallbacks else "no other path is there"
        said = f"{first} is tried although {avoided[first]}: {why}"
        may = may._replace(note=f"{may.note}; {said}" if may.note else said)
        among = (arms.names.index(first),)
    later = tuple(sorted({*may.among, *may.fallbacks} - {*among}))
    chosen_from = {arms.names[index] for index in among}
    reasons = {**may.exclusions, **avoided}
    exclusions = {
        name: reasons[name] for name in arms.names if name in reasons and name not in chosen_from
    }
    return Eligible(among, later, exclusions, may.note)
