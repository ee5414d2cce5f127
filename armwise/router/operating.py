"""The operator's handles of a Router: what can be done to it while it serves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import Any

from armwise.engine import MOST, TRUST, Engine, Path, Restriction, Scope, WarmStart


class Operating:
    """What an operator can do while requests are served, from any thread.

    All of it is seen by the very next decision of this Router, and is named in
    ``decision.exclusions`` and ``decision.why()``. Pins, bans and the list of paths belong to this
    Router; evidence, and so ``reset`` and ``warm_start``, to the store.
    """

    _engine: Engine

    def pin(
        self,
        path: str,
        *,
        bucket: str | None = None,
        task_type: str | None = None,
        until: timedelta | datetime | None = None,
    ) -> None:
        """Send all requests to one path, for good or until a given time.

        If that path ends in a provider's error, the others are tried in their usual order. Of
        several pins that for the bucket holds before that for the task type, and that before the
        one for everything; one of the same scope replaces the earlier one.

        Args:
            path: Name of the path.
            bucket: Only requests of this bucket, "task type/level".
            task_type: Only requests of this task type; it need not have been seen yet.
            until: A timedelta from now or a datetime with a time zone. None: until ``unpin``.

        Raises:
            ConfigurationError: If the path or the bucket is not known, the path is banned there,
                or ``until`` cannot be used.
        """
        self._engine.handles.pin(path, Scope(bucket, task_type), until)

    def unpin(
        self,
        path: str | None = None,
        *,
        bucket: str | None = None,
        task_type: str | None = None,
    ) -> bool:
        """End the pin that was made with the same ``bucket`` or ``task_type``.

        Args:
            path: Only if the pin is to this path; None: to whichever.
            bucket: As given to ``pin``.
            task_type: As given to ``pin``.

        Returns:
            Whether there was one.
        """
        return self._engine.handles.unpin(path, Scope(bucket, task_type))

    def ban(
        self,
        path: str,
        *,
        bucket: str | None = None,
        task_type: str | None = None,
        until: timedelta | datetime | None = None,
    ) -> None:
        """Keep a path from being called, not even after another one's error.

        A ban beats a pin: the pin rests meanwhile. Requests that were decided before go on.

        Args:
            path: Name of the path.
            bucket: Only for requests of this bucket, "task type/level".
            task_type: Only for requests of this task type; it need not have been seen yet.
            until: A timedelta from now or a datetime with a time zone. None: until ``unban``.

        Raises:
            ConfigurationError: If the path or the bucket is not known, no path would be left, or
                ``until`` cannot be used.
        """
        self._engine.handles.ban(path, Scope(bucket, task_type), until)

    def unban(self, path: str, *, bucket: str | None = None, task_type: str | None = None) -> bool:
        """End the ban that was made with the same ``bucket`` or ``task_type``.

        Returns:
            Whether there was one.
        """
        return self._engine.handles.unban(path, Scope(bucket, task_type))

    def restrictions(self) -> tuple[Restriction, ...]:
        """Return the pins and bans that are in force."""
        return self._engine.handles.restrictions()

    def add_path(self, path: str | Mapping[str, Any] | Path) -> Path:
        """Add a path. It starts from its prior, and from what is known under its name.

        Args:
            path: As in ``Router(paths=...)``.

        Returns:
            The path as it was understood.

        Raises:
            ConfigurationError: If it cannot be used or its name is taken.
        """
        return self._engine.handles.add_path(path)

    def remove_path(self, name: str) -> None:
        """Remove a path. Its evidence stays, and outcomes that are still reported for it count.

        Pins and bans of it end. Requests that were decided before are still served by it.

        Raises:
            ConfigurationError: If there is no such path, it is the last one, or observe mode
                serves it.
        """
        self._engine.handles.remove_path(name)

    def reset(
        self,
        *,
        bucket: str | None = None,
        task_type: str | None = None,
        path: str | None = None,
    ) -> int:
        """Begin arms anew: their success rates are learned from the prior again.

        Each arm, a path in a bucket, goes on in a new epoch. Nothing is deleted: outcomes of
        requests that were decided before are counted in the old epoch, whenever they arrive, and
        costs stay known. Without arguments every arm of the goal begins anew.

        Args:
            bucket: Only arms of this bucket.
            task_type: Only arms of this task type.
            path: Only arms of this path, which may be one that was removed.

        Returns:
            How many arms begin anew.

        Raises:
            ConfigurationError: If bucket, task type or path is not known.
        """
        return self._engine.handles.reset(Scope(bucket, task_type), path)

    def warm_start(
        self, file: str | PathLike[str], *, trust: float = TRUST, most: int = MOST
    ) -> WarmStart:
        """Begin with what offline evaluations say of the paths.

        Each line of the file is a JSON object with ``task_type``, ``path`` or ``model``,
        ``outcome`` (true, false, 0..1, or null for unknown), and optionally ``prompt`` or
        ``level`` (else the level of an empty prompt), ``bucket`` instead of both, and
        ``cost_usd``. Evaluations are counted as ``trust`` outcomes each, at most ``most`` per
        path and bucket, so that real outcomes soon outweigh them where they are wrong. The same
        file counts once.

        Args:
            file: The file.
            trust: What one evaluation is worth, in outcomes, above 0 and up to 1.
            most: The most that all evaluations of one path in one bucket are worth, in outcomes.

        Returns:
            What was read and counted.

        Raises:
            ConfigurationError: If a line cannot be used, with file, line and column; nothing is
                counted then.
        """
        return self._engine.handles.warm_start(file, trust, most)

    def export_state(self, file: str | PathLike[str]) -> None:
        """Write all that this Router's goal has learned to a file, as JSON.

        With a shared store that is what all workers have learned, this one's reports included. The
        file holds integers and names, no prompt and no key; ``armwise state`` reads it too.

        Args:
            file: The file; one that is there is replaced.

        Raises:
            ConfigurationError: If the file cannot be written, or the store cannot export.
            StoreError: If a shared store fails.
        """
        self._engine.handles.export_state(file)

    def import_state(self, file: str | PathLike[str], *, merge: bool = False) -> bool:
        """Take over what the goal of the same name had learned when a file was written.

        Args:
            file: What ``export_state`` or ``armwise state export`` has written.
            merge: Add it to what the goal holds already, at the weight that it has now. False
                takes every integer as it was, and refuses if the goal holds evidence.

        Returns:
            Whether it was added; False if ``merge`` finds that it had been before.

        Raises:
            ConfigurationError: If the file cannot be used or lacks the goal; without ``merge`` also
                if the goal holds evidence or fades by another half-life.
            StoreError: If a shared store fails.
        """
        return self._engine.handles.import_state(file, merge=merge)
