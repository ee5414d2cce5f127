"""How one decision is served: by what was chosen, or by the default path."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Mode: TypeAlias = Literal["observe", "shadow", "canary", "apply"]
"""What a Router does with its choices.

"observe" serves the default path. "shadow" does too, and calls the chosen path beside it. "canary"
serves the choice to a share of the requests, the default path to the rest. "apply" serves it to
all.
"""

MODES: tuple[Mode, ...] = ("observe", "shadow", "canary", "apply")
"""From the most careful one on."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How one decision is served.

    The probability that a path is served is ``share`` times that of being chosen, plus
    ``1 - share`` if it is the default path.

    Args:
        mode: The mode in force.
        default_path: The path that is served where the choice is not followed; None in "apply".
        share: Share of the requests whose choice is followed, 0..1.
        is_followed: Whether that of this one is.
        is_shadowed: Whether the chosen path is to be called beside the served one.
    """

    mode: Mode = "apply"
    default_path: str | None = None
    share: float = 1.0
    is_followed: bool = True
    is_shadowed: bool = False


APPLIED = Serving()
"""What was chosen is served."""
