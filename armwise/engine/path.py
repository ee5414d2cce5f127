"""A path: a model, the parameters it is called with, and what is known of it beforehand."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeGuard

from armwise.adapters import CAPABILITIES, Price
from armwise.bandit import Beta
from armwise.errors import ConfigurationError

MAX_NAME_BYTES = 255
"""Longest goal id and path name: both stand in every request id, length-prefixed by one byte."""

MAX_PATHS = 255
"""The number of an attempt is one byte of a request id."""

_DECLARE_PRICES = "declare input_usd_per_mtok and output_usd_per_mtok on the path"
_LONGEST_TIMEOUT_S = 1e7

_OWNED_PARAMS = {
    "fallbacks": "armwise falls back along its own ranking; list the models as paths",
    "max_retries": "armwise makes one attempt per path and then moves on",
    "messages": "messages belong to the call, not to the path",
    "model": "the model is the path's own field",
    "num_retries": "armwise makes one attempt per path and then moves on",
    "stream": "pass stream=True to completion()",
    "timeout": "write timeout_s",
    "timeout_s": "it is the path's own field, and an argument of completion()",
    "acompletion": "call router.acompletion()",
}


@dataclass(frozen=True, slots=True)
class Path:
    """One way to answer a request.

    Args:
        model: The model as LiteLLM names it, "provider/model".
        name: The path's own name, by which its evidence is kept; default: the model. Two paths
            may share a model if their names differ.
        weight: Prior belief about the success rate, in [0, 1], worth two observations. None: no
            opinion, Beta(1, 1). Not a share of the traffic.
        params: Parameters for the provider: temperature, api_base, api_key, ...
        input_usd_per_mtok: Price of a million input tokens in US dollars. Overrides the list.
        output_usd_per_mtok: Price of a million output tokens in US dollars.
        cached_input_usd_per_mtok: Price of a million input tokens read from the prompt cache.
        timeout_s: Longest time for one call on this path, in seconds.
        capabilities: What the path can do or cannot, such as ``{"vision": True}``
            (``armwise.adapters.CAPABILITIES``). Overrides the list; what neither says is allowed.
        max_input_tokens: Largest prompt that it takes, in tokens. Overrides the list.
        max_output_tokens: Longest answer that it gives, in tokens. Overrides the list.

    Raises:
        ConfigurationError: If a value cannot be used; the message says what to write.
    """

    model: str
    name: str = ""
    weight: float | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)  # may hold keys
    input_usd_per_mtok: float | None = None
    output_usd_per_mtok: float | None = None
    cached_input_usd_per_mtok: float | None = None
    timeout_s: float | None = None
    capabilities: Mapping[str, bool] = field(default_factory=dict[str, bool])
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigurationError(
                f"a path's model must be a name such as 'openai/gpt-4o-mini', got {self.model!r}."
            )
        if not self.name:
            object.__setattr__(self, "name", self.model)
        check_name(self.name, "a path's name")
        Beta.from_weight(self.weight)
        self._check_prices()
        check_timeout(self.timeout_s)
        self._check_limits()
        if not isinstance(self.params, Mapping):
            raise ConfigurationError(
                f"path {self.name!r}: params must be a dict such as {{'temperature': 0}}, "
                f"got {type(self.params).__name__}."
            )
        refuse_owned_params(self.params, f"path {self.name!r}: params")

    def _check_prices(self) -> None:
        for price in ("input_usd_per_mtok", "output_usd_per_mtok", "cached_input_usd_per_mtok"):
            value = getattr(self, price)
            if value is not None and not _is_amount(value):
                raise ConfigurationError(
                    f"path {self.name!r}: {price} must be US dollars per million tokens, 0 or "
                    f"more, got {value!r}."
                )
        if (self.input_usd_per_mtok is None) != (self.output_usd_per_mtok is None):
            raise ConfigurationError(
                f"path {self.name!r}: declare both input_usd_per_mtok and output_usd_per_mtok, "
                "or neither to use the list price."
            )

    def _check_limits(self) -> None:
        for limit in ("max_input_tokens", "max_output_tokens"):
            value = getattr(self, limit)
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            if value is not None and not (is_whole and value > 0):
                raise ConfigurationError(
                    f"path {self.name!r}: {limit} must be a whole number of tokens above 0, got "
                    f"{value!r}."
                )
        if not isinstance(self.capabilities, Mapping):
            raise ConfigurationError(
                f"path {self.name!r}: capabilities must be a dict such as {{'vision': True}}, got "
                f"{self.capabilities!r}."
            )
        for name, value in self.capabilities.items():
            if name not in CAPABILITIES or not isinstance(value, bool):
                raise ConfigurationError(
                    f"path {self.name!r}: capabilities cannot hold {name!r}: {value!r}. It maps "
                    f"these names to True or False: {', '.join(CAPABILITIES)}."
                )

    @property
    def prior(self) -> Beta:
        """The belief before any evidence."""
        return Beta.from_weight(self.weight)

    @property
    def declared_price(self) -> Price | None:
        """The price that the user declared, None if none was."""
        if self.input_usd_per_mtok is None or self.output_usd_per_mtok is None:
            return None
        cached = self.cached_input_usd_per_mtok
        return Price(
            self.input_usd_per_mtok / 1e6,
            self.output_usd_per_mtok / 1e6,
            None if cached is None else cached / 1e6,
        )


def parse_paths(paths: Iterable[str | Mapping[str, Any] | Path]) -> tuple[Path, ...]:
    """Return paths from what a user may write: names, dicts, or ``Path``.

    Raises:
        ConfigurationError: If there is none, a key is unknown, or two share a name.
    """
    if isinstance(paths, str | Mapping) or not isinstance(paths, Iterable):
        raise ConfigurationError(
            f"paths must be a list, got {type(paths).__name__}. "
            "Write paths=['openai/gpt-4o-mini', 'openai/gpt-4o']."
        )
    parsed = tuple(_parse_path(path, position) for position, path in enumerate(paths))
    if not parsed:
        raise ConfigurationError(
            "paths is empty. Write paths=['openai/gpt-4o-mini', 'openai/gpt-4o']."
        )
    if len(parsed) > MAX_PATHS:
        raise ConfigurationError(
            f"{len(parsed)} paths are too many: a request id tells at most {MAX_PATHS} apart."
        )
    seen: dict[str, int] = {}
    for position, path in enumerate(parsed):
        if path.name in seen:
            raise ConfigurationError(
                f"paths[{seen[path.name]}] and paths[{position}] are both named {path.name!r}. "
                "Remove one, or give each its own name=."
            )
        seen[path.name] = position
    return parsed


def _parse_path(path: str | Mapping[str, Any] | Path, position: int) -> Path:
    if isinstance(path, Path):
        return path
    if isinstance(path, str):
        return Path(model=path)
    if not isinstance(path, Mapping):
        raise ConfigurationError(
            f"paths[{position}] must be a model name, a dict or a Path, got {path!r}."
        )
    known = [path_field.name for path_field in fields(Path)]
    for key in path:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigurationError(
                f"paths[{position}] has an unknown key {key!r}.{hint} Known keys: "
                f"{', '.join(known)}. Parameters for the provider go into 'params'."
            )
    if "model" not in path:
        raise ConfigurationError(
            f"paths[{position}] has no 'model'. Write {{'model': 'openai/gpt-4o'}}."
        )
    return Path(**path)


def refuse_owned_params(params: Mapping[str, Any], where: str) -> None:
    """Refuse parameters that would undo what the router does, each with what to do instead.

    Raises:
        ConfigurationError: Naming the parameter.
    """
    for name in params:
        if not isinstance(name, str):
            raise ConfigurationError(f"{where} must have strings as keys, got {name!r}.")
        # LiteLLM's price parameters change its global table for every later call.
        instead = _DECLARE_PRICES if "cost_per_" in name else _OWNED_PARAMS.get(name)
        if instead is not None:
            raise ConfigurationError(f"{where} cannot hold {name!r}: {instead}.")


def check_name(name: object, what: str) -> None:
    """Refuse a name that is not text of 1 to 255 bytes.

    Raises:
        ConfigurationError: Naming the value.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigurationError(f"{what} must be a non-empty string, got {name!r}.")
    size = len(name.encode("utf-8", "surrogatepass"))
    if size > MAX_NAME_BYTES:
        raise ConfigurationError(
            f"{what} must be at most {MAX_NAME_BYTES} bytes, got {size}: {name[:40]!r}..."
        )
    if not name.isprintable():
        raise ConfigurationError(f"{what} must be printable text, got {name!r}.")


def check_timeout(timeout_s: object) -> None:
    """Refuse a timeout that is not a finite number of seconds above zero, or None.

    Raises:
        ConfigurationError: Naming the value.
    """
    if timeout_s is None or (_is_amount(timeout_s) and 0 < timeout_s <= _LONGEST_TIMEOUT_S):
        return
    raise ConfigurationError(
        f"timeout_s must be seconds above 0 and up to {_LONGEST_TIMEOUT_S:.0e}, got {timeout_s!r}."
    )


def _is_amount(value: object) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value < math.inf


def path_named(paths: Sequence[Path], name: object, what: str) -> Path:
    """Return the path of that name.

    Raises:
        ConfigurationError: If there is none; the message lists the names.
    """
    for path in paths:
        if path.name == name:
            return path
    names = ", ".join(repr(path.name) for path in paths)
    raise ConfigurationError(f"{what} {name!r} is not one of the paths. Known: {names}.")
