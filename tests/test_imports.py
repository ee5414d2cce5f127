"""What ``import armwise`` costs and touches: nothing that a user did not ask for."""

import json
import subprocess
import sys

import armwise

HEAVY = ("jsonschema", "litellm", "numpy", "pydantic", "redis", "rich", "scipy", "typer")

# Runs in a fresh interpreter, because the one that runs pytest has imported most of this already.
PROBE = """
import json, os, sys, threading

seen = {"files written": [], "sockets": [], "threads": [], "processes": []}

def hook(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen["files written"].append(str(arguments[0]))
    elif event in ("os.mkdir", "os.rename", "os.remove", "shutil.rmtree"):
        seen["files written"].append(event)
    elif event.startswith("socket."):
        seen["sockets"].append(event)
    elif event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"):
        seen["processes"].append(event)

start = threading.Thread.start

def watched_start(thread):
    seen["threads"].append(thread.name)  # Python 3.11 raises no audit event for it
    start(thread)

sys.addaudithook(hook)
threading.Thread.start = watched_start
DEED
seen["modules"] = sorted(sys.modules)
print(json.dumps(seen))
"""


def observe(deed: str) -> dict[str, list[str]]:
    """Run a line of Python in a fresh interpreter; return what it touched and loaded."""
    program = PROBE.replace("DEED", deed)
    answer = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(answer.stdout)
    return found


def test_importing_armwise_loads_no_heavy_library() -> None:
    """A program that only imports armwise does not wait for the libraries behind it."""
    modules = observe("import armwise")["modules"]

    assert "armwise" in modules
    assert [] == [name for name in HEAVY if name in modules]


def test_importing_armwise_touches_nothing() -> None:
    """No thread is started, no socket opened, no file written, no process begun."""
    seen = observe("import armwise")

    del seen["modules"]
    assert {"files written": [], "sockets": [], "threads": [], "processes": []} == seen


def test_the_probe_sees_what_it_is_there_to_refuse() -> None:
    """Each kind of side effect shows up when a line of Python has it."""
    deed = (
        "import socket, subprocess, tempfile, threading, wsgiref;"
        "socket.socket().close(); tempfile.TemporaryFile().close();"
        "threading.Thread(target=print, kwargs={'end': ''}).start();"
        "subprocess.run(['true'])"
    )

    seen = observe(deed)

    assert "wsgiref" in seen["modules"]
    for kind in ("files written", "sockets", "threads", "processes"):
        assert seen[kind], kind


def test_every_public_name_resolves() -> None:
    """Whatever ``__all__`` promises can be imported, also the names that load on first use."""
    missing = [name for name in armwise.__all__ if getattr(armwise, name, None) is None]

    assert [] == missing


def test_the_public_names_are_sorted_and_listed_by_dir() -> None:
    """``__all__`` is in order and free of doubles, and completion in a shell offers all of it."""
    names = list(armwise.__all__)

    assert sorted(set(names)) == names
    assert set(names) <= set(dir(armwise))
