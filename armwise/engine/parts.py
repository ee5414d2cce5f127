"""What an engine is made of, put together: stores, beliefs, rules and those who are told."""

import logging
import time
from collections.abc import Callable, Sequence
from os import PathLike

from armwise.bandit import Budget, Complexity, Objective
from armwise.bandit.decay import HalfLife
from armwise.bandit.models import BeliefModel
from armwise.engine.abilities import Abilities
from armwise.engine.beliefs import Beliefs
from armwise.engine.changes import Changes
from armwise.engine.context import Context
from armwise.engine.cooling import Cooling
from armwise.engine.costs import PathPrices
from armwise.engine.counting import Counting
from armwise.engine.decision_log import DecisionLog
from armwise.engine.eligibility import Eligibility
from armwise.engine.escalating import Climbing, Escalate
from armwise.engine.excluding import Excluder, Excluding
from armwise.engine.following import Following
from armwise.engine.guarded import guarded
from armwise.engine.handles import Handles
from armwise.engine.latencies import Latencies
from armwise.engine.lengths import Lengths
from armwise.engine.nonces import Nonces
from armwise.engine.notices import Notices
from armwise.engine.opening import LocalStore
from armwise.engine.pacing import Pacer
from armwise.engine.path import Path
from armwise.engine.report_rates import RateWatch
from armwise.engine.request_id import Signer
from armwise.engine.rollout import Rollout, RolloutPlan
from armwise.engine.roster import Roster
from armwise.engine.sessions import Sessions
from armwise.engine.shared import SharedStore
from armwise.engine.spend_cap import SpendCap
from armwise.engine.spending import spending
from armwise.engine.tally import Tally
from armwise.engine.telling import Telling
from armwise.engine.waiting import Silence, Waiting
from armwise.engine.wishes import Wishes
from armwise.events import Event, PriceUnknown
from armwise.storage import stored_goal
from armwise.storage.forking import register

_log = logging.getLogger("armwise.engine")


class Parts:
    """The parts of one goal's engine.

    Args:
        goal_id: The goal; evidence is kept per goal.
        paths: The paths to choose from.
        objective: The rule that chooses.
        model: Makes beliefs of evidence.
        store: Where evidence lives.
        prices: Expected and measured costs.
        complexity: Sorts requests into levels.
        signer: Signs request ids.
        namespace: Tenant: its evidence and its ids are kept apart from those of others.
        escalate: How often a request may be tried again after a failed check; None: never.
        cap: Most that may be spent in a period; None: no cap.
        plan: What is done with choices: followed, or observed only.
        detect_changes: Begin an arm anew when its success rate breaks.
        half_life: How fast evidence fades; if the store already holds this goal under another
            half-life, that one stays in force.
        silence: What is counted for a request without an outcome; None: nothing.
        decision_log: File that decisions and outcomes are appended to; None: none.
        seed: Makes draws repeatable.
        clock: Seconds since 1970.
        on_event: Called with every event; what it raises is counted and logged once.
    """

    def __init__(
        self,
        goal_id: str,
        paths: Sequence[Path],
        *,
        objective: Objective,
        model: BeliefModel,
        store: LocalStore,
        prices: PathPrices,
        complexity: Complexity,
        signer: Signer,
        namespace: str = "",
        escalate: Escalate | None = None,
        cap: SpendCap | None = None,
        plan: RolloutPlan = RolloutPlan(),  # noqa: B008 - frozen
        detect_changes: bool = True,
        half_life: HalfLife = None,
        silence: Silence | None = None,
        decision_log: str | PathLike[str] | None = None,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        self.goal_id = goal_id
        self.prices = prices
        self._objective = guarded(objective)
        self._pacer = Pacer(objective) if isinstance(objective, Budget) else None
        self._context = Context(complexity)
        self._signer = signer
        default_path = next((path for path in paths if path.name == plan.default_path), None)
        self._default_path = default_path
        self.rollout = Rollout(goal_id, plan, seed)
        self._clock = clock
        self._namespace = namespace
        self._stored_goal = stored_goal(namespace, goal_id)
        in_force = self._declared(store, half_life)
        self._half_lives = (half_life, in_force)
        follows = isinstance(store, SharedStore) and store.delivery == "background"
        self._beliefs = Beliefs(
            self._stored_goal,
            paths,
            store,
            prices,
            model=model,
            seed=seed,
            attempts=1 if escalate is None else escalate.max_attempts,
            is_followed=follows,
        )
        self.climbing = None if escalate is None else Climbing(escalate, seed)
        changes = Changes(goal_id) if detect_changes else None
        if changes is not None:
            register(changes)
        self._nonces = Nonces()
        register(self._nonces)
        self._tally = Tally()
        register(self._tally)
        self._waiting: Waiting | None = None
        if silence is not None:
            self._waiting = Waiting(silence, lambda: self._tally.add("not_awaited"))
        eligibility = Eligibility()
        self.roster = Roster(paths)
        self._lengths = Lengths(prices)
        self.latencies = Latencies(self._stored_goal, store)
        self.cooling = Cooling(
            Notices(self._stored_goal, store),
            clock=clock,
            is_told=follows,
            mean_latency_s=self.latencies.mean_s,
        )
        self.sessions = Sessions(prices)
        self._spending = spending(
            goal_id, self._stored_goal, store, cap, prices=prices, half_life=in_force
        )
        self._excluding = Excluding(
            goal_id, eligibility, self._hard_excluders(), soft=(self.cooling.excluder,)
        )
        self._models = self.roster.models
        log: DecisionLog | None = None
        if decision_log is not None:
            log = DecisionLog(
                decision_log,
                models=self._models,
                on_lost=lambda: self._tally.add("log_errors"),
            )
        self._telling = Telling(goal_id, self._tally, log, self.rollout, on_event)
        self.emit = self._telling.emit
        self._counting = Counting(
            self._stored_goal,
            store,
            changes=changes,
            rates=RateWatch(goal_id, self.emit),
            tally=self._tally,
            emit=self.emit,
            is_told=follows,
        )
        self._shared = store if isinstance(store, SharedStore) else None
        self._following = Following(
            self._stored_goal,
            self._beliefs,
            self._counting.watch,
            self.emit,
            hear=self.cooling.hear,
        )
        if self._shared is not None:
            self._shared.subscribe(self._following)
        self.handles = Handles(
            goal_id,
            self._stored_goal,
            store=store,
            roster=self.roster,
            eligibility=eligibility,
            cooling=self.cooling,
            beliefs=self._beliefs,
            prices=prices,
            changes=changes,
            context=self._context,
            decided=self._telling.recall.buckets,
            default_path=default_path,
            clock=clock,
            emit=self.emit,
        )
        for name in prices.unknown:
            self.emit(PriceUnknown(goal_id, name, self._models[name]))

    def _declared(self, store: LocalStore, half_life: HalfLife) -> HalfLife:
        """Say how fast evidence is to fade; return how fast it does."""
        in_force = store.declare(self._stored_goal, half_life)
        if in_force != half_life:
            _log.warning(
                "goal %s fades by a half-life of %s in this store, which stays in force; %s is "
                "ignored",
                self.goal_id,
                in_force,
                half_life,
            )
        return in_force

    def _hard_excluders(self) -> tuple[Excluder, ...]:
        """Return who says which paths cannot be called for a request."""
        hard = (Abilities(self.roster, self.prices.info), Wishes(self.roster, self.prices))
        return hard if self._spending is None else (*hard, self._spending.unpriced)
