"""Checks of a Router's own arguments: each error names the value and what to write instead."""

from numbers import Integral
from typing import cast

from armwise.engine import LocalStore, check_name
from armwise.errors import ConfigurationError
from armwise.storage import open_store

_LARGEST_AMOUNT = 1e9
"""A billion dollars or seconds for one call is a mistake, and would drown every real amount."""


def opened_store(store: str | LocalStore | None) -> LocalStore:
    """Return the store that was given, or the one that a URL or the environment names.

    Raises:
        ConfigurationError: If it is neither a known URL nor a store.
    """
    if store is None or isinstance(store, str):
        return open_store(store)
    methods = ("apply", "evidence", "open_epoch", "version", "bucket", "close")
    if not isinstance(store, type) and all(hasattr(store, method) for method in methods):
        return store
    raise ConfigurationError(f"store must be a URL such as 'memory://' or a store, got {store!r}.")


def is_observing(mode: str, default_path: str | None) -> bool:
    """Return whether the default path is served whatever is chosen.

    Raises:
        ConfigurationError: If the mode is unknown, or mode and default path do not fit.
    """
    if mode not in ("apply", "observe"):
        raise ConfigurationError(f"mode must be 'apply' or 'observe', got {mode!r}.")
    if mode == "observe" and default_path is None:
        raise ConfigurationError(
            "mode='observe' serves one fixed path: name it with default_path=."
        )
    if mode == "apply" and default_path is not None:
        raise ConfigurationError(
            f"default_path={default_path!r} is served only with mode='observe'; remove it or "
            "set the mode."
        )
    return mode == "observe"


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


def check_plugins(
    adapter: object, complexity: object, on_event: object, detect_changes: object
) -> None:
    """Refuse plug-ins that cannot be called as they will be.

    Raises:
        ConfigurationError: Naming the value.
    """
    methods = ("complete", "acomplete", "assemble", "has_finished", "info", "warmup")
    if adapter is not None and not all(hasattr(adapter, method) for method in methods):
        raise ConfigurationError(
            f"adapter must have the methods {', '.join(methods)}, got {adapter!r}. "
            "armwise.testing.ScriptedAdapter is one to look at."
        )
    if complexity is not None and not callable(getattr(complexity, "assess", None)):
        raise ConfigurationError(
            f"complexity must have an assess method, as FourSignals() has, got {complexity!r}."
        )
    if on_event is not None and not callable(on_event):
        raise ConfigurationError(f"on_event must be a function of one event, got {on_event!r}.")
    if not isinstance(detect_changes, bool):
        raise ConfigurationError(f"detect_changes must be True or False, got {detect_changes!r}.")


def check_category(category: object) -> None:
    """Refuse a failure category that is not a short printable label, or None.

    Raises:
        ConfigurationError: Naming the value.
    """
    if category is not None:
        check_name(category, "category")


def whole_units(value: float | None, what: str, units: float) -> int | None:
    """Return an amount in whole units (nano-dollars, microseconds), None for None.

    Raises:
        ConfigurationError: If it is negative, not finite, or no number.
    """
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < _LARGEST_AMOUNT:
        raise ConfigurationError(
            f"{what} must be a number from 0 to below {_LARGEST_AMOUNT:g}, got {value!r}."
        )
    return round(value * units)
