"""What stores promise beyond counting: to carry evidence elsewhere, and to share signing keys."""

import secrets
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armwise.bandit import UNIT
from armwise.bandit.decay import HalfLife, Outcomes
from armwise.errors import ConfigurationError
from armwise.storage import (
    GoalEvidence,
    Keyring,
    MemoryStore,
    Portable,
    Record,
    ReportStatus,
    Store,
)
from armwise.storage.codec import from_plain, to_plain
from armwise.testing.contracts.histories import HALF_LIVES, fresh_goal, histories, record
from armwise.testing.contracts.store import read


class PortableContract:
    """What a ``Portable`` store promises; use it beside ``StoreContract``."""

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.differing_executors,  # each store's class inherits the same test
        ],
    )
    @given(history=histories(), half_life=st.sampled_from(HALF_LIVES))
    def test_evidence_is_carried_over_to_the_last_integer(
        self, store: Store, history: Sequence[Record], half_life: HalfLife
    ) -> None:
        """What is read, written down, read back and absorbed is what there was, once."""
        assert isinstance(store, Portable)
        elsewhere, goal_id = MemoryStore(), fresh_goal()
        elsewhere.declare(goal_id, half_life)
        elsewhere.apply(goal_id, history)
        elsewhere.open_epoch(goal_id, "a/simple", "cheap", 4)
        carried = from_plain(to_plain(read(elsewhere, goal_id)))
        store.declare(goal_id, half_life)

        answers = [store.absorb(goal_id, carried, once="x"), store.absorb(goal_id, carried, "x")]

        assert answers == [True, False]
        assert to_plain(read(store, goal_id)) == to_plain(carried)

    def test_evidence_of_another_clock_is_refused(self, store: Store) -> None:
        """Integers that fade by two clocks add up to nothing."""
        assert isinstance(store, Portable)
        goal_id = fresh_goal()
        store.declare(goal_id, Outcomes(5))

        with pytest.raises(ConfigurationError, match="half-life"):
            store.absorb(goal_id, GoalEvidence(timedelta(days=1)), once="x")

    def test_another_half_life_keeps_the_present_weight(self, store: Store) -> None:
        """Outcomes weigh what they weighed; earlier requests can no longer be reported."""
        assert isinstance(store, Portable)
        goal_id, now_ms = fresh_goal(), int(time.time() * 1000)
        store.declare(goal_id, None)
        store.apply(goal_id, [record(number) for number in range(8)])
        before = read(store, goal_id)

        store.change_half_life(goal_id, timedelta(days=2))

        after = read(store, goal_id)
        assert after.half_life == timedelta(days=2)
        assert after.version != before.version
        (seen,) = after.evidence(now_ms).values()
        assert seen.successes / UNIT == pytest.approx(8.0, rel=0.02)
        assert seen.attempts == 8
        late = store.apply(goal_id, [record(3, revision=2, score=0), record(99, age_ms=-50)])
        assert late == [ReportStatus.EXPIRED, ReportStatus.APPLIED]

    def test_goals_are_listed_per_tenant(self, store: Store) -> None:
        """A tenant sees its own goals and nobody else's."""
        assert isinstance(store, Portable)
        tenant, goal_id = fresh_goal(), fresh_goal()

        store.declare(f"{tenant}\x00{goal_id}", None)
        store.declare(goal_id, None)

        assert store.goals(tenant) == [f"{tenant}\x00{goal_id}"]
        assert goal_id in store.goals()
        assert f"{tenant}\x00{goal_id}" not in store.goals()


class KeyringContract:
    """What a ``Keyring`` promises; use it beside ``StoreContract``."""

    def test_all_workers_sign_with_the_same_key(self, store: Store) -> None:
        """The first key that is offered holds, per tenant."""
        assert isinstance(store, Keyring)
        tenant, other = fresh_goal(), fresh_goal()
        first, second = secrets.token_bytes(32), secrets.token_bytes(32)

        answers = [store.signing_keys(tenant, key) for key in (first, second)]

        assert answers == [[first], [first]]
        assert store.signing_keys(other, second) == [second]

    def test_a_new_key_signs_and_the_old_ones_stay(self, store: Store) -> None:
        """Rotation puts the new key first."""
        assert isinstance(store, Keyring)
        tenant = fresh_goal()
        first, second = secrets.token_bytes(32), secrets.token_bytes(32)
        store.signing_keys(tenant, first)

        store.add_signing_key(tenant, second)
        store.add_signing_key(tenant, second)

        assert store.signing_keys(tenant, first) == [second, first]
