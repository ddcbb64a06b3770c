"""The pages of docs/howto/ do what they say: what they show is taken from them and run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.test_house import ROOT

PAGES = ROOT / "docs/howto"
# A block whose first line names the file that it is.
FILE = re.compile(r"^```\w+\n# (?P<name>[\w.]+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_service_of_the_page_on_testing_passes_its_own_tests(tmp_path: Path) -> None:
    page = (PAGES / "test-handlers.md").read_text()
    files = {found["name"]: found["text"] for found in FILE.finditer(page)}
    assert files.keys() == {"serverless.yml", "chat.py", "test_chat.py"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout


def test_what_is_to_be_installed_is_built_here_and_on_no_index() -> None:
    for page in PAGES.glob("*.md"):
        assert not re.search(r"\binstall\b.* @?heliograph\b", page.read_text()), page.name


def test_every_page_is_in_the_list() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (PAGES / "README.md").read_text()))
    assert listed == {path.name for path in PAGES.glob("*.md")} - {"README.md"}
