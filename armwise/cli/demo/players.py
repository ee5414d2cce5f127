"""The two played models: how often each is right, what it bills, how long it takes.

Whether a model gets a prompt right is settled by a hash of the seed, the model and the prompt, so
it is known for every request what the model that was not asked would have answered.
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from armwise.cli.demo.workload import Task
from armwise.testing.loopback import Behaviour, ChatRequest, Reply

# Tokens of a usual answer per kind of task; a model that works step by step bills its steps.
_OUTPUT_TOKENS = {"classification": 8, "extraction": 35, "reasoning": 75, "analysis": 130}
_OUTPUT_SPREAD = 0.25  # standard deviation of the logarithm; a guess
_LATENCY_SPREAD = 0.35  # as above
_CHARACTERS_PER_TOKEN = 4
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class PlayedModel:
    """A model as the demo plays it.

    Args:
        name: Its name on the server, and of its path.
        strength: Share of right answers per difficulty, 0..1.
        broken: The same after the model has degraded; None for a model that never does.
        input_usd_per_mtok: US dollars for a million input tokens.
        output_usd_per_mtok: US dollars for a million output tokens.
        latency_s: Median latency in seconds.
    """

    name: str
    strength: Mapping[str, float]
    broken: Mapping[str, float] | None
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    latency_s: float

    def cost_usd(self, reply: Reply) -> float:
        """Return what a reply of this model costs in US dollars."""
        sent, received = reply.input_tokens or 0, reply.output_tokens or 0
        return (sent * self.input_usd_per_mtok + received * self.output_usd_per_mtok) / 1e6


# Prices as OpenAI listed them for gpt-4o-mini and gpt-4o. Strengths and latencies are made up to
# look like such a pair: level on easy work, far apart on hard work. The server answers faster
# than a real one would, so that the demo takes seconds.
CHEAP = PlayedModel(
    "cheap",
    strength={"simple": 0.95, "medium": 0.93, "complex": 0.45},
    broken={"simple": 0.20, "medium": 0.20, "complex": 0.10},
    input_usd_per_mtok=0.15,
    output_usd_per_mtok=0.60,
    latency_s=0.04,
)
STRONG = PlayedModel(
    "strong",
    strength={"simple": 0.96, "medium": 0.95, "complex": 0.92},
    broken=None,
    input_usd_per_mtok=2.50,
    output_usd_per_mtok=10.0,
    latency_s=0.10,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Plays the models for one run.

    Args:
        seed: Settles who gets what right, and all token counts and latencies.
        breaks_at: Number of the first task that the degraded cheap model gets; None: it never
            degrades.
        has_latency: Let replies take time.
    """

    seed: int
    breaks_at: int | None
    has_latency: bool = True

    def reply(self, model: PlayedModel, task: Task) -> Reply:
        """Return what a model answers to a task: always the same in the same run."""
        strength = model.strength
        if model.broken and self.breaks_at is not None and task.number >= self.breaks_at:
            strength = model.broken
        is_right = self._uniform(model, task, "right") < strength[task.difficulty]
        received = _OUTPUT_TOKENS[task.task_type] * self._factor(
            model, task, "tokens", _OUTPUT_SPREAD
        )
        latency_s = model.latency_s * self._factor(model, task, "latency", _LATENCY_SPREAD)
        return Reply(
            text=task.right if is_right else task.wrong,
            input_tokens=-(-len(task.prompt) // _CHARACTERS_PER_TOKEN),
            output_tokens=max(1, round(received)),
            latency_s=latency_s if self.has_latency else 0.0,
        )

    def behaviours(self, tasks: Sequence[Task]) -> dict[str, Behaviour]:
        """Return the models as a server plays them; they find their task by its prompt."""
        by_prompt = {task.prompt: task for task in tasks}

        def played(model: PlayedModel) -> Callable[[ChatRequest], Reply]:
            return lambda request: self.reply(model, by_prompt[request.prompt])

        return {model.name: played(model) for model in (CHEAP, STRONG)}

    def _factor(self, model: PlayedModel, task: Task, what: str, spread: float) -> float:
        """Return a lognormal factor with median 1."""
        return math.exp(spread * _NORMAL.inv_cdf(self._uniform(model, task, what)))

    def _uniform(self, model: PlayedModel, task: Task, what: str) -> float:
        """Return a number between 0 and 1, both excluded, from a hash."""
        key = f"{self.seed}\0{what}\0{model.name}\0{task.prompt}".encode()
        drawn = int.from_bytes(hashlib.blake2b(key, digest_size=6).digest())
        return (drawn + 0.5) / 2**48
