"""A live goal as the doctor sees it: what is chosen at present, beside what was counted."""

from armwise.bandit.propensity import propensities
from armwise.engine.doctor import (
    Diagnosis,
    Picture,
    PricedArm,
    deviation_of,
    examine,
    priced_arms,
)
from armwise.engine.excluding import Ask
from armwise.engine.needs import needs_of
from armwise.engine.parts import Parts
from armwise.engine.stats import Stats
from armwise.engine.wants import NO_WANTS
from armwise.errors import ArmwiseError


class Checkup(Parts):
    """Parts that can be examined."""

    def examined(self, stats: Stats, *, is_checked: bool) -> list[Diagnosis]:
        """Return what is wrong with the goal, the worst first.

        Args:
            stats: Its present stats.
            is_checked: Whether every answer is checked automatically.
        """
        counted = priced_arms(stats.buckets)
        return examine(
            Picture(
                self.goal_id,
                stats.buckets,
                stats.report_rates,
                {bucket: self._chosen_now(bucket) or arms for bucket, arms in counted.items()},
                paths=self.roster.names,
                unknown_prices=tuple(self.prices.unknown),
                misconfigured=self._tally.misconfigured,
                counters=stats.counters,
                half_lives=self._half_lives,
                is_checked=is_checked,
                rollout=stats.rollout,
                store=stats.store,
            )
        )

    def _chosen_now(self, bucket: str) -> tuple[PricedArm, ...] | None:
        """Return how often each arm of a bucket is served at present.

        None where that has no formula, as for requests that may be tried again: then what was
        counted has to do.
        """
        if self.climbing is not None:
            return None
        from numpy.random import default_rng

        beliefs = self._beliefs.of(bucket)
        arms = beliefs.sampler.arms
        objective = self._objective if self._pacer is None else self._pacer.budget
        try:
            may = self._excluding.eligible(
                Ask(bucket, beliefs, [], {}, NO_WANTS, self._clock(), needs_of([], {}))
            )
            shares = propensities(objective, arms, may.among, default_rng(0)).shares
        except ArmwiseError:  # no path may be called, or a belief is all but certain
            return None
        follows, default_path = self.rollout.share, self.rollout.plan.default_path
        return tuple(
            PricedArm(
                name,
                arms.beliefs[index].mean,
                deviation_of(*arms.beliefs[index].interval(0.9)),
                None if arms.costs_usd[index] == float("inf") else arms.costs_usd[index],
                follows * shares[index] + (1.0 - follows) * (name == default_path),
            )
            for index, name in enumerate(arms.names)
        )
