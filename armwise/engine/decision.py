"""A decision: which path to call, and everything needed to say why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from armwise.bandit import Arms, Assessment, Objective, ranking
from armwise.bandit.evidence import MOST_FAILURES
from armwise.engine.request_id import Signer, Token
from armwise.engine.serving import APPLIED, Serving
from armwise.engine.wants import NO_WANTS, Wants
from armwise.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Decision:
    """The choice of a path for one request. Nothing was called and nothing was written.

    Args:
        goal_id: The goal.
        bucket: "task type/level", the context that the beliefs belong to.
        assessment: Score and signals that made the level.
        path: Name of the path to call.
        model: Its model.
        preferred: The path that the objective chose. Differs from ``path`` where the default path
            is served instead.
        arms: The beliefs and costs that were decided on, cheapest first.
        draws: The sampled success rate per arm, in the arms' order.
        objective: The rule.
        eligible: Indices of the arms that could be chosen.
        exclusions: Reason per path that could not: "banned ...", "lacks vision ...".
        decided_at_ms: When, in milliseconds since 1970.
        nonce: The request's random name.
        epochs: Epoch per path; a path that is missing is in epoch 0.
        namespace: The tenant, "" for none.
        count: How many outcomes the bucket had seen.
        fallbacks: Indices of the arms that a pin excluded: they are tried after an error of the
            pinned one.
        note: What else there is to say of the choice, "" for nothing.
        wants: What the caller wanted of the request.
        serving: The mode, and whether the choice is followed in it.
    """

    goal_id: str
    bucket: str
    assessment: Assessment
    path: str
    model: str
    preferred: str
    arms: Arms
    draws: tuple[float, ...]
    objective: Objective
    eligible: tuple[int, ...]
    exclusions: Mapping[str, str]
    decided_at_ms: int
    nonce: bytes
    epochs: Mapping[str, int]
    namespace: str
    count: int
    _signer: Signer = field(repr=False)
    fallbacks: tuple[int, ...] = ()
    note: str = ""
    wants: Wants = NO_WANTS
    serving: Serving = APPLIED

    @property
    def ranking(self) -> tuple[str, ...]:
        """Paths in the order in which they are tried.

        Each is what the rule would choose if those before it did not exist. A pinned path comes
        before all others, and so does a default path that is served instead of the choice.
        Banned paths are not in it.
        """
        order = ranking(self.objective, self.arms, self.draws, self.eligible)
        if self.fallbacks:
            order += ranking(self.objective, self.arms, self.draws, self.fallbacks)
        names = [self.arms.names[index] for index in order]
        if self.path != self.preferred:
            names = [self.path, *(name for name in names if name != self.path)]
        return tuple(names)

    @property
    def request_id(self) -> str:
        """The signed id under which the outcome of ``path`` is reported."""
        return self.sign(self.path, 0)

    def request_id_for(self, path: str) -> str:
        """Return the id under which the outcome of another path of the ranking is reported.

        Raises:
            ConfigurationError: If the path is not in the ranking.
        """
        order = self.ranking
        if path not in order:
            raise ConfigurationError(
                f"path {path!r} is not in this decision's ranking: {', '.join(order)}."
            )
        return self.sign(path, order.index(path))

    def sign(self, path: str, attempt: int, earlier_failures: int = 0) -> str:
        """Return the id of one attempt.

        Args:
            path: The path that was called.
            attempt: Its number in the request.
            earlier_failures: How many answers had failed the check before it.
        """
        epoch = self.epochs.get(path, 0)
        token = Token(
            self.goal_id,
            self.bucket,
            path,
            self.decided_at_ms,
            self.nonce,
            attempt,
            min(earlier_failures, MOST_FAILURES),
            epoch=epoch,
            namespace=self.namespace,
            count=self.count,
        )
        return self._signer.sign(token)

    @property
    def mean_rates(self) -> Mapping[str, float]:
        """Believed success rate per path."""
        return dict(zip(self.arms.names, self.arms.means, strict=True))

    def expected_usd(self, path: str) -> float:
        """Return what a request on a path was expected to cost in US dollars, 0 if not known."""
        arms = self.arms
        costs_usd = dict(zip(arms.names, arms.costs_usd, strict=True))
        expected_usd = costs_usd.get(path, 0.0)
        return expected_usd if expected_usd < float("inf") else 0.0

    def why(self) -> str:
        """Retell the decision: bucket, rule, and per arm the belief, the draw and the cost."""
        signals = ", ".join(f"{name} {points:g}" for name, points in self.assessment.signals)
        lines = [
            f"bucket {self.bucket}: score {self.assessment.score:g}"
            + (f" ({signals})" if signals else ""),
            f"rule {self.objective.name}: "
            + self.objective.reason(self.arms, self.draws, self.eligible),
        ]
        if self.path != self.preferred:
            serving = self.serving
            share = f", which follows {serving.share:.0%}" if serving.mode == "canary" else ""
            beside = " and called beside it" if serving.is_shadowed else ""
            lines.append(
                f"mode {serving.mode}{share}: {self.path} is served, {self.preferred} was chosen"
                f"{beside}"
            )
        width = max(len(name) for name in self.arms.names)
        lines.append(f"{'path':<{width}}  {'belief':>16}  {'mean':>5}  {'drawn':>5}  cost/request")
        for index, name in enumerate(self.arms.names):
            lines.append(f"{name:<{width}}  {self._arm(index)}")
        lines += [f"excluded {name}: {reason}" for name, reason in self.exclusions.items()]
        lines += [self.note] if self.note else []
        return "\n".join(lines)

    def _arm(self, index: int) -> str:
        belief, cost_usd = self.arms.beliefs[index], self.arms.costs_usd[index]
        shown = str(belief)
        cost = "unknown" if cost_usd == float("inf") else f"${cost_usd:.6f}"
        return f"{shown:>16}  {belief.mean:5.3f}  {self.draws[index]:5.3f}  {cost}"
