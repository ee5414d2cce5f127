"""Which requests follow the choice, which are shadowed, and when all go back to the default."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from armwise.bandit.sequential import Total
from armwise.engine.guard import ALPHA, Guard
from armwise.engine.serving import APPLIED, Mode, Serving
from armwise.events import Attempted, Event, Reported, ReturnedToDefault
from armwise.storage.forking import register


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """What the user wants done with choices.

    Args:
        mode: The mode.
        default_path: Name of the path that is served where the choice is not followed; None in
            "apply".
        canary_share: Share of the requests that "canary" serves what was chosen.
        shadow_share: Share of the requests for which "shadow" calls the chosen path too, of those
            where it is another one.
        guard_margin: How far the canary's success rate may be below that of the default path.
    """

    mode: Mode = "apply"
    default_path: str | None = None
    canary_share: float = 0.05
    shadow_share: float = 1.0
    guard_margin: float = 0.02


@dataclass(frozen=True, slots=True)
class ShadowStats:
    """What shadow calls of this process came to.

    Args:
        calls: How many were answered.
        faults: How many ended in an error.
        skipped: How many were left out: too many were under way, or ``max_spend_usd`` was spent.
        cost_usd: What they cost in US dollars, as far as that was measured. The paths' costs hold
            it too.
        uncosted: Answered ones of which the cost is not known.
    """

    calls: int = 0
    faults: int = 0
    skipped: int = 0
    cost_usd: float = 0.0
    uncosted: int = 0


@dataclass(frozen=True, slots=True)
class RolloutStats:
    """How a rollout stands in this process.

    Args:
        mode: The mode in force: "observe" after a return to the default path.
        asked: The mode that the Router was built with.
        default_path: The path that is served where the choice is not followed.
        decisions: Decisions that were made in the mode since it came into force.
        followed: Outcomes of requests that were served what was chosen; "canary" only.
        control: Outcomes of requests that were served the default path; "canary" only.
        difference: Where the success rate of the former minus that of the latter lies with a
            confidence of 95 %, however often one looks.
        shadows: What shadow calls came to.
    """

    mode: Mode
    asked: Mode
    default_path: str
    decisions: int
    followed: Total
    control: Total
    difference: tuple[float, float]
    shadows: ShadowStats

    @property
    def has_returned(self) -> bool:
        """Whether the Router went back to the default path by itself."""
        return self.mode != self.asked

    def __str__(self) -> str:
        mode = f"mode {self.mode}"
        if self.has_returned:
            mode += f", returned from {self.asked} because the choices did worse"
        lines = [f"{mode}: default path {self.default_path}"]
        if self.followed.outcomes or self.control.outcomes:
            low, high = self.difference
            lines.append(
                f"followed: {_shown(self.followed)}; default: {_shown(self.control)}; "
                f"difference between {low:+.3f} and {high:+.3f}"
            )
        shadows = self.shadows
        if shadows != ShadowStats():
            unknown = f" and {shadows.uncosted} unknown" if shadows.uncosted else ""
            lines.append(
                f"shadow calls: {shadows.calls} answered, {shadows.faults} failed, "
                f"{shadows.skipped} skipped, ${shadows.cost_usd:.6f}{unknown}"
            )
        return "\n".join(lines)


class Rollout:
    """Decides how each request is served; safe to share among threads and forks.

    Whether a request follows its choice is a hash of its random name, or of its session where it
    has one: a session is served the same way from beginning to end, by every process.

    Args:
        goal_id: The goal.
        plan: What the user wants.
        seed: Makes the groups repeatable, with those of the requests without a session drawn in
            order; None: by hash.
    """

    def __init__(self, goal_id: str, plan: RolloutPlan, seed: int | None = None) -> None:
        self.plan = plan
        self._goal_id = goal_id
        self._guard = Guard(plan.guard_margin)
        self._random = None if seed is None else Random(f"rollout {seed}")  # noqa: S311 - no secret
        self._lock = threading.Lock()
        self._has_returned = False
        self._decisions = 0
        self._shadows = ShadowStats()
        register(self._guard)
        register(self)

    @property
    def mode(self) -> Mode:
        """The mode in force."""
        return "observe" if self._has_returned else self.plan.mode

    @property
    def share(self) -> float:
        """Share of the requests that is served what was chosen at present, 0..1."""
        return {"apply": 1.0, "canary": self.plan.canary_share}.get(self.mode, 0.0)

    def serving(self, nonce: bytes, preferred: str, session: str | None = None) -> Serving:
        """Return how a request is served.

        Args:
            nonce: Its random name.
            preferred: The path that was chosen.
            session: The session that it belongs to, if any.
        """
        plan = self.plan
        if plan.default_path is None:
            return APPLIED
        with self._lock:
            self._decisions += 1
        mode = self.mode
        if mode == "canary":
            is_followed = self._chance("canary", nonce, session) < plan.canary_share
            self._guard.decided(nonce, is_followed=is_followed)
            return Serving(mode, plan.default_path, plan.canary_share, is_followed)
        is_shadowed = (
            mode == "shadow"
            and preferred != plan.default_path
            and self._chance("shadow", nonce, None) < plan.shadow_share
        )
        return Serving(mode, plan.default_path, 0.0, is_followed=False, is_shadowed=is_shadowed)

    def heard(
        self, event: Attempted | Reported, nonce: bytes, emit: Callable[[Event], object]
    ) -> None:
        """Count an outcome; go back to the default path if the choices now do worse.

        Args:
            event: What happened.
            nonce: The request's name.
            emit: Takes the event of a return.
        """
        if isinstance(event, Attempted):
            if event.is_shadow:
                self._shadowed(event)
                return
            if event.outcome is None:
                return
        if self.mode != "canary":
            return
        revision = event.revision if isinstance(event, Reported) else 0
        test = self._guard.heard(nonce, event.outcome, revision)
        if test is None or self._is_returned_already():
            return
        rate, control_rate = test.tried.rate or 0.0, test.control.rate or 0.0
        outcomes = round(test.tried.outcomes), round(test.control.outcomes)
        path, margin = self.plan.default_path or "", self.plan.guard_margin
        emit(ReturnedToDefault(self._goal_id, path, rate, control_rate, *outcomes, margin))

    def skipped(self) -> None:
        """Count a shadow call that was left out."""
        with self._lock:
            self._shadows = replace(self._shadows, skipped=self._shadows.skipped + 1)

    def resume(self) -> bool:
        """Go back to the mode that was asked for; return whether it was not in force.

        The comparison begins anew.
        """
        with self._lock:
            was_returned, self._has_returned = self._has_returned, False
            if was_returned:
                self._decisions = 0
        if was_returned:
            self._guard.begin_anew()
        return was_returned

    def stats(self) -> RolloutStats | None:
        """Return how the rollout stands; None in "apply"."""
        plan = self.plan
        if plan.default_path is None:
            return None
        test = self._guard.test
        return RolloutStats(
            self.mode,
            plan.mode,
            plan.default_path,
            self._decisions,
            test.tried,
            test.control,
            test.interval(ALPHA),
            self._shadows,
        )

    def before_fork(self) -> None:
        """Wait until nothing is being counted."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on counting."""
        self._lock.release()

    def _is_returned_already(self) -> bool:
        """Return to the default path; return whether another thread did so before."""
        with self._lock:
            was_returned, self._has_returned = self._has_returned, True
            if not was_returned:
                self._decisions = 0
        return was_returned

    def _shadowed(self, event: Attempted) -> None:
        with self._lock:
            held = self._shadows
            if event.fault is not None:
                self._shadows = replace(held, faults=held.faults + 1)
                return
            self._shadows = replace(
                held,
                calls=held.calls + 1,
                cost_usd=held.cost_usd + (event.cost_usd or 0.0),
                uncosted=held.uncosted + (event.cost_usd is None),
            )

    def _chance(self, what: str, nonce: bytes, session: str | None) -> float:
        """Return a number from 0 to below 1 that is the same for the same request or session."""
        if self._random is not None and session is None:
            return self._random.random()
        name = nonce if session is None else session.encode()
        text = self._goal_id.encode() + b"\x00" + name
        digest = hashlib.blake2b(text, digest_size=7, person=what.encode()).digest()
        return int.from_bytes(digest) / 2**56


def _shown(total: Total) -> str:
    rate = "no rate" if total.rate is None else f"{total.rate:.3f}"
    return f"{rate} of {total.outcomes:.0f} outcomes"
