"""``run.py`` sets up a clone on a machine that has nothing but Python, and only once.

The tests work on small clones: ``run.py`` beside a project without dependencies whose build backend
is part of it, and an index of one package (pip itself). So nothing is downloaded.
"""

import ast
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.version import Version

RUN_PY = Path(__file__).resolve().parent.parent / "run.py"
FIRST_RUN = "run.py: first run"

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "armwise"
version = "1"

[project.scripts]
armwise = "armwise_stub:main"

[project.optional-dependencies]
plain = []

[dependency-groups]
test = []
unknown = ["no-such-distribution"]
"""

BACKEND = '''
import zipfile

def build_editable(folder, settings=None, metadata=None):
    """Write the least that pip takes for an editable wheel."""
    name, info = "armwise-1-py3-none-any.whl", "armwise-1.dist-info/"
    stub = "import os, sys\\ndef main(): print(os.getcwd(), *sys.argv[1:]); return 7\\n"
    files = {
        "armwise_stub.py": stub,
        info + "METADATA": "Metadata-Version: 2.1\\nName: armwise\\nVersion: 1\\n"
        "Provides-Extra: plain\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "entry_points.txt": "[console_scripts]\\narmwise = armwise_stub:main\\n",
    }
    record = "".join(file + ",,\\n" for file in [*files, info + "RECORD"])
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        for file, text in {**files, info + "RECORD": record}.items():
            wheel.writestr(file, text)
    return name
'''


Run = subprocess.CompletedProcess[str]


class Clone:
    """A clone of the small project, at a path with a space, run from another directory."""

    def __init__(self, root: Path, index: Path) -> None:
        self.root = root
        self.stamp = root / ".venv" / ".armwise-setup.json"
        self.elsewhere = root.parent
        self.variables = {
            "HOME": str(root.parent / "no-such-home"),
            "PATH": os.defpath,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(index),
            "PIP_NO_INDEX": "1",
            # What follows would lead the installation astray if it came through.
            "PIP_TARGET": str(root.parent / "stray"),
            "PIP_USER": "1",
            "VIRTUAL_ENV": str(root.parent / "stray"),
        }

    def start(self, *words: str, hidden: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start ``run.py`` with these words, on a Python that lacks the hidden modules."""
        variables = dict(self.variables)
        if hidden:
            folder = self.root / "-".join(["without", *hidden])
            folder.mkdir(exist_ok=True)
            lines = ["import sys", *(f"sys.modules[{name!r}] = None" for name in hidden)]
            (folder / "sitecustomize.py").write_text("\n".join(lines))
            variables["PYTHONPATH"] = str(folder)
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *words],
            cwd=self.elsewhere,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, hidden: tuple[str, ...] = ()) -> Run:
        """Run ``run.py`` to its end."""
        return finish(self.start(*words, hidden=hidden))


def copy_pip_into(environment: Path) -> None:
    """Give an environment the pip that runs here, at once."""
    pip = metadata.distribution("pip")
    (packages,) = environment.glob("lib/python3*/site-packages")
    for folder in ("pip", f"pip-{pip.version}.dist-info"):
        shutil.copytree(str(pip.locate_file(folder)), packages / folder)


