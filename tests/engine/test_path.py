"""Paths: what a user may write, and what is refused with which words."""

from typing import Any

import pytest

from armwise.adapters import Price
from armwise.engine import Path, parse_paths
from armwise.errors import ConfigurationError


def test_the_three_ways_to_write_a_path_are_equal() -> None:
    """A name, a dict and a Path make the same path."""
    written = ["openai/gpt-4o", {"model": "openai/gpt-4o"}, Path("openai/gpt-4o")]

    parsed = [parse_paths([path])[0] for path in written]

    assert parsed == [Path(model="openai/gpt-4o", name="openai/gpt-4o")] * 3


def test_two_paths_may_share_a_model_under_two_names() -> None:
    """A path is a model and its parameters."""
    paths = parse_paths(
        [
            {"model": "openai/gpt-4o", "name": "cold", "params": {"temperature": 0}},
            {"model": "openai/gpt-4o", "name": "warm", "params": {"temperature": 1}},
        ]
    )

    assert [path.name for path in paths] == ["cold", "warm"]


def test_a_declared_price_is_per_million_tokens() -> None:
    """Dollars per million tokens become dollars per token."""
    path = Path("m", input_usd_per_mtok=2.5, output_usd_per_mtok=10, cached_input_usd_per_mtok=1)

    assert path.declared_price == Price(2.5e-6, 1e-5, 1e-6)
    assert Path("m").declared_price is None


@pytest.mark.parametrize(
    ("paths", "hint"),
    [
        ([], "empty"),
        ("openai/gpt-4o", "must be a list, got str"),
        ({"model": "m"}, "must be a list, got dict"),
        (None, "got NoneType"),
        ([7], r"paths\[0\] must be a model name.*7"),
        ([""], "model must be a name"),
        ([{"weight": 0.5}], "has no 'model'"),
        ([{"model": "m", "wieght": 0.5}], "Did you mean 'weight'"),
        ([{"model": "m", "temperature": 0}], "go into 'params'"),
        ([f"m{number}" for number in range(256)], "256 paths are too many"),
        (["m", "m"], r"paths\[0\] and paths\[1\] are both named 'm'"),
        ([{"model": "m", "weight": 1.5}], "weight must be a number from 0 to 1, got 1.5"),
        ([{"model": "m", "params": "x"}], "params must be a dict"),
        ([{"model": "m", "params": {"max_retries": 3}}], "one attempt per path"),
        ([{"model": "m", "params": {"input_cost_per_token": 1}}], "declare input_usd_per_mtok"),
        ([{"model": "m", "input_usd_per_mtok": 1}], "declare both"),
        ([{"model": "m", "input_usd_per_mtok": -1, "output_usd_per_mtok": 1}], "got -1"),
        ([{"model": "m", "timeout_s": 0}], "seconds above 0 and up to 1e\\+07, got 0"),
        ([{"model": "m", "name": "n" * 256}], "at most 255 bytes"),
        ([{"model": "m", "name": "a\nb"}], "printable"),
    ],
)
def test_a_path_that_cannot_work_is_refused(paths: Any, hint: str) -> None:
    """The error names the value and what to write instead."""
    with pytest.raises(ConfigurationError, match=hint):
        parse_paths(paths)


def test_a_paths_parameters_are_not_shown() -> None:
    """Keys in params do not reach a log by way of repr."""
    assert "sk-secret" not in repr(Path("m", params={"api_key": "sk-secret"}))
