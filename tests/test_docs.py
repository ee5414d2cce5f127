"""Every Python block of the README and of docs/ runs, as a reader would run it: top to bottom."""

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.usefixtures("openai_on_loopback")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks of a page share one namespace, as they do in a reader's session."""
    monkeypatch.chdir(tmp_path)  # files that a page makes are the reader's
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    examples = list(document.examples())

    for example in examples:
        example.evaluate()

    assert len(examples) == page.read_text(encoding="utf-8").count("```python")


def test_links_between_pages_lead_somewhere() -> None:
    """A relative link names a file that exists."""
    import re

    missing = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert missing == []
