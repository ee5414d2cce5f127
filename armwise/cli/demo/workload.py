"""The demo's requests: prompts with computed answers, and checks that read a reply's text."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar, cast

from armwise.cli.demo import prompts
from armwise.cli.demo.prompts import Computed, Fielded, Labelled

_Template = TypeVar("_Template")

_THINK = " Think step by step and end with the number alone."
_WEIGH = (
    " Compare the two possibilities, evaluate the pros and cons of each in one or two short "
    "sentences, and end with the one number that was asked for, without a unit."
)


@dataclass(frozen=True, slots=True)
class Task:
    """A request with its answer.

    Args:
        number: Its place in the run, from 0.
        task_type: The label that the router is given.
        difficulty: "simple", "medium" or "complex": what the played models find it.
        prompt: The text that is sent.
        right: A text that passes the check.
        wrong: A text as a model writes it that gets it wrong.
        check: Whether a text answers the prompt; it reads nothing but the text.
    """

    number: int
    task_type: str
    difficulty: str
    prompt: str
    right: str
    wrong: str
    check: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Draft:
    prompt: str
    right: str
    wrong: str
    check: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task.

    Args:
        task_type: The label that the router is given.
        difficulty: What the played models find it.
        share: Part of the requests, 0..1: mostly easy ones, as in the traffic of most products.
        draft: Makes one request.
    """

    task_type: str
    difficulty: str
    share: float
    draft: Callable[[Random], _Draft]


def tasks(count: int, seed: int) -> list[Task]:
    """Return so many different requests in a random order, the same ones for the same seed."""
    rng = Random(seed)  # noqa: S311 - a repeatable demo, no secret
    kinds = _shuffled_kinds(count, rng)
    seen: set[str] = set()
    drawn: list[Task] = []
    for number, kind in enumerate(kinds):
        draft = next(draft for draft in _drafts(kind, rng) if draft.prompt not in seen)
        seen.add(draft.prompt)
        drawn.append(
            Task(
                number,
                kind.task_type,
                kind.difficulty,
                draft.prompt,
                draft.right,
                draft.wrong,
                draft.check,
            )
        )
    return drawn


def _shuffled_kinds(count: int, rng: Random) -> list[Kind]:
    """Return the kind of each request; both halves of a run get the same mixture."""
    halves: list[Kind] = []
    for size in (count // 2, count - count // 2):
        half = [kind for kind in KINDS for _ in range(round(kind.share * size))][:size]
        half += [KINDS[0]] * (size - len(half))
        rng.shuffle(half)
        halves += half
    return halves


def _drafts(kind: Kind, rng: Random) -> Iterator[_Draft]:
    while True:
        yield kind.draft(rng)


def _slots(rng: Random) -> tuple[dict[str, int], dict[str, str]]:
    numbers = {name: rng.choice(values) for name, values in prompts.NUMBERS.items()}
    words = {name: rng.choice(values) for name, values in prompts.WORDS.items()}
    return numbers, words


def _classification(rng: Random, labelled: Labelled) -> _Draft:
    numbers, words = _slots(rng)
    label, text = rng.choice(labelled.texts)
    labels = sorted({other for other, _ in labelled.texts})
    wrong = rng.choice([other for other in labels if other != label])
    prompt = f"{labelled.question} Answer with one word.\n\n{text.format(**numbers, **words)}"
    return _Draft(
        prompt,
        f"{label.capitalize()}.",
        f"{wrong.capitalize()}.",
        lambda reply: _says(reply, label),
    )


def _says(reply: str, label: str) -> bool:
    return reply.strip().strip(".!\"'").lower() == label


def _extraction(rng: Random, fielded: Fielded) -> _Draft:
    numbers, words = _slots(rng)
    slots: dict[str, int | str] = {**numbers, **words}
    expected = {_KEY_NAMES.get(key, key): slots[key] for key in fielded.keys}
    right = json.dumps(expected)
    keys = ", ".join(expected)
    prompt = f"Extract as JSON with the keys {keys}:\n\n{fielded.text.format(**slots)}"
    last = next(reversed(expected))
    wrongs = (
        right[:-1],  # cut off
        json.dumps({key: value for key, value in expected.items() if key != last}),
        json.dumps(expected | {last: "unknown"}),
    )
    return _Draft(prompt, right, rng.choice(wrongs), lambda reply: _holds(reply, expected))


_KEY_NAMES = {"a": "age", "c": "count", "e": "degrees", "h": "euros", "n": "number"}


def _holds(reply: str, expected: dict[str, int | str]) -> bool:
    try:
        found: object = json.loads(reply)
    except ValueError:
        return False
    return found == expected


def _computed(rng: Random, computed: Computed, request: str, way: str) -> _Draft:
    numbers, words = _slots(rng)
    answer = computed.answer(numbers)
    # Slips as models make them: a carry, a unit, a step too many.
    slip = rng.choice((-10, -2, -1, 1, 2, 10, numbers["b"], numbers["c"]))
    return _Draft(
        computed.text.format(**numbers, **words) + request,
        f"{way}{answer}",
        f"{way}{answer + slip}",
        lambda reply: _ends_with(reply, answer),
    )


def _ends_with(reply: str, answer: int) -> bool:
    found = cast("list[str]", re.findall(r"-?\d+", reply))
    return bool(found) and int(found[-1]) == answer


def _drafter(
    templates: Sequence[_Template], draft: Callable[[Random, _Template], _Draft]
) -> Callable[[Random], _Draft]:
    return lambda rng: draft(rng, rng.choice(templates))


KINDS = (
    Kind("classification", "simple", 0.34, _drafter(prompts.CLASSIFICATIONS, _classification)),
    Kind("extraction", "simple", 0.28, _drafter(prompts.EXTRACTIONS, _extraction)),
    Kind(
        "reasoning",
        "medium",
        0.24,
        _drafter(
            (*prompts.ARITHMETIC, *prompts.WORD_PROBLEMS),
            lambda rng, one: _computed(rng, one, _THINK, "Taking the steps in order gives "),
        ),
    ),
    Kind(
        "analysis",
        "complex",
        0.14,
        _drafter(
            prompts.ANALYSES,
            lambda rng, one: _computed(rng, one, _WEIGH, "Having weighed both, the figure is "),
        ),
    ),
)
