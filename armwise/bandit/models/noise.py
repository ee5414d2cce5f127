"""The check of a model's noise."""

from armwise.errors import ConfigurationError


def check_noise(noise: object) -> None:
    """Refuse a noise that is not in (0, 1].

    Raises:
        ConfigurationError: Naming the value.
    """
    if isinstance(noise, bool) or not isinstance(noise, int | float) or not 0.0 < noise <= 1.0:
        raise ConfigurationError(
            f"noise must be above 0 and at most 1, got {noise!r}. 1 is plain Thompson sampling, "
            "0.5 explores with half the standard deviation."
        )


_YOUNG_OUTCOMES = 500
_MATURE_OUTCOMES = 2_000


def matured(noise: float, outcomes: float) -> float:
    """Return the noise of a bucket that has seen so many outcomes: full in the end.

    Little traffic does not pay for much exploration, so a young bucket samples with its model's
    noise. For ever, less than the full noise would leave some buckets with the wrong arm for good;
    so it grows to 1, which is Thompson sampling, between 500 and 2,000 outcomes. The bounds are
    judgements: buckets of the replayed sets, whose figures decided on the model's noise, hold
    fewer than 750 outcomes, and the part "routing" of the regret benchmark plays 10,000.

    Args:
        noise: The model's own, in (0, 1].
        outcomes: Outcomes that the bucket has seen.
    """
    share = (outcomes - _YOUNG_OUTCOMES) / (_MATURE_OUTCOMES - _YOUNG_OUTCOMES)
    return noise + (1.0 - noise) * min(max(share, 0.0), 1.0)