def finish(process: subprocess.Popen[str]) -> Run:
    """Wait for the end; return what it printed."""
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel of the pip that runs here, packed from its installed files."""
    try:
        pip = metadata.distribution("pip")
    except metadata.PackageNotFoundError:
        pytest.skip("this environment has no pip to pack")
    if Version(pip.version) < Version("25.1"):
        pytest.skip("the pip of this environment knows no dependency groups")
    folder = tmp_path_factory.mktemp("index")
    kept = [
        file
        for file in pip.files or []
        if file.suffix != ".pyc" and file.parts[0] != ".." and file.name != "RECORD"
    ]
    record = f"pip-{pip.version}.dist-info/RECORD"
    with zipfile.ZipFile(folder / f"pip-{pip.version}-py3-none-any.whl", "w") as wheel:
        for file in kept:
            wheel.write(file.locate(), str(file))
        wheel.writestr(record, "".join(f"{file},,\n" for file in [*kept, record]))
    return folder


@pytest.fixture(scope="module")
def new_clone(tmp_path_factory: pytest.TempPathFactory, index: Path) -> Callable[[], Clone]:
    """Return what makes one more clone that was never set up."""

    def make() -> Clone:
        root = tmp_path_factory.mktemp("clones") / "a clone"
        root.mkdir()
        shutil.copy(RUN_PY, root)
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "backend.py").write_text(BACKEND)
        return Clone(root, index)

    return make


@pytest.fixture(scope="module")
def first_runs(new_clone: Callable[[], Clone]) -> tuple[Clone, list[Run]]:
    """Return a clone and the first two runs in it, started at the same time."""
    clone = new_clone()
    both = [clone.start("demo", "a b"), clone.start("demo", "a b")]
    return clone, [finish(process) for process in both]


@pytest.fixture
def clone(first_runs: tuple[Clone, list[Run]]) -> Clone:
    """Return a clone that is set up."""
    return first_runs[0]


def test_two_first_runs_at_once_set_up_one_environment(
    first_runs: tuple[Clone, list[Run]],
) -> None:
    """One sets up while the other waits, and both do what they were asked for."""
    clone, runs = first_runs
    told = "".join(run.stderr for run in runs)

    assert [f"{clone.elsewhere} demo a b\n"] * 2 == [run.stdout for run in runs]
    assert 1 == told.count(FIRST_RUN)
    assert 1 == told.count("waiting for another run.py")
    assert not (clone.elsewhere / "stray").exists()


def test_a_later_run_starts_at_once_and_passes_on_the_exit_code(clone: Clone) -> None:
    """With the stamp in place nothing is said, nothing installed, and the exit code is its own."""
    before = clone.stamp.stat().st_mtime_ns

    run = clone.run("route", "--json")

    assert (7, f"{clone.elsewhere} route --json\n", "") == (run.returncode, run.stdout, run.stderr)
    assert before == clone.stamp.stat().st_mtime_ns


def test_python_is_the_one_of_the_environment(clone: Clone) -> None:
    """It sees what is installed there, and nothing that PYTHONPATH would add or hide."""
    deed = "import armwise_stub, sys, wsgiref; print(sys.prefix)"

    run = clone.run("python", "-c", deed, hidden=("wsgiref",))

    assert f"{clone.root / '.venv'}\n" == run.stdout


def test_a_change_that_installs_nothing_is_not_set_up_again(clone: Clone) -> None:
    """Settings of linters live in the same file, but a new line length needs no pip."""
    before = clone.stamp.stat().st_mtime_ns
    (clone.root / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 99\n")

    clone.run("demo")

    assert before == clone.stamp.stat().st_mtime_ns


def test_an_extra_is_added_to_what_is_there(clone: Clone) -> None:
    """``--with`` installs into the same environment, and later runs keep it."""
    added = clone.run("--with", "plain", "demo")
    later = clone.run("demo")

    assert (7, "") == (added.returncode, added.stderr)
    assert (7, "") == (later.returncode, later.stderr)
    assert '"with": ["plain"]' in clone.stamp.read_text()


def test_what_cannot_be_installed_is_said_in_one_line(clone: Clone) -> None:
    """Without a network the last line says what to do, and what worked before still does."""
    run = clone.run("--with", "unknown", "demo")
    lines = run.stderr.splitlines()
    later = clone.run("demo")

    assert 1 == run.returncode
    assert lines[-1].startswith("run.py: could not install armwise with its dependencies")
    assert lines[-1].endswith("unknown: check the network connection, then run this again")
    assert any("no-such-distribution" in line for line in lines)
    assert "Traceback" not in run.stderr
    assert (7, "") == (later.returncode, later.stderr)


def test_a_name_that_is_no_extra_is_refused_with_those_that_are(clone: Clone) -> None:
    """A slip after ``--with`` costs no installation."""
    run = clone.run("--with", "plian", "demo")

    assert (2, "run.py: --with 'plian' is none of: plain, test, unknown\n") == (
        run.returncode,
        run.stderr,
    )


def test_checks_run_in_order_up_to_the_first_failure(clone: Clone) -> None:
    """Each step is named by its command; what follows a failed one is not run."""
    for name, code in (("ruff", 0), ("mypy", 0), ("pyright", 3), ("lint-imports", 0)):
        program = clone.root / ".venv" / "bin" / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" in $(basename "$PWD")\nexit {code}\n')
        program.chmod(0o755)

    run = clone.run("test")

    assert 3 == run.returncode
    assert run.stdout.splitlines() == [
        *("[1/7] ruff check", "ruff check in a clone"),
        *("[2/7] ruff format --check", "ruff format --check in a clone"),
        *("[3/7] mypy", "mypy in a clone"),
        *("[4/7] pyright", "pyright in a clone"),
    ]
    assert "run.py: `pyright` failed with exit code 3\n" == run.stderr


def test_words_after_test_go_to_pytest_alone(clone: Clone) -> None:
    """One test file can be run without waiting for the checks."""
    program = clone.root / ".venv" / "bin" / "pytest"
    program.write_text('#!/bin/sh\necho "$@" in $(basename "$PWD")\nexit 5\n')
    program.chmod(0o755)

    run = clone.run("test", "tests/test_one.py", "-k", "x y")

    assert (5, "tests/test_one.py -k x y in a clone\n") == (run.returncode, run.stdout)


def test_a_set_up_that_was_cut_short_is_started_over(new_clone: Callable[[], Clone]) -> None:
    """Ctrl-C ends quietly with code 130; the next run trusts nothing that it left behind."""
    clone = new_clone()
    process = clone.start("demo", hidden=("ensurepip",))
    assert process.stderr is not None
    announced = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    cut_short = finish(process)

    again = clone.run("demo", hidden=("ensurepip",))

    assert announced.startswith(FIRST_RUN)
    assert (130, "") == (cut_short.returncode, cut_short.stderr)
    assert again.stderr.startswith(FIRST_RUN)
    assert 7 == again.returncode


def test_a_clone_that_was_moved_is_set_up_anew(clone: Clone, tmp_path: Path, index: Path) -> None:
    """A copied environment points to the old place: its programs would run the old clone."""
    moved = tmp_path / "moved"
    shutil.copytree(clone.root, moved, symlinks=True)

    deed = "import sys; print(sys.prefix)"
    run = Clone(moved, index).run("python", "-c", deed, hidden=("ensurepip",))

    assert run.stderr.startswith(FIRST_RUN)
    assert f"{moved / '.venv'}\n" == run.stdout


def test_an_environment_made_by_hand_is_never_removed(
    new_clone: Callable[[], Clone],
) -> None:
    """One that does not fit was not made by run.py, so it is for its owner to remove."""
    clone = new_clone()
    treasure = clone.root / ".venv" / "treasure"
    treasure.parent.mkdir()
    treasure.touch()

    run = clone.run("demo")

    assert 1 == run.returncode
    assert f"run.py: remove {clone.root / '.venv'}: it is not of Python" in run.stderr
    assert treasure.exists()


def test_an_environment_made_by_hand_is_used_if_it_fits(new_clone: Callable[[], Clone]) -> None:
    """It is installed into; a failure to do so does not mark it for removal."""
    clone = new_clone()
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", ".venv"],
        cwd=clone.root,
        check=True,
    )
    treasure = clone.root / ".venv" / "treasure"
    treasure.touch()
    copy_pip_into(clone.root / ".venv")

    failed = clone.run("--with", "unknown", "demo")
    run = clone.run("demo")

    assert (1, 7) == (failed.returncode, run.returncode)
    assert FIRST_RUN not in failed.stderr + run.stderr
    assert treasure.exists()


def test_without_venv_and_pip_the_fix_is_named(new_clone: Callable[[], Clone]) -> None:
    """Debian's python3 comes without ensurepip: the message is the command that adds it."""
    clone = new_clone()

    run = clone.run("demo", hidden=("ensurepip", "pip"))

    assert 1 == run.returncode
    assert "sudo apt install python3-venv" in run.stderr
    assert 1 == len(run.stderr.splitlines())
    assert not (clone.root / ".venv").exists()


