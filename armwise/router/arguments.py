"""Checks of a Router's own arguments: each error names the value and what to write instead."""

from collections.abc import Sequence
from datetime import timedelta
from numbers import Integral
from typing import Literal, cast

from armwise.adapters import Adapter, CallableAdapter, LiteLLMAdapter
from armwise.bandit import Budget, Utility, stored_score
from armwise.engine import (
    Escalate,
    LocalStore,
    ProcessStore,
    SharedStore,
    Signer,
    Silence,
    SpendCap,
    check_name,
    environment_signer,
    open_store,
)
from armwise.errors import ConfigurationError
from armwise.storage import MAX_AGE_S, LocalEvidence, Store


def opened_store(
    store: str | LocalStore | None, delivery: Literal["background", "sync"]
) -> LocalStore:
    """Return the store that was given, or the one that a URL or the environment names.

    Raises:
        ConfigurationError: If it is neither a known URL nor a store.
    """
    if store is None or isinstance(store, str):
        return open_store(store, delivery=delivery)
    if delivery != "background":
        raise ConfigurationError(
            f"delivery={delivery!r} belongs to a store that the Router opens by its URL; give it "
            "to open_store() instead."
        )
    if isinstance(store, Store) and not isinstance(store, LocalEvidence):
        raise ConfigurationError(
            f"store {type(store).__name__} has to be asked over a wire: wrap it as open_store() "
            "does, armwise.engine.shared.SharedStore(store, name, directory)."
        )
    methods = (
        "declare",
        "apply",
        "evidence",
        "open_epoch",
        "version",
        "bucket",
        "goal_version",
        "snapshot",
        "close",
    )
    if not isinstance(store, type) and all(hasattr(store, method) for method in methods):
        return store
    raise ConfigurationError(f"store must be a URL such as 'memory://' or a store, got {store!r}.")


def signer_of(store: LocalStore, namespace: str) -> Signer:
    """Return what signs the request ids of a tenant: the key is the environment's or the store's.

    Raises:
        ConfigurationError: If ``ARMWISE_SIGNING_KEY`` could be guessed.
    """
    if isinstance(store, SharedStore | ProcessStore):
        return store.signer(namespace)
    return environment_signer() or Signer()


def check_escalation(escalate: Escalate | None, *, is_checked: bool, mode: str) -> None:
    """Refuse to try again what is never checked, or in a mode that serves one path.

    Raises:
        ConfigurationError: Saying what to write.
    """
    if escalate is None or escalate.max_attempts == 1:
        return
    if not is_checked:
        raise ConfigurationError(
            "escalate= tries again when a check fails, but success_when=None checks nothing: say "
            "how success shows in an answer, such as success_when=\"json['company']\"."
        )
    if mode in ("observe", "shadow"):
        raise ConfigurationError(
            f"escalate= cannot be used with mode={mode!r}, which serves one path whatever is "
            "chosen: leave it out until mode='canary' or mode='apply'."
        )


def check_seed(seed: object) -> None:
    """Refuse a seed that is not a whole number from 0, or None.

    Raises:
        ConfigurationError: Naming the value.
    """
    is_whole = isinstance(seed, Integral) and not isinstance(seed, bool)
    if seed is None or (is_whole and int(cast("int", seed)) >= 0):
        return
    raise ConfigurationError(f"seed must be a whole number from 0, or None, got {seed!r}.")


def check_objective(objective: object) -> None:
    """Refuse an objective that cannot choose.

    Raises:
        ConfigurationError: Naming the value.
    """
    if objective is None or (
        callable(getattr(objective, "choose", None)) and not isinstance(objective, type)
    ):
        return
    raise ConfigurationError(
        f"objective must be a rule such as CheapestWithin(0.02) or BestQuality(), got "
        f"{objective!r}."
    )


def check_model(model: object) -> None:
    """Refuse a model of beliefs that cannot be fitted, or None.

    Raises:
        ConfigurationError: Naming the value.
    """
    names = ("fit", "name", "noise", "borrows")
    if model is None or (
        not isinstance(model, type) and all(hasattr(model, name) for name in names)
    ):
        return
    raise ConfigurationError(
        "beliefs must be a model such as Hierarchical(), Pooled() or Independent() of "
        f"armwise.bandit.models, got {model!r}."
    )


