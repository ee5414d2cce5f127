"""Run armwise or its tests from a clone: set up ``.venv`` beside this file, then start the command.

The first run installs what ``pyproject.toml`` asks for; a stamp inside the environment lets later
runs start at once. Only the standard library is used, and the syntax is that of Python 3.6, so that
an interpreter which is too old reads far enough to name a newer one.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VERSION = "{}.{}".format(*sys.version_info)
OLDEST_PYTHON = (3, 11)
OTHER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")  # tested ones first
PIP_WITH_GROUPS = "pip>=25.1"  # the first release whose `install` knows --group
OLDEST_OUTER_PIP = (22, 3)  # the first release that can fill another environment: --python
HEARTBEAT_S = 10  # a guess: short enough that nobody takes the installation for dead

USAGE = """\
usage: python3 run.py [--with NAME]... COMMAND

  demo            route a few hundred requests between a cheap and a strong model, both played
                  by a local server: no key, no network
  test            pass all checks and tests: lint, format, types, architecture, pytest
  test ARGS...    run pytest alone, with ARGS
  python ARGS...  run the Python of the environment, for example on a benchmark
  WORDS...        anything else goes to the armwise command: route --help, --version

  --with NAME     install this extra or dependency group of pyproject.toml as well
"""
CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("pyright",),
    ("lint-imports",),
)
# Two at a time, but for those that load the machine themselves or compare times.
TESTS = (
    ("pytest", "-n", "2", "--dist", "loadfile", "-m", "not alone"),
    ("pytest", "-m", "alone", "tests/benchmarks"),
)
# Each of these would lead an import or an installation somewhere else than into the environment.
STRAY_VARIABLES = {
    *("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__"),
    *("PIP_DRY_RUN", "PIP_IGNORE_INSTALLED", "PIP_NO_DEPS", "PIP_PREFIX", "PIP_PYTHON"),
    *("PIP_REQUIRE_HASHES", "PIP_ROOT", "PIP_TARGET"),
}


class StopError(Exception):
    """Nothing more can be done; the message says why and what to do."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def say(line: str) -> None:
    """Print a line about the set-up, apart from what the command itself prints."""
    print(f"run.py: {line}", file=sys.stderr, flush=True)


