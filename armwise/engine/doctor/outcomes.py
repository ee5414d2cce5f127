"""Do outcomes come in, and for every path alike?"""

from armwise.engine.doctor.diagnosis import Diagnosis, Severity
from armwise.engine.doctor.picture import Picture
from armwise.engine.report_rates import most_different

LEAST_ANSWERED = 20
"""Answers from which missing outcomes are worth a word: outcomes that are on their way count as
missing. A guess."""

FEW = 0.2
"""Share of answers with an outcome below which learning is called slow: it takes five times the
traffic. A guess."""

OFTEN = 0.05
"""Share of decisions whose check raised from which that is bad. A guess."""

_REPORT = "call router.report_outcome(request_id, outcome) for every request, or say success_when="


def outcomes(picture: Picture) -> list[Diagnosis]:
    """Return what is wrong with the outcomes of a goal."""
    return [*_missing(picture), *_differing(picture), *_raising(picture)]


def _missing(picture: Picture) -> list[Diagnosis]:
    answered = sum(rate.answered for rate in picture.report_rates.values())
    reported = sum(rate.reported for rate in picture.report_rates.values())
    if answered < LEAST_ANSWERED or reported >= FEW * answered:
        return []
    figure = f"{reported} of {answered} answers have an outcome"
    if reported == 0:
        fix = f"Nothing is learned before you {_REPORT}."
        return [Diagnosis("no outcome is known", Severity.BAD, figure, fix)]
    fix = f"To learn faster, {_REPORT}; if silence means failure, on_timeout='failure'."
    return [Diagnosis("few outcomes are known", Severity.WARNING, figure, fix)]


def _differing(picture: Picture) -> list[Diagnosis]:
    rates = picture.report_rates
    pair = most_different(rates, picture.paths or tuple(rates))
    if pair is None:
        return []
    low, high = pair
    figure = f"{low} {rates[low].share or 0:.0%}, {high} {rates[high].share or 0:.0%}"
    return [
        Diagnosis(
            "outcomes of one path are known more often than another's: beliefs are biased",
            Severity.BAD,
            figure,
            "Report all outcomes of both, or say by on_timeout= what silence means.",
        )
    ]


def _raising(picture: Picture) -> list[Diagnosis]:
    counters = picture.counters
    found: list[Diagnosis] = []
    if counters is None:
        return found
    if counters.checks_raised:
        is_bad = counters.checks_raised >= OFTEN * max(1, counters.decisions)
        found.append(
            Diagnosis(
                "checks raise, and teach nothing",
                Severity.BAD if is_bad else Severity.WARNING,
                f"{counters.checks_raised} times in {counters.decisions} decisions",
                "Make success_when= return False for answers that are bad; the logger 'armwise' "
                "names the check and its error.",
            )
        )
    if counters.not_awaited:
        found.append(
            Diagnosis(
                "too many requests wait for an outcome; silence about some means nothing",
                Severity.WARNING,
                f"{counters.not_awaited} dropped",
                "Shorten outcome_timeout=, or report more of the outcomes.",
            )
        )
    return found