def check_prices(
    objective: object,
    escalate: Escalate | None,
    cap: SpendCap | None,
    unknown: Sequence[str],
) -> None:
    """Refuse what weighs or caps money where a path's price is not known.

    Raises:
        ConfigurationError: Naming the paths.
    """
    weighs = objective.name if isinstance(objective, Utility | Budget) else ""
    if escalate is not None:
        weighs = "escalate="
    if cap is not None:
        weighs = "max_spend_usd="
    if unknown and weighs:
        raise ConfigurationError(
            f"{weighs} needs the price of every path, but none is known of "
            f"{', '.join(map(repr, unknown))}: declare input_usd_per_mtok and "
            "output_usd_per_mtok on the path, or use CheapestWithin(0.02) alone."
        )


def check_flag(name: str, value: object) -> None:
    """Refuse a switch that is neither on nor off.

    Raises:
        ConfigurationError: Naming the value.
    """
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False, got {value!r}.")


def as_adapter(adapter: object) -> Adapter:
    """Return the adapter that was given: LiteLLM for None, and one around any other callable.

    Raises:
        ConfigurationError: If it is neither an adapter nor a callable.
    """
    if adapter is None:
        return LiteLLMAdapter()
    methods = ("complete", "acomplete", "assemble", "has_finished", "info", "warmup")
    if not isinstance(adapter, type):
        if all(hasattr(adapter, method) for method in methods):
            return cast("Adapter", adapter)
        if callable(adapter):
            return CallableAdapter(adapter)
    raise ConfigurationError(
        "adapter must be a callable such as client.chat.completions.create, or have the methods "
        f"{', '.join(methods)}, as armwise.testing.ScriptedAdapter has; got {adapter!r}."
    )


def check_plugins(complexity: object, on_event: object) -> None:
    """Refuse plug-ins that cannot be called as they will be.

    Raises:
        ConfigurationError: Naming the value.
    """
    if complexity is not None and not callable(getattr(complexity, "assess", None)):
        raise ConfigurationError(
            f"complexity must have an assess method, as FourSignals() has, got {complexity!r}."
        )
    if on_event is not None and not callable(on_event):
        raise ConfigurationError(f"on_event must be a function of one event, got {on_event!r}.")


def silence(on_timeout: object, outcome_timeout: object) -> Silence | None:
    """Return what a request without an outcome means, None for nothing.

    Raises:
        ConfigurationError: If one of both cannot be used, or they do not fit.
    """
    if on_timeout == "ignore":
        if outcome_timeout is not None:
            raise ConfigurationError(
                f"outcome_timeout={outcome_timeout!r} has no meaning with on_timeout='ignore'; "
                "remove it, or say what silence means: on_timeout='failure'."
            )
        return None
    is_number = isinstance(on_timeout, int | float) and not isinstance(on_timeout, bool)
    if on_timeout != "failure" and not (is_number and 0 <= cast("float", on_timeout) <= 1):
        raise ConfigurationError(
            f"on_timeout must be 'ignore', 'failure' or a score from 0 to 1, got {on_timeout!r}."
        )
    if not isinstance(outcome_timeout, timedelta):
        raise ConfigurationError(
            f"on_timeout={on_timeout!r} needs outcome_timeout=, a timedelta such as "
            f"timedelta(hours=24), got {outcome_timeout!r}."
        )
    if not 0 < outcome_timeout.total_seconds() < MAX_AGE_S:
        raise ConfigurationError(
            f"outcome_timeout must be above 0 and below {MAX_AGE_S / 86400:.0f} days, for as long "
            f"as outcomes are accepted, got {outcome_timeout!r}."
        )
    score = 0 if on_timeout == "failure" else stored_score(cast("float", on_timeout))
    return Silence(score or 0, outcome_timeout.total_seconds())


def check_category(category: object) -> None:
    """Refuse a failure category that is not a short printable label, or None.

    Raises:
        ConfigurationError: Naming the value.
    """
    if category is not None:
        check_name(category, "category")
