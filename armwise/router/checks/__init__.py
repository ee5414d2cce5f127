"""Automatic outcomes: whether an answer is good, by ``success_when``."""

from armwise.router.checks.answer import Answer
from armwise.router.checks.building import build_check
from armwise.router.checks.check import Check
from armwise.router.checks.verdict import Verdict, ajudge, judge

__all__ = ["Answer", "Check", "Verdict", "ajudge", "build_check", "judge"]
