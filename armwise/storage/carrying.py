"""Carries evidence from store to store, and lets it begin anew."""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from armwise.bandit.decay import half_life_name
from armwise.errors import ConfigurationError
from armwise.storage.base import Portable, Store, is_book, split_goal, stored_goal
from armwise.storage.exported import State
from armwise.storage.goal import GoalEvidence

_Held = TypeVar("_Held")


@runtime_checkable
class PortableStore(Store, Portable, Protocol):
    """A store whose evidence can be read and carried elsewhere."""


class ArmName(NamedTuple):
    """An arm that may begin anew.

    Attributes:
        bucket: "task type/level".
        path: Name of the path.
        epoch: Its present epoch.
    """

    bucket: str
    path: str
    epoch: int


def portable(store: object) -> PortableStore:
    """Return the store if evidence can be carried out of it and into it.

    Raises:
        ConfigurationError: If it cannot.
    """
    if isinstance(store, PortableStore):
        return store
    raise ConfigurationError(
        f"store {type(store).__name__} cannot export or import evidence: it lacks the methods of "
        "armwise.storage.Portable."
    )


def known_goals(
    store: PortableStore, goals: Sequence[str] = (), namespace: str = ""
) -> dict[str, str]:
    """Return the names that a store knows goals by, by their own names.

    Args:
        store: The store.
        goals: The goals that are meant; none: all of the tenant.
        namespace: The tenant, "" for none.

    Raises:
        ConfigurationError: If the store does not know one of them, or none at all.
    """
    known = {split_goal(stored)[1]: stored for stored in store.goals(namespace)}
    tenant = f" of namespace {namespace!r}" if namespace else ""
    if not known:
        raise ConfigurationError(
            f"the store holds no goal{tenant or ' outside of a namespace'}. A Router with this "
            "store writes the first; --namespace names a tenant."
        )
    return _chosen(known, goals, f"the store{tenant}")


def read_goal(store: Store, stored: str) -> GoalEvidence:
    """Return all evidence of a goal by its stored name."""
    return store.read(stored) or GoalEvidence(None)


def export_state(
    store: PortableStore, source: str, *, goals: Sequence[str] = (), namespace: str = ""
) -> State:
    """Return the evidence of goals, each read at one moment.

    Args:
        store: The store.
        source: Its URL without the password.
        goals: The goals; none: all of the tenant.
        namespace: The tenant, "" for none.

    Raises:
        ConfigurationError: If the store does not know one of the goals.
        StoreError: If the store fails.
    """
    known = known_goals(store, goals, namespace)
    held = {name: read_goal(store, stored) for name, stored in known.items()}
    return State(held, namespace, source)


def import_state(
    store: PortableStore,
    state: State,
    *,
    goals: Sequence[str] = (),
    namespace: str | None = None,
) -> list[str]:
    """Put exported evidence into goals that hold none, every integer as it was.

    Args:
        store: The store.
        state: What was exported.
        goals: Goals of the state; none: all.
        namespace: The tenant to put them into; None: the one that they are from.

    Returns:
        The goals.

    Raises:
        ConfigurationError: If a goal holds evidence already or fades by another half-life, or the
            state lacks one of the goals; nothing is changed then.
        StoreError: If the store fails. Goals that come later in the state may be missing then.
    """
    wanted = _placed(state, goals, namespace)
    _refuse_full(store, wanted)
    for stored, evidence in wanted.items():
        _refuse_other_clock(stored, evidence, store.declare(stored, evidence.half_life))
        store.absorb(stored, evidence, state.export_id)
    return [split_goal(stored)[1] for stored in wanted]


