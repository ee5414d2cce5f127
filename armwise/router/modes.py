"""Modes: what a Router does with its choices, and how it steps back from them."""

import math
from collections.abc import Sequence
from typing import cast

from armwise.engine import MODES, Engine, Mode, Path, RolloutPlan, path_named
from armwise.errors import ConfigurationError


def plan_of(
    paths: Sequence[Path],
    mode: object,
    default_path: str | None,
    *,
    canary_share: object,
    shadow_share: object,
    guard_margin: object,
) -> RolloutPlan:
    """Return what the user wants done with choices.

    Raises:
        ConfigurationError: If the mode is unknown, the default path is missing, unknown or has no
            meaning, or a number cannot be used.
    """
    if mode not in MODES:
        known = ", ".join(map(repr, MODES))
        raise ConfigurationError(f"mode must be one of {known}, got {mode!r}.")
    _check_share(
        "canary_share",
        canary_share,
        can_be_all=False,
        instead="0 is mode='observe', 1 is mode='apply', which has nothing to compare with",
    )
    _check_share("shadow_share", shadow_share, can_be_all=True, instead="0 is mode='observe'")
    if not _is_number(guard_margin) or not 0.0 <= cast("float", guard_margin) < 1.0:
        raise ConfigurationError(
            f"guard_margin must be a number from 0 to below 1, got {guard_margin!r}. 0.02 sends a "
            "canary back once it is surely more than two points worse than the default path."
        )
    if mode == "apply":
        if default_path is not None:
            raise ConfigurationError(
                f"default_path={default_path!r} has no meaning with mode='apply', which serves "
                "what is chosen to every request: remove it, or keep a few requests on it to "
                "compare with: mode='canary', canary_share=0.98."
            )
        return RolloutPlan()
    if default_path is None:
        raise ConfigurationError(
            f"mode={mode!r} needs the path that is served where the choice is not: name it with "
            "default_path=."
        )
    return RolloutPlan(
        cast("Mode", mode),
        path_named(paths, default_path, "default_path").name,
        cast("float", canary_share),
        cast("float", shadow_share),
        cast("float", guard_margin),
    )


class Modes:
    """What a Router can do about its own mode."""

    _engine: Engine

    @property
    def mode(self) -> Mode:
        """The mode in force: "observe" after a canary went back to the default path by itself."""
        return self._engine.rollout.mode

    def resume(self) -> bool:
        """Go back to the mode that the Router was built with, after it left it by itself.

        The comparison with the default path begins anew, from this process's next requests.

        Returns:
            Whether it had left it; if not, nothing changes.
        """
        return self._engine.rollout.resume()


def _check_share(name: str, value: object, *, can_be_all: bool, instead: str) -> None:
    most = 1.0 if can_be_all else math.nextafter(1.0, 0.0)
    if _is_number(value) and 0.0 < cast("float", value) <= most:
        return
    limits = "above 0 and at most 1" if can_be_all else "above 0 and below 1"
    raise ConfigurationError(
        f"{name} must be a share of the requests {limits}, got {value!r}: {instead}."
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
