"""Beliefs as plain records, for logs and JSON, and back."""

from collections.abc import Mapping

from armwise.bandit.belief import Belief
from armwise.bandit.logit import LogitNormal
from armwise.bandit.posterior import Beta
from armwise.errors import InvalidBeliefError


def belief_record(belief: Belief) -> dict[str, float]:
    """Return the parameters of a belief: alpha and beta, or location and scale.

    Raises:
        InvalidBeliefError: If it is of a shape that has no record.
    """
    if isinstance(belief, Beta):
        return {"alpha": belief.alpha, "beta": belief.beta}
    if isinstance(belief, LogitNormal):
        return {"location": belief.location, "scale": belief.scale}
    raise InvalidBeliefError(f"a {type(belief).__name__} cannot be written as a record.")


def read_belief(record: Mapping[str, float]) -> Belief:
    """Return the belief of a record.

    Raises:
        InvalidBeliefError: If the record is none, or its parameters make no belief.
    """
    for shape in (Beta, LogitNormal):
        names = tuple(shape.__dataclass_fields__)
        if set(record) == set(names):
            values = [record[name] for name in names]
            if all(type(value) in (int, float) for value in values):
                return shape(*map(float, values))
    raise InvalidBeliefError(
        "a belief is written as {'alpha': ..., 'beta': ...} or {'location': ..., 'scale': ...}, "
        f"got {dict(record)!r}."
    )
