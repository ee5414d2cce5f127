"""One request id retold by a store and a decision log, without the Router that made it."""

from dataclasses import dataclass
from pathlib import Path

from armwise.engine.decision_log import find_in_log
from armwise.engine.direct import DirectReports
from armwise.engine.recall import Explanation, Recall, from_log
from armwise.engine.request_id import Token, claimed
from armwise.engine.stats import ArmStats
from armwise.engine.stored_stats import arm_now
from armwise.errors import ConfigurationError, ForgedRequestIdError, UnknownKeyError
from armwise.storage import ArmKey, Store, read_goal, stored_goal


@dataclass(frozen=True, slots=True)
class StoredExplanation:
    """What is known of one request.

    Args:
        token: What the id says, true or not.
        refusal: Why the signature is not good; "" if it is.
        arm: The arm that was played, as its evidence is now, in the epoch of the id.
        epoch: The arm's present epoch.
        logged: What the decision log holds; None if none was given.
    """

    token: Token
    refusal: str
    arm: ArmStats
    epoch: int
    logged: Explanation | None


def explain_stored(
    request_id: str, store: Store, now_ms: int, log: Path | None = None
) -> StoredExplanation:
    """Return what a store and a decision log know of a request.

    Args:
        request_id: The id; one that is not genuine is told as well, and marked.
        store: The store.
        now_ms: Now, milliseconds since 1970.
        log: A decision log; None: none.

    Raises:
        MalformedRequestIdError: If it is no request id at all.
        ConfigurationError: If the log cannot be read.
        StoreError: If the store fails.
    """
    token = claimed(request_id)
    refusal = ""
    try:
        DirectReports(store).signer(token.namespace).read(request_id)
    except (UnknownKeyError, ForgedRequestIdError) as error:
        refusal = str(error)
    key = ArmKey(token.bucket, token.path, token.earlier_failures, token.epoch)
    held = read_goal(store, stored_goal(token.namespace, token.goal_id))
    bucket = held.buckets.get(token.bucket)
    return StoredExplanation(
        token,
        refusal,
        arm_now(key, held, now_ms),
        0 if bucket is None else bucket.epochs.get(token.path, 0),
        None if log is None else _logged(token, log),
    )


def _logged(token: Token, log: Path) -> Explanation:
    try:
        found = find_in_log(log, token.nonce.hex())
    except OSError as error:
        raise ConfigurationError(
            f"{str(log)!r} cannot be read: {error.strerror}. Name the file that was given as "
            "Router(decision_log=...)."
        ) from None
    return from_log(Recall(1).explain(token), *found)