class Environment:
    """The virtual environment of one clone.

    Its stamp tells three cases apart: missing, the environment was made by hand and is adopted;
    empty, a set-up was cut short; otherwise a record of what was installed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / ".venv"
        self.programs = self.path / "bin"
        self.python = str(self.programs / "python")
        self.stamp = self.path / ".armwise-setup.json"

    def variables(self) -> "dict[str, str]":
        """Return the variables under which everything in the environment runs."""
        kept = {name: value for name, value in os.environ.items() if name not in STRAY_VARIABLES}
        kept["VIRTUAL_ENV"] = str(self.path)
        kept["PATH"] = os.pathsep.join([str(self.programs), kept.get("PATH") or os.defpath])
        kept["PIP_USER"] = "0"  # a pip.conf may ask for user installs, which an environment refuses
        return kept

    def start(self, program: str, *words: str) -> None:
        """Become this program, so that its signals and its exit code are ours."""
        sys.stdout.flush()
        os.execve(str(self.programs / program), [program, *words], self.variables())

    def prepare(self, needs: "set[str]") -> None:
        """Install the project with these extras and groups, unless the stamp says it is done."""
        project = read_project(self.root)
        extras = set(project["project"].get("optional-dependencies", {}))
        groups = set(project["dependency-groups"])
        if needs - extras - groups:
            known = ", ".join(sorted(extras | groups))
            raise StopError(f"--with {min(needs - extras - groups)!r} is none of: {known}", 2)
        with one_at_a_time():
            found = self._read_stamp()
            anew = found.get("root") != str(self.root) or not self._works()
            names = needs if anew else needs | set(found["with"])
            done = {
                "project": hashlib.sha256(json.dumps(project).encode()).hexdigest(),
                "root": str(self.root),
                "with": sorted(names),
            }
            if anew:
                self._create()
            if anew or found != done:
                self._install(sorted(names & extras), sorted(names & groups))
                self.stamp.write_text(json.dumps(done), encoding="utf-8")

    def _read_stamp(self) -> "dict[str, Any]":
        """Return the record: nothing installed where there is no stamp, no root in an empty one."""
        if not self.stamp.exists():
            return {"root": str(self.root), "with": []}
        try:
            return dict(json.loads(self.stamp.read_text(encoding="utf-8")))
        except ValueError:
            return {}

    def _works(self) -> bool:
        """Tell whether its Python starts, is of the version that runs this, and has pip."""
        claim = f"import sys, pip; assert sys.version_info[:2] == {sys.version_info[:2]}"
        try:
            return subprocess.call([self.python, "-I", "-c", claim], stderr=subprocess.DEVNULL) == 0
        except OSError:
            return False

    def _create(self) -> None:
        """Make the environment from nothing; its stamp stays empty until all is installed."""
        complete = bool(importlib.util.find_spec("ensurepip"))
        if not importlib.util.find_spec("venv") or not (complete or outer_pip_suffices()):
            raise StopError(
                f"{sys.executable} cannot make virtual environments: on Debian or Ubuntu, run"
                f" `sudo apt install python3-venv` (or python{VERSION}-venv), then this again"
            )
        self.path.mkdir(exist_ok=True)
        remains = [entry for entry in self.path.iterdir() if entry != self.stamp]
        if remains and not self.stamp.exists():
            raise StopError(f"remove {self.path}: it is not of Python {VERSION} with pip")
        say(
            f"first run with Python {VERSION}: installs about 600 MB (tests: 1 GB)"
            f" into {self.path}, a minute or two"
        )
        self.stamp.write_text("", encoding="utf-8")  # before anything else, and never removed
        for entry in remains:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(str(entry))
            else:
                entry.unlink()
        # Not sys.executable: that may be the Python of the very environment just removed.
        base = getattr(sys, "_base_executable", None) or sys.executable
        options = [] if complete else ["--without-pip"]
        self._run([base, "-m", "venv", *options, str(self.path)], "make a virtual environment")
        if not complete:
            outer_pip = [sys.executable, "-m", "pip", "--python", self.python]
            self._run([*outer_pip, "install", "--quiet", PIP_WITH_GROUPS], "install pip")

    def _install(self, extras: "list[str]", groups: "list[str]") -> None:
        """Install the project in place, so that an edited file is what runs."""
        before = self.stamp.read_text(encoding="utf-8") if self.stamp.exists() else None
        self.stamp.write_text("", encoding="utf-8")
        pip = [self.python, "-m", "pip", "install", "--quiet", "--no-input"]
        target = ".[{}]".format(",".join(extras)) if extras else "."
        chosen = [word for group in groups for word in ("--group", group)]
        what = "armwise with " + ", ".join(["its dependencies", *extras, *groups])
        try:
            self._run([*pip, PIP_WITH_GROUPS], "install a newer pip")
            self._run([*pip, "--editable", target, *chosen], f"install {what}")
        except StopError:  # pip has taken back what it could not end
            if before is None:
                self.stamp.unlink()
            else:
                self.stamp.write_text(before, encoding="utf-8")
            raise

    def _run(self, command: "list[str]", purpose: str) -> None:
        """Run a step of the set-up quietly, with a sign of life now and then."""
        waited_s = 0
        with tempfile.TemporaryFile() as output:
            step = subprocess.Popen(
                command,
                cwd=str(self.root),
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that what pip starts can be ended along with it
            )
            try:
                while step.poll() is None:
                    try:
                        step.wait(HEARTBEAT_S)
                    except subprocess.TimeoutExpired:
                        waited_s += HEARTBEAT_S
                        say(f"still at it after {waited_s} s: {purpose}")
            finally:
                if step.poll() is None:
                    end(step)
            if step.returncode:
                output.seek(0)
                lines = output.read().decode("utf-8", "replace").splitlines()
                reasons = [line.strip() for line in lines if "ERROR" in line] or lines
                sys.stderr.write("\n".join([*reasons[-5:], ""]))
                hint = "check the network connection, " if "install" in command else ""
                raise StopError(f"could not {purpose}: {hint}then run this again")


def end(step: "subprocess.Popen[bytes]") -> None:
    """End a step and what it started, with time to remove temporary files."""
    os.killpg(step.pid, signal.SIGINT)
    try:
        step.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(step.pid, signal.SIGKILL)


def read_project(root: Path) -> "dict[str, Any]":
    """Return the parts of ``pyproject.toml`` that say what is installed, and how."""
    import tomllib

    with (root / "pyproject.toml").open("rb") as file:
        table = tomllib.load(file)
    parts = {name: table[name] for name in ("build-system", "project", "dependency-groups")}
    return dict(parts, hatch=table.get("tool", {}).get("hatch"))


@contextmanager
def one_at_a_time() -> "Generator[None, None, None]":
    """Hold the lock of this clone: its own ``run.py``, so that no other file is left behind."""
    import fcntl

    # A network file system locks for one only what is open for writing.
    with Path(__file__).open("rb+" if os.access(__file__, os.W_OK) else "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run.py to finish setting up")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def outer_pip_suffices() -> bool:
    """Tell whether this Python has a pip that can fill an environment which has none."""
    from importlib import metadata

    if not importlib.util.find_spec("pip"):
        return False
    numbers = re.findall(r"\d+", metadata.version("pip"))
    return tuple(map(int, numbers[:2])) >= OLDEST_OUTER_PIP


def use_newer_python(words: "list[str]") -> None:
    """Start over with a Python that is new enough, if PATH has one."""
    wanted, present = "{}.{}".format(*OLDEST_PYTHON), "{}.{}.{}".format(*sys.version_info)
    for name in OTHER_PYTHONS:
        program = shutil.which(name)
        # Version managers put a name on PATH even for a version that is not switched on.
        if program and subprocess.call([program, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            say(f"needs Python >= {wanted}, this is {present}: continuing with {program}")
            os.execv(program, [program, __file__, *words])
    fix = "brew install python@3.13" if sys.platform == "darwin" else "sudo apt install python3.11"
    raise StopError(
        f"needs Python >= {wanted}, this is {present}: install a newer one ({fix})"
        " or start run.py with it, such as: python3.12 run.py",
        2,
    )


def run_tests(environment: Environment, words: "list[str]") -> int:
    """Run the checks up to the first that fails, then the tests; with words, pytest alone."""
    os.chdir(str(environment.root))
    steps = [] if words else [*CHECKS, *TESTS]
    for number, step in enumerate(steps, start=1):
        line = " ".join(step)
        print(f"[{number}/{len(steps)}] {line}", flush=True)
        if number == len(steps):
            words = list(step[1:])
            break
        command = [str(environment.programs / step[0]), *step[1:]]
        code = subprocess.call(command, env=environment.variables())
        if code:
            say(f"`{line}` failed with exit code {code}")
            return code if code > 0 else 128 - code
    environment.start("pytest", *words)
    return 0


def run(words: "list[str]") -> int:
    """Prepare what the command needs and start it; return only what ends before that."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        use_newer_python(words)
    if os.name == "nt":
        raise StopError("runs on Linux and macOS; on Windows: pip install -e . --group test", 2)
    needs: set[str] = set()
    while words[:1] == ["--with"] and len(words) > 1:
        needs.add(words[1])
        words = words[2:]
    if not words or words[0] in ("--help", "-h", "--with"):
        print(USAGE, end="")
        return 0 if "--with" not in words else 2
    command, rest = words[0], words[1:]
    environment = Environment(Path(__file__).resolve().parent)
    environment.prepare(needs | ({"test"} if command == "test" else set()))
    if command == "test":
        return run_tests(environment, rest)
    if command == "python":
        environment.start("python", *rest)
    environment.start("armwise", *words)
    return 0


def main() -> int:
    """Run the words of the command line; return the exit code."""
    # As on Ctrl-C, what was started is ended before this process is.
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130
    except StopError as error:
        say(str(error))
        return error.code
    except OSError as error:
        say(f"cannot go on: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
