"""The errors that armwise raises. This module imports nothing.

    ArmwiseError
    ├── ConfigurationError (ValueError)       a Router, path or rule cannot be built so
    │   └── ExpressionError                   a success_when string that is refused
    ├── InvalidBeliefError (ValueError)       a Beta with a parameter <= 0 or not finite
    ├── InvalidMessagesError (ValueError)     messages that are not a list of role and content
    ├── InvalidOutcomeError (ValueError)      not an Outcome, a bool or a score in [0, 1]
    ├── RequestIdError (ValueError)           a request id that cannot be reported
    │   ├── MalformedRequestIdError           not a request id at all
    │   ├── ForgedRequestIdError              its signature does not fit its content
    │   ├── UnknownKeyError                   signed by another process, or by an earlier run
    │   ├── ForeignRequestIdError             it belongs to another goal or namespace
    │   └── ExpiredRequestIdError             older than the longest time an outcome is awaited
    ├── NoEligiblePathError (LookupError)     every path was excluded before the choice
    │   └── SpendExceededError                the goal has spent what it may in this period
    ├── AllPathsFailedError (RuntimeError)    every path that was tried ended in a provider's error
    ├── StreamCutError (ConnectionError)      a stream ended, but its provider had not ended it
    └── StoreError (RuntimeError)             a store could not do what was asked
        ├── StoreUnavailableError (ConnectionError)   it cannot be reached, hangs, or is not ready
        ├── StoreRefusedError                 it answers and refuses: password, rights, memory, disk
        └── StoreVersionError                 it was written by a newer version of armwise

Every message says what was wrong, shows the value, and says what to write instead.
"""


class ArmwiseError(Exception):
    """Root of all errors that armwise raises on purpose."""


class ConfigurationError(ArmwiseError, ValueError):
    """An argument of a Router, path, objective or check cannot be used."""


class ExpressionError(ConfigurationError):
    """A ``success_when`` string does not parse, or reaches for something refused."""


class InvalidBeliefError(ArmwiseError, ValueError):
    """A Beta distribution needs two finite parameters above zero."""


class InvalidMessagesError(ArmwiseError, ValueError):
    """Messages must be a non-empty list of ``{"role": ..., "content": ...}``."""


class InvalidOutcomeError(ArmwiseError, ValueError):
    """An outcome must be an ``Outcome``, a bool, or a score between 0 and 1."""


class RequestIdError(ArmwiseError, ValueError):
    """A request id was refused; nothing was recorded."""


class MalformedRequestIdError(RequestIdError):
    """The text is not a request id that ``completion`` or ``decide`` returned."""


class ForgedRequestIdError(RequestIdError):
    """The id names a key that is known, but its signature does not fit."""


class UnknownKeyError(RequestIdError):
    """The id was signed with a key that this process does not hold."""


class ForeignRequestIdError(RequestIdError):
    """The id is genuine but belongs to another goal or namespace."""


class ExpiredRequestIdError(RequestIdError):
    """The id is genuine but older than the time for which outcomes are accepted."""


class NoEligiblePathError(ArmwiseError, LookupError):
    """No path was left to choose from.

    Attributes:
        exclusions: Reason per excluded path name.
    """

    def __init__(self, message: str, exclusions: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.exclusions = dict(exclusions or {})


class SpendExceededError(NoEligiblePathError):
    """``max_spend_usd`` is reached; nothing was called.

    Attributes:
        spent_usd: What was spent in the period, in US dollars.
        cap_usd: What may be.
        ends_s: When the period ends, in seconds since 1970.
    """

    def __init__(self, message: str, *, spent_usd: float, cap_usd: float, ends_s: float) -> None:
        super().__init__(message)
        self.spent_usd = spent_usd
        self.cap_usd = cap_usd
        self.ends_s = ends_s


class StreamCutError(ArmwiseError, ConnectionError):
    """A stream ended in good order, but no finish reason came: the answer is incomplete."""


class AllPathsFailedError(ArmwiseError, RuntimeError):
    """Every path that was tried ended in a provider's error.

    Attributes:
        causes: The provider's error per path name, in the order of the attempts.
            The last one is also this error's ``__cause__``.
    """

    def __init__(self, message: str, causes: dict[str, BaseException] | None = None) -> None:
        super().__init__(message)
        self.causes = dict(causes or {})


class StoreError(ArmwiseError, RuntimeError):
    """A store could not do what was asked. Requests go on; what was reported is kept."""


class StoreUnavailableError(StoreError, ConnectionError):
    """The store cannot be reached, does not answer in time, or is not ready yet."""


class StoreRefusedError(StoreError):
    """The store answers and refuses: wrong password, missing rights, read-only, full, damaged."""


class StoreVersionError(StoreError):
    """The store was written by a newer version of armwise."""
