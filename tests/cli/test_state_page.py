"""The commands of the page about state run as a reader would type them."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from armwise.testing.servers import RedisServer

Play = Callable[..., list[str]]

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "state.md"


def test_every_command_of_the_page_runs(
    play: Play, tmp_path: Path, redis_server: RedisServer
) -> None:
    """From top to bottom, in one folder with two stores; each ends with exit code 0."""
    commands = re.findall(r"^\$ (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for name in ("evidence", "team-b"):
        play(f"sqlite:///{tmp_path / name}.db", 8)
    server = redis_server.url.removesuffix("/0") + "/7"
    with redis_server.client(db=7) as client:
        client.flushdb()
    (tmp_path / "armwise").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m armwise "$@"\n')
    (tmp_path / "armwise").chmod(0o700)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    for command in commands:
        done = subprocess.run(
            ["/bin/sh", "-c", command.replace("redis://localhost:6379/0", server)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"

    assert len(commands) == 14
