"""What an installer and a package index get: one import package, honest metadata, no surprises."""

import email
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a wheel or an sdist without any download; return the file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def unpacked_sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the sdist of this checkout unpacks to."""
    sdist = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    target = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        # As an attribute, because extractall(filter=) is missing from Python 3.11.0 to 3.11.3.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(target)  # noqa: S202  # it was built here
    (folder,) = target.iterdir()
    return folder


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Return the metadata that an installer reads from the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def names_in(wheel: Path) -> list[str]:
    """Return the paths of the files in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def test_the_wheel_holds_one_import_package(wheel: Path, metadata: Message) -> None:
    """Nothing lands beside armwise: other distributions own names such as bandit and adapters."""
    tops = {name.split("/")[0] for name in names_in(wheel)}

    assert {"armwise", f"armwise-{metadata['Version']}.dist-info"} == tops


def test_the_wheel_tells_type_checkers_that_it_is_typed(wheel: Path) -> None:
    """Without py.typed, a user's type checker would see Any everywhere."""
    assert "armwise/py.typed" in names_in(wheel)


def test_the_wheel_holds_every_module_and_data_file_of_the_package(wheel: Path) -> None:
    """What runs from a clone runs from the wheel."""
    expected = sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "armwise").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )

    assert expected == [name for name in names_in(wheel) if name.startswith("armwise/")]


def test_a_wheel_built_from_the_sdist_is_the_same(
    wheel: Path, unpacked_sdist: Path, tmp_path: Path
) -> None:
    """Whoever packages armwise from the sdist ships the same files."""
    rebuilt = build("wheel", unpacked_sdist, tmp_path)

    assert names_in(wheel) == names_in(rebuilt)


def test_the_sdist_brings_its_tests_and_its_bootstrap(unpacked_sdist: Path) -> None:
    """A distributor can run the tests from the sdist alone."""
    for name in ("run.py", "tests/test_packaging.py", "README.md", "LICENSE"):
        assert (unpacked_sdist / name).is_file(), name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Name", "armwise"),
        ("License-Expression", "MIT"),
        ("License-File", "LICENSE"),
        ("Requires-Python", ">=3.11"),
        # Validators of some indexes refuse newer metadata than this.
        ("Metadata-Version", "2.4"),
    ],
)
def test_the_metadata_says_what_an_installer_needs(
    metadata: Message, field: str, value: str
) -> None:
    """Name, license and the Python that is needed can be read before anything is installed."""
    assert value == metadata[field]


@pytest.mark.parametrize(
    ("version", "is_accepted"),
    [
        ("1.82.7", False),
        ("1.82.8", False),
        ("1.106.2", False),
        ("1.108.0", False),
        ("1.108.1", False),
        ("1.108.2", False),
        ("1.108.3", False),
        ("2.0", False),
        ("1.105.3", True),
        ("1.109.1", True),
    ],
)
def test_bad_releases_of_litellm_cannot_be_installed(
    metadata: Message, version: str, is_accepted: bool
) -> None:
    """Malicious, broken and unknown major releases are out of range; good ones are in."""
    requirements = map(Requirement, metadata.get_all("Requires-Dist", []))
    (litellm,) = (each for each in requirements if each.name == "litellm")

    assert is_accepted == litellm.specifier.contains(version)
