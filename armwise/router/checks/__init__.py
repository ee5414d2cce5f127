"""Automatic outcomes: whether an answer is good, by ``success_when``.

What users write is ``Finished``, ``IsJson``, ``Matches``, ``Length``, ``NotRefused``,
``ValidToolCalls`` and ``Judge``; ``Check`` is the form of one of their own, ``Answer`` what it
looks at.
"""

from armwise.router.checks.answer import Answer
from armwise.router.checks.building import build_check
from armwise.router.checks.check import Check
from armwise.router.checks.finished import Finished
from armwise.router.checks.is_json import IsJson
from armwise.router.checks.judge import Judge
from armwise.router.checks.length import Length
from armwise.router.checks.listing import AllOf, OneCheck
from armwise.router.checks.matches import Matches
from armwise.router.checks.refusal import NotRefused
from armwise.router.checks.response_format import Checks
from armwise.router.checks.tool_calls import ValidToolCalls
from armwise.router.checks.verdict import Judgement, Verdict, arun_check, run_check
from armwise.router.checks.weighing import weigh

__all__ = [
    "AllOf",
    "Answer",
    "Check",
    "Checks",
    "Finished",
    "IsJson",
    "Judge",
    "Judgement",
    "Length",
    "Matches",
    "NotRefused",
    "OneCheck",
    "ValidToolCalls",
    "Verdict",
    "arun_check",
    "build_check",
    "run_check",
    "weigh",
]