def merge_state(
    store: PortableStore,
    state: State,
    *,
    goals: Sequence[str] = (),
    namespace: str | None = None,
    now_ms: int | None = None,
) -> dict[str, bool]:
    """Add exported evidence to whatever goals hold, at the weight that it has now.

    Args:
        store: The store.
        state: What was exported.
        goals: Goals of the state; none: all.
        namespace: The tenant to add them to; None: the one that they are from.
        now_ms: Now, milliseconds since 1970; None asks the clock.

    Returns:
        Whether its evidence was added, by goal: False if it had been before.

    Raises:
        ConfigurationError: If the state lacks one of the goals.
        StoreError: If the store fails; to merge again adds what is missing.
    """
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    added: dict[str, bool] = {}
    for stored, evidence in _placed(state, goals, namespace).items():
        in_force = store.declare(stored, evidence.half_life)
        rebased = evidence.rebased(in_force, read_goal(store, stored), now_ms)
        added[split_goal(stored)[1]] = store.absorb(stored, rebased, state.export_id)
    return added


def arms_named(
    evidence: GoalEvidence, bucket: str | None = None, path: str | None = None
) -> list[ArmName]:
    """Return the arms of a goal that are in a bucket and of a path; None: of any.

    Raises:
        ConfigurationError: If the goal knows no such bucket or path.
    """
    arms = sorted(
        {
            ArmName(name, known, held.epochs.get(known, 0))
            for name, held in evidence.buckets.items()
            if not is_book(name)
            for known in {*held.epochs, *(key.path for key in held.arms)}
        }
    )
    _check_known(bucket, {arm.bucket for arm in arms}, "bucket")
    _check_known(path, {arm.path for arm in arms}, "path")
    return [arm for arm in arms if bucket in (None, arm.bucket) and path in (None, arm.path)]


def reset_arms(store: Store, stored: str, arms: Sequence[ArmName]) -> None:
    """Let arms begin anew: each goes on in the epoch after its present one; see ``Router.reset``.

    Outcomes of requests that were decided before are counted in the old epoch, whenever they
    arrive, and costs stay known.

    Raises:
        StoreError: If the store fails; some may have begun anew.
    """
    for arm in arms:
        store.open_epoch(stored, arm.bucket, arm.path, arm.epoch + 1)


def _placed(state: State, goals: Sequence[str], namespace: str | None) -> dict[str, GoalEvidence]:
    """Return the wanted evidence of a state by the names that its goals are stored under."""
    tenant = state.namespace if namespace is None else namespace
    chosen = _chosen(state.goals, goals, "the file")
    return {stored_goal(tenant, name): evidence for name, evidence in chosen.items()}


def _refuse_full(store: PortableStore, wanted: Mapping[str, GoalEvidence]) -> None:
    known = {goal for stored in wanted for goal in store.goals(split_goal(stored)[0])}
    full: list[str] = []
    for stored, evidence in wanted.items():
        if stored not in known:
            continue
        held = read_goal(store, stored)
        if any(bucket.arms for bucket in held.buckets.values()):
            full.append(split_goal(stored)[1])
        else:
            _refuse_other_clock(stored, evidence, held.half_life)
    if full:
        raise ConfigurationError(
            f"these goals hold evidence already: {_listed(full)}. Nothing was imported. To add the "
            "file to what they hold, merge it: armwise state merge FILE --store URL"
        )


def _refuse_other_clock(stored: str, evidence: GoalEvidence, in_force: object) -> None:
    if in_force != evidence.half_life:
        shown = "never" if in_force is None else in_force
        wanted = half_life_name(evidence.half_life)
        raise ConfigurationError(
            f"goal {split_goal(stored)[1]!r} fades by a half-life of {shown} in this store, the "
            f"file by {wanted}: its integers cannot be taken as they are. Merge it instead "
            f"(armwise state merge), or first: armwise state reset --half-life {wanted}"
        )


def _chosen(known: Mapping[str, _Held], goals: Sequence[str], where: str) -> dict[str, _Held]:
    """Return the goals that are meant, all if none is named."""
    missing = [goal for goal in goals if goal not in known]
    if missing:
        raise ConfigurationError(
            f"{where} does not hold goal {missing[0]!r}. It holds: {_listed(sorted(known))}."
        )
    return {goal: known[goal] for goal in goals or known}


def _check_known(name: str | None, known: set[str], what: str) -> None:
    if name is not None and name not in known:
        listed = f"Known: {_listed(sorted(known))}." if known else "None is known yet."
        raise ConfigurationError(f"{what} {name!r} is not known. {listed}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"
