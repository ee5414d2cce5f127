"""What a call costs.

Costs are computed here, from price and usage. LiteLLM's own cost function answers 0.0 for some
unknown models, and a price passed with a call changes its global table for later calls.
"""

import math
from dataclasses import dataclass

from armwise.adapters.usage import Usage
from armwise.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Price:
    """List price of a model, in US dollars per token.

    Args:
        input_usd: Per input token.
        output_usd: Per output token, reasoning included.
        cached_input_usd: Per input token read from the provider's prompt cache; None: as input.
        cache_write_usd: Per input token written to that cache; None: as input.
    """

    input_usd: float
    output_usd: float
    cached_input_usd: float | None = None
    cache_write_usd: float | None = None

    def __post_init__(self) -> None:
        for value in (self.input_usd, self.output_usd, self.cached_input_usd, self.cache_write_usd):
            if value is not None and not 0.0 <= value < math.inf:
                raise ConfigurationError(
                    f"a price must be US dollars per token, 0 or more, got {self!r}."
                )

    def cost_usd(self, usage: Usage) -> float:
        """Return what a call with this usage costs, in US dollars."""
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        read_usd = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        write_usd = self.input_usd if self.cache_write_usd is None else self.cache_write_usd
        return (
            max(0, plain) * self.input_usd
            + usage.cached_input_tokens * read_usd
            + usage.cache_write_tokens * write_usd
            + usage.output_tokens * self.output_usd
        )
