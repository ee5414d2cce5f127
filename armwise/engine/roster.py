"""The paths that a goal has at present; they may come and go while requests are decided."""

import threading
from collections.abc import Mapping, Sequence

from armwise.engine.path import Path, parse_paths, path_named
from armwise.errors import ConfigurationError
from armwise.storage.forking import register


class Roster:
    """The present paths of one goal, and every path it ever had by name.

    Changes are made by whoever holds ``lock``; reading needs none.

    Args:
        paths: The paths to begin with.

    Attributes:
        paths: The present ones; replaced as a whole when they change.
        known: Every path by name, removed ones too: a request that was decided before a removal
            is still called and reported.
        models: Model per name, of the same paths.
        lock: Held for the whole of a change, so that changes do not cross.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths: tuple[Path, ...] = tuple(paths)
        self.known: dict[str, Path] = {path.name: path for path in paths}
        self.models: dict[str, str] = {path.name: path.model for path in paths}
        self.lock = threading.Lock()
        register(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the present paths."""
        return tuple(path.name for path in self.paths)

    def named(self, name: object, what: str = "path") -> Path:
        """Return a present path by name.

        Raises:
            ConfigurationError: If there is none; the message lists the names.
        """
        return path_named(self.paths, name, what)

    def parsed(self, path: str | Mapping[str, object] | Path) -> Path:
        """Return what ``add`` would add.

        Raises:
            ConfigurationError: If it is no path, its name is taken, or there are too many.
        """
        (parsed,) = parse_paths([path])
        if parsed.name in self.names:
            raise ConfigurationError(
                f"there already is a path {parsed.name!r}. Remove it first, or give the new one "
                "its own name=."
            )
        parse_paths([*self.paths, parsed])
        return parsed

    def add(self, path: Path) -> None:
        """Add a parsed path. One whose name was removed before takes its evidence up again."""
        self.known[path.name] = path
        self.models[path.name] = path.model
        self.paths = (*self.paths, path)

    def remove(self, name: str) -> None:
        """Remove a path; it stays among the known ones."""
        self.paths = tuple(path for path in self.paths if path.name != name)

    def before_fork(self) -> None:
        """Wait until no change is under way."""
        self.lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; each process has a roster of its own from here."""
        self.lock.release()
