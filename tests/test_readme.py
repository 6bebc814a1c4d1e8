"""What the README shows is what happens."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import draw_chunks
from parsestrata.chunking.metadata import KEYS
from parsestrata.cli.main import main, make_parser
from parsestrata.cli.serve import find_engine
from parsestrata.options import Options
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("dev")

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SNIPPETS = [body for language, body in BLOCKS if language == "python"]
SERVED = [body for language, body in BLOCKS if language == "py"]
SESSIONS = [body for language, body in BLOCKS if language == "console"]
REPORTS = [body for language, body in BLOCKS if language == "text"]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda code: code.split("\n", 1)[0])
def test_every_python_snippet_runs(
    snippet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(compile(snippet, "README.md", "exec"), {"__name__": "__main__"})  # noqa: S102

    printed = capsys.readouterr().out
    assert bool(printed.strip()) == ("print(" in snippet)
    if "print(report)" in snippet:
        assert printed in REPORTS


@pytest.mark.parametrize("session", SESSIONS, ids=lambda text: text.split("\n", 1)[0])
def test_every_shell_session_prints_what_it_shows(
    session: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, shown = session.partition("\n")

    main(shlex.split(command.removeprefix("$ parsestrata ")))

    printed = capsys.readouterr()
    assert printed.err + printed.out == shown


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
@pytest.mark.parametrize(
    "snippet", SERVED, ids=lambda code: code.split("\n", 1)[0].split(" ")[1]
)
def test_every_snippet_that_needs_the_api_runs_against_the_server(
    snippet: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "reportlab-userguide.pdf", "report.pdf")
    store = Store(tmp_path / "store")
    job_id = store.put((ROOT / "examples" / "harbour-water-2025.json").read_bytes())

    with serving(store, engine=find_engine()) as url:
        monkeypatch.setenv("LLAMA_CLOUD_BASE_URL", url)
        monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "any")
        code = snippet.replace("http://127.0.0.1:8080", url).replace("pjb-…", job_id)
        exec(code, {"job_ids": [job_id]})  # noqa: S102

    assert bool(capsys.readouterr().out.strip()) == ("print(" in snippet)


def test_every_command_is_in_the_table() -> None:
    parser = make_parser()

    commands = set(re.findall(r"\{([\w,]+)\}", parser.format_help())[0].split(","))

    assert commands == set(re.findall(r"^\| `parsestrata (\w+)", README, re.MULTILINE))


def test_every_option_is_in_the_table() -> None:
    table = README.split("## Options")[1].split("\n## ")[0]

    rows = re.findall(r"^\|([^|]+)\|", table, re.MULTILINE)

    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(Options.model_fields)


def test_the_metadata_table_has_every_key_in_order() -> None:
    table = README.split("## Metadata")[1].split("\n## ")[0]

    rows = re.findall(r"^\|([^|]+)\|", table, re.MULTILINE)

    assert tuple(k for row in rows for k in re.findall(r"`(\w+)`", row)) == KEYS


def test_links_to_files_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_picture_is_what_the_package_makes_of_the_pages() -> None:
    shown = (ROOT / "docs" / "chunks.svg").read_text(encoding="utf-8")

    assert draw_chunks.draw() == shown
