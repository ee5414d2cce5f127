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
