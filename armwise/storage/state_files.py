"""Files of exported state: read whole, written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from armwise.errors import ConfigurationError
from armwise.storage.exported import State, read_state, state_text


def load_state(file: str | os.PathLike[str]) -> State:
    """Return the state that a file holds.

    Raises:
        ConfigurationError: If it cannot be read, or is no state that this version reads.
    """
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be read: {error.strerror}. Name a file that was written by: "
            "armwise state export URL --out FILE"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path.name} is no text: {error.reason}.") from None
    return read_state(text, path.name)


def save_state(state: State, file: str | os.PathLike[str]) -> None:
    """Write a state to a file, replacing one that is there; never half of it.

    Raises:
        ConfigurationError: If the file cannot be written; one that was there stays as it was.
    """
    path = Path(file)
    new: str | None = None
    try:
        # Readable for its owner alone (mode 0600) until it is given away on purpose.
        handle, new = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(state_text(state))
            written.flush()
            os.fsync(written.fileno())
        Path(new).replace(path)
    except OSError as error:
        if new is not None:
            with suppress(OSError):
                Path(new).unlink()
        raise ConfigurationError(
            f"{str(path)!r} cannot be written: {error.strerror}. Name a file in a folder that "
            "exists and can be written."
        ) from None
