"""What the README shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest

from parsestrata.chunking.metadata import KEYS
from parsestrata.cli.main import main, make_parser
from parsestrata.options import Options

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SNIPPETS = [body for language, body in BLOCKS if language == "python"]
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
