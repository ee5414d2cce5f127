"""Static routers with a router's face: what armwise is measured against."""

from armwise.baselines.task_complexity import TaskComplexityRouter

__all__ = ["TaskComplexityRouter"]
