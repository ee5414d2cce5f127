"""The router that people write by hand before they measure: fixed thresholds on a score.

It ships as the baseline that every benchmark compares with, and for those who want it. It does
not explore and it does not learn per bucket: only the middle of the scale looks at outcomes, and
only at one success rate per model.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from armwise.adapters import Adapter, Call, LiteLLMAdapter, usage_of
from armwise.bandit.complexity import (
    COMPLEX_FROM,
    HIGHEST_SCORE,
    SIMPLE_UP_TO,
    length_points,
    reasoning_points,
    structure_points,
    task_points,
)
from armwise.engine import Path, PathPrices, parse_paths, refuse_owned_params
from armwise.errors import ConfigurationError, InvalidMessagesError

DEFAULT_MODELS = ("openai/gpt-4o-mini", "openai/gpt-4o")
TRUSTED_RATE = 0.85
TRUSTED_SUCCESSES = 10
NEUTRAL_RATE = 0.5


class CompletionMetadata(TypedDict):
    """How a prompt was answered."""

    model: str
    complexity_score: int
    task_type: str
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    latency_ms: float


class CompletionResult(TypedDict):
    """An answer's text, and how it came about."""

    response: str
    metadata: CompletionMetadata


@dataclass(frozen=True, slots=True)
class ModelTally:
    """What was seen of one model.

    Args:
        calls: Completed calls.
        cost_usd: Sum of the known costs in US dollars.
        unpriced: Calls whose cost is not known.
        successes: Reported successes.
        failures: Reported failures.
    """

    calls: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    successes: int = 0
    failures: int = 0

    @property
    def success_rate(self) -> float:
        """Share of reported successes, 0.5 before any report."""
        reports = self.successes + self.failures
        return self.successes / reports if reports else NEUTRAL_RATE


class TaskComplexityRouter:
    """Sends simple prompts to the cheapest model and complex ones to the strongest.

    A score up to 3 goes to the first model, from 6 to the last. Between them, the first model
    with a success rate of at least 0.85 over at least 10 successes is trusted, else the last one
    answers. All these numbers are fixed.

    Args:
        models: Names, dicts or ``Path``, from the cheapest to the strongest.
        adapter: How providers are called; default LiteLLM.

    Raises:
        ConfigurationError: If a model cannot be used.
    """

    def __init__(
        self,
        models: Iterable[str | Mapping[str, Any] | Path] = DEFAULT_MODELS,
        *,
        adapter: Adapter | None = None,
    ) -> None:
        self._paths = parse_paths(models)
        self._adapter: Adapter = adapter or LiteLLMAdapter()
        self._prices = PathPrices(self._paths, self._adapter.info)
        self._tallies = {path.name: ModelTally() for path in self._paths}
        self._lock = threading.Lock()

    def score_complexity(self, prompt: str, task_type: str = "general") -> int:
        """Return 0 (trivial) to 10 (demanding), from the whole prompt and its task type.

        Args:
            prompt: The prompt's text.
            task_type: Kind of task; see ``armwise.bandit.complexity``.
        """
        lowered = prompt.lower()
        points = length_points(len(prompt.split())) + task_points(task_type)
        points += structure_points(lowered) + reasoning_points(lowered)
        return min(HIGHEST_SCORE, points)

    def select_model(self, score: float) -> str:
        """Return the name of the model for a score of 0 to 10."""
        if score <= SIMPLE_UP_TO:
            return self._paths[0].name
        if score < COMPLEX_FROM:
            for path in self._paths[:-1]:
                tally = self._tallies[path.name]
                trusted = tally.success_rate >= TRUSTED_RATE
                if trusted and tally.successes >= TRUSTED_SUCCESSES:
                    return path.name
        return self._paths[-1].name

    def complete(
        self,
        prompt: str,
        task_type: str = "general",
        system_prompt: str | None = None,
        **kwargs: Any,
    ) -> CompletionResult:
        """Answer a prompt by the model that its score selects.

        Args:
            prompt: The prompt's text.
            task_type: Kind of task.
            system_prompt: Sent before the prompt, and not scored.
            **kwargs: Parameters for the provider.

        Returns:
            The answer's text under "response", and "metadata". An unknown price is None.

        Raises:
            InvalidMessagesError: If the prompt is empty or no text.
            Exception: The provider's error; there is no fallback.
        """
        if not isinstance(prompt, str) or not prompt.strip():
            raise InvalidMessagesError(
                f"prompt must be non-empty text, got {type(prompt).__name__}."
            )
        refuse_owned_params(kwargs, "a call")
        score = self.score_complexity(prompt, task_type)
        name = self.select_model(score)
        path = next(path for path in self._paths if path.name == name)
        messages = [{"role": "user", "content": prompt}]
        if system_prompt is not None:
            messages.insert(0, {"role": "system", "content": system_prompt})
        started_s = time.perf_counter()
        response = self._adapter.complete(
            Call(path.model, messages, {**path.params, **kwargs}, path.timeout_s)
        )
        latency_s = time.perf_counter() - started_s
        usage = usage_of(response)
        cost_usd = self._prices.cost_usd(name, usage)
        self._count_call(name, cost_usd)
        return {
            "response": response.choices[0].message.content or "",
            "metadata": {
                "model": name,
                "complexity_score": score,
                "task_type": task_type,
                "input_tokens": usage.input_tokens if usage else 0,
                "output_tokens": usage.output_tokens if usage else 0,
                "cost_usd": cost_usd,
                "latency_ms": latency_s * 1000,
            },
        }

    def report_outcome(self, model: str, success: bool) -> None:
        """Count a success or failure of a model.

        Raises:
            ConfigurationError: If the model is not one of this router's, or success no bool.
        """
        if not isinstance(success, bool):
            raise ConfigurationError(f"success must be True or False, got {success!r}.")
        with self._lock:
            tally = self._tallies.get(model)
            if tally is None:
                known = ", ".join(map(repr, self._tallies))
                raise ConfigurationError(f"unknown model {model!r}. Known: {known}.")
            self._tallies[model] = replace(
                tally,
                successes=tally.successes + success,
                failures=tally.failures + (not success),
            )

    def cost_report(self) -> dict[str, Any]:
        """Return calls, cost and success rate per model, and the totals.

        ``always_strongest_usd`` estimates what the same calls would have cost on the last model,
        by its own mean cost per call; None until it has been called.
        """
        with self._lock:
            tallies = dict(self._tallies)
        total_usd = sum(tally.cost_usd for tally in tallies.values())
        calls = sum(tally.calls for tally in tallies.values())
        strongest = tallies[self._paths[-1].name]
        priced = strongest.calls - strongest.unpriced
        always_usd = strongest.cost_usd / priced * calls if priced else None
        return {
            "calls": calls,
            "total_cost_usd": total_usd,
            "always_strongest_usd": always_usd,
            "saved_usd": None if always_usd is None else always_usd - total_usd,
            "models": {
                name: {
                    "calls": tally.calls,
                    "cost_usd": tally.cost_usd,
                    "unpriced_calls": tally.unpriced,
                    "success_rate": tally.success_rate,
                    "reports": tally.successes + tally.failures,
                }
                for name, tally in tallies.items()
            },
        }

    def _count_call(self, name: str, cost_usd: float | None) -> None:
        with self._lock:
            tally = self._tallies[name]
            self._tallies[name] = replace(
                tally,
                calls=tally.calls + 1,
                cost_usd=tally.cost_usd + (cost_usd or 0.0),
                unpriced=tally.unpriced + (cost_usd is None),
            )
