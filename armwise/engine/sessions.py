"""Conversations: the price of a lost prompt cache, weighed into every change of the path.

Providers keep the prompt of a call for some minutes and read it again at a fraction of its price.
The next turn of a conversation repeats that prompt, so on any other path it costs the difference
more. That difference is added to what the other paths are expected to cost, and the rule decides as
always: it leaves the path for a gain that is worth more, and for no other.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

from armwise.adapters import Usage
from armwise.engine.choice import Choice, in_order
from armwise.engine.costs import PathPrices
from armwise.storage.forking import register

CACHE_S = 300.0
"""How long after a call a prompt is taken to be kept: the shortest time that OpenAI (5 to 10
minutes without use) and Anthropic (5 minutes) document for their caches."""

LEAST_CACHED_TOKENS = 1024
"""Shorter prompts are not kept, as OpenAI and Anthropic document for most of their models."""

MOST_SESSIONS = 10_000
"""Conversations that are remembered, about 300 bytes each; the one unused for longest goes."""


class Turn(NamedTuple):
    """The last turn of a conversation.

    Attributes:
        path: Who answered it.
        prompt_tokens: How many tokens its prompt had.
        tokens: How many of them its provider keeps.
        at_s: When, seconds since 1970.
    """

    path: str
    prompt_tokens: int
    tokens: int
    at_s: float


class Sessions:
    """The conversations of this process; safe to share among threads and forks.

    Args:
        prices: What tokens cost, cached ones and others.
        most: How many conversations are remembered.
    """

    def __init__(self, prices: PathPrices, most: int = MOST_SESSIONS) -> None:
        self._prices = prices
        self._most = most
        self._turns: OrderedDict[str, Turn] = OrderedDict()
        self._lock = threading.Lock()
        register(self)

    def answered(self, session_id: str, path: str, usage: Usage | None, now_s: float) -> None:
        """Take notice of who has answered a turn, and of the prompt that is kept there now."""
        sent = 0 if usage is None else usage.input_tokens
        with self._lock:
            before = self._turns.get(session_id)
            is_uncached = before is not None and _is_uncached(before, path, usage, now_s)
            is_kept = sent >= LEAST_CACHED_TOKENS and not is_uncached
            self._turns[session_id] = Turn(path, sent, sent if is_kept else 0, now_s)
            self._turns.move_to_end(session_id)
            if len(self._turns) > self._most:
                self._turns.popitem(last=False)

    def weighed(self, session_id: str, now_s: float, choice: Choice) -> Choice:
        """Return the choice with the price of leaving the conversation's path."""
        turn = self._turns.get(session_id)
        arms, may = choice.arms, choice.may
        if turn is None or now_s - turn.at_s >= CACHE_S or turn.path not in arms.names:
            return choice
        held = arms.names.index(turn.path)
        loss_usd = turn.tokens * self._prices.cached_saving_usd(turn.path)
        if loss_usd <= 0.0 or held not in may.among:
            return choice
        dearer = [
            cost_usd if index == held else cost_usd + loss_usd
            for index, cost_usd in enumerate(arms.costs_usd)
        ]
        weighed = in_order(choice, dearer)
        alone = choice.objective.choose(arms, choice.draws, may.among)
        chosen = weighed.objective.choose(weighed.arms, weighed.draws, weighed.may.among)
        names = arms.names[alone], weighed.arms.names[chosen]
        said = _said(turn, loss_usd, *names)
        note = f"{may.note}; {said}" if may.note else said
        return weighed._replace(may=weighed.may._replace(note=note))

    def before_fork(self) -> None:
        """Wait until no turn is being noted."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child knows the conversations of the parent."""
        self._lock.release()


def _is_uncached(before: Turn, path: str, usage: Usage | None, now_s: float) -> bool:
    """Return whether a prompt that should have been kept was not read from any cache.

    Some providers keep only what a call marks, which cannot be seen before.
    """
    is_recent = before.path == path and now_s - before.at_s < CACHE_S
    is_cached = usage is not None and usage.cached_input_tokens + usage.cache_write_tokens > 0
    return is_recent and before.prompt_tokens >= LEAST_CACHED_TOKENS and not is_cached


def _said(turn: Turn, loss_usd: float, alone: str, chosen: str) -> str:
    price = f"${loss_usd:.6f} for {turn.tokens} cached prompt tokens"
    if chosen != turn.path:
        return f"the conversation leaves {turn.path}: that is worth more than {price}"
    if alone != chosen:
        return f"the conversation stays on {turn.path}: {alone} is not worth {price}"
    return f"the conversation goes on on {turn.path}; leaving it would lose {price}"
