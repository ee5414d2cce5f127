"""What a policy would have achieved, estimated from what another one did.

Both estimators need the probability b with which the log's policy served what it served, and the
probability p with which the other policy would have served the same; w = p / b. They are right
if every path that the other policy wants had a chance in the log (b > 0 wherever p > 0), and if
outcomes are missing, where they are, for reasons that have nothing to do with how they ended.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDE = 1.959964
"""Standard errors to either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean per request, and how sure it is.

    Args:
        value: The estimate.
        standard_error: Its standard error; infinite where too little is known for one.
    """

    value: float
    standard_error: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value - _WIDE * self.standard_error

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value + _WIDE * self.standard_error


def doubly_robust_terms(
    weights: "NDArray[Any]",
    seen: "NDArray[Any]",
    expected_of_served: "NDArray[Any]",
    expected_of_policy: "NDArray[Any]",
) -> "NDArray[Any]":
    """Return what a model expects per request, corrected where the truth is known.

    The estimate is the mean of the terms ``m_policy + w (y - m_served)``. It is unbiased if the
    propensities are right, whatever the model says, and varies little if the model is good
    (Dudik, Langford and Li, ICML 2011, arXiv 1103.4601). Its interval treats the terms as
    independent. In the log of a policy that learns they are not quite: their sum is a martingale,
    and where propensities become small the interval is too narrow (Hadad et al., PNAS 2021,
    arXiv 1911.02768).

    Args:
        weights: w per request, shape (n,).
        seen: The outcome or cost y that was seen, shape (n,).
        expected_of_served: What the model expects of what was served, shape (n,).
        expected_of_policy: What it expects of the policy, the mean over its choices, shape (n,).
    """
    terms: NDArray[Any] = expected_of_policy + weights * (seen - expected_of_served)
    return terms


def self_normalised(weights: "NDArray[Any]", seen: "NDArray[Any]") -> Estimate | None:
    """Return the weighted mean of what was seen: sum of w y over sum of w (SNIPS).

    It needs no model, is a little biased in small samples, and never leaves the range of what was
    seen (Swaminathan and Joachims, NeurIPS 2015). The standard error is the delta method's.

    Args:
        weights: w per request, shape (n,).
        seen: The outcome or cost that was seen, shape (n,).

    Returns:
        The estimate; None if the policy would have served nothing of what was served.
    """
    total = float(weights.sum())
    if total <= 0.0:
        return None
    value = float(weights @ seen) / total
    return Estimate(value, math.sqrt(float(((weights * (seen - value)) ** 2).sum())) / total)


def effective_size(weights: "NDArray[Any]") -> float:
    """Return how many requests of the policy's own the weighted ones are worth.

    (sum of w) squared over the sum of w squared (Kish 1965): n if the policies agree.
    """
    squares = float((weights * weights).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0.0 else 0.0


def mean_of(terms: "NDArray[Any]") -> Estimate:
    """Return the mean of independent terms."""
    size = len(terms)
    error = float(terms.std(ddof=1)) / math.sqrt(size) if size > 1 else math.inf
    return Estimate(float(terms.mean()), error)


def saved_share(paid: "NDArray[Any]", instead: "NDArray[Any]") -> Estimate | None:
    """Return the share of a cost that another one saves, from pairs of the same requests.

    The standard error is the delta method's for a ratio of means.

    Args:
        paid: Cost per request, shape (n,).
        instead: Terms whose mean is the other cost, shape (n,).

    Returns:
        The estimate; None if nothing was paid.
    """
    mean = float(paid.mean())
    if mean <= 0.0:
        return None
    share = 1.0 - float(instead.mean()) / mean
    spread = mean_of((paid - instead - share * paid) / mean)
    return Estimate(share, spread.standard_error)