def test_no_words_print_the_usage_and_set_up_nothing(new_clone: Callable[[], Clone]) -> None:
    """Who asks how it is used does not wait for an installation."""
    clone = new_clone()

    for words in ((), ("--help",)):
        run = clone.run(*words)

        assert (0, "") == (run.returncode, run.stderr)
        assert run.stdout.startswith("usage: python3 run.py")
    assert not (clone.root / ".venv").exists()


def test_python_3_6_can_read_run_py() -> None:
    """An old interpreter gets as far as the line that names its fault."""
    tree = ast.parse(RUN_PY.read_text(), feature_version=(3, 6))

    annotations = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg)]
    annotations += [node.returns for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    evaluated = [ast.unparse(note) for note in annotations if isinstance(note, ast.Subscript)]
    assert [] == evaluated


def old_pythons() -> Iterator[str]:
    """Yield the interpreters on this machine that are too old for armwise."""
    managed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for minor in range(6, 11):
        yield from map(str, managed.glob(f"3.{minor}.*/bin/python"))
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            yield found


@pytest.mark.parametrize("python", list(old_pythons()))
def test_an_old_python_says_what_is_missing(python: str, tmp_path: Path) -> None:
    """Neither a SyntaxError nor a traceback: one line with both versions and what to do."""
    run = subprocess.run(
        [python, str(RUN_PY), "demo"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 2 == run.returncode
    assert run.stderr.startswith("run.py: needs Python >= 3.11, this is 3.")
    assert 1 == len(run.stderr.splitlines())


def test_a_newer_python_on_path_takes_over(tmp_path: Path) -> None:
    """The first one that starts is used; a name that a version manager left behind is not."""
    for name, script in (("python3.13", "exit 127"), ("python3.12", 'echo took over: "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    deed = "import run; run.use_newer_python(['demo'])"

    run = subprocess.run(
        [sys.executable, "-B", "-c", deed],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(RUN_PY.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"took over: {RUN_PY} demo" in run.stdout.splitlines()
    assert f"continuing with {tmp_path / 'python3.12'}" in run.stderr
