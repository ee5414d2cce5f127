"""Offline: simulate, replay, regret, off-policy evaluation. Nothing here calls a model."""
