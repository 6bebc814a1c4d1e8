"""What the pages under docs/ show is what happens."""

import re
import shlex
import typing
from pathlib import Path
from typing import Any

import pytest
from llama_cloud.types import ParsingCreateParams

import building as b
from making_pdfs import Words, heading, make_pdf
from parsestrata.chunking.metadata import KEYS
from parsestrata.cli.main import main
from parsestrata.cli.serve import find_engine
from parsestrata.options import Options
from parsestrata.sources.store import Store
from serving import serving

pytestmark = pytest.mark.needs("dev")

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
PAGE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
PDF = make_pdf([heading("Scope", 80), Words("The plan holds for all wells.", 110)])
BLOCK = re.compile(r"^```([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
V1 = {"pages": [{"page": 1, "md": "# A", "items": []}], "job_metadata": {}}


def blocks(kind: str) -> Any:
    """Parametrise with every block of a kind: `python` is run, `… before` is not."""
    found = [
        pytest.param(code, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, (language, code) in enumerate(
            BLOCK.findall(page.read_text("utf-8"))
        )
        if language == kind
    ]
    return pytest.mark.parametrize("code", found)


@pytest.fixture(autouse=True)
def _documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "papers").mkdir()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for name in ("report.pdf", "annex.pdf", "papers/one.pdf"):
        (tmp_path / name).write_bytes(PDF)
    (tmp_path / "v1.json").write_bytes(b.dump(V1))


@pytest.mark.filterwarnings("ignore::parsestrata.ParseStrataWarning")
@blocks("python")
def test_every_snippet_runs_against_the_server(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Store(tmp_path / "store")
    job_id = store.put((ROOT / "examples" / "harbour-water-2025.json").read_bytes())

    with serving(store, engine=find_engine()) as url:
        monkeypatch.setenv("LLAMA_CLOUD_BASE_URL", url)
        monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "any")
        names: dict[str, Any] = {}
        exec(code.replace("pjb-…", job_id), names)  # noqa: S102

    assert bool(capsys.readouterr().out.strip()) == ("print(" in code)
    made = [names[name] for name in ("documents", "nodes", "chunks") if name in names]
    assert all(made)


@blocks("python before")
def test_what_was_written_before_is_python(code: str) -> None:
    assert compile(code, "docs", "exec")


@blocks("console")
def test_every_shell_session_prints_what_it_shows(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, shown = code.partition("\n")

    main(shlex.split(command.removeprefix("$ parsestrata ")))

    printed = capsys.readouterr()
    assert printed.err + printed.out == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_kind_that_is_tried(page: Path) -> None:
    kinds = {language for language, _ in BLOCK.findall(page.read_text("utf-8"))}

    tried = {"python", "python before", "console", "sh", "json"}
    assert kinds <= (tried | {"py"} if page.stem == "stores" else tried)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_within_a_page_lead_to_its_headings(page: Path) -> None:
    text = page.read_text("utf-8")
    titles = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}

    links = re.findall(r"\]\(#([^)]+)\)", text)

    assert [link for link in links if link not in anchors] == []


def table(title: str, number: int = 0) -> list[tuple[list[str], str]]:
    """Read a table: the code words of the first column, and the second column."""
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    found = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)[number]
    rows = [line.strip("| ").split(" | ", 1) for line in found.splitlines()[2:]]
    return [(re.findall(r"`([^`]+)`", before), after) for before, after in rows]


def test_options_that_the_map_names_are_options() -> None:
    rows = table("Options")

    named = {
        name for _, after in rows for name in re.findall(r"`([a-z_]+)[`=:]", after)
    }

    assert named - {"progress"} <= {*Options.model_fields}
    assert {"split", "concurrency", "on_failed_job"} <= named


def test_options_that_the_map_names_for_v2_are_in_its_contract() -> None:
    rows = table("Options", 1)
    tiers = {"fast", "cost_effective", "agentic", "agentic_plus", "page_label"}

    named = {name for _, after in rows for name in re.findall(r"`([a-z_.]+)`", after)}

    assert [path for path in named - tiers if not in_contract(path)] == []
    assert len(named) > 30


def in_contract(path: str) -> bool:
    """Follow a dotted name through the SDK's types of a request."""
    kind: Any = ParsingCreateParams
    for name in path.split("."):
        inner = [k for k in (kind, *typing.get_args(kind)) if hasattr(k, "__total__")]
        hints = typing.get_type_hints(inner[0]) if inner else {}
        if name not in hints:
            return False
        kind = hints[name]
    return True


def test_no_parameter_is_mapped_twice() -> None:
    rows = [*table("Options"), *table("Options", 1)]

    names = [name for before, _ in rows for name in before]

    assert len(names) > 100
    assert sorted(names) == sorted({*names})


def test_metadata_that_the_map_names_are_keys() -> None:
    rows = table("Metadata")
    others = {"split", "extra_metadata", "include_page_furniture"}

    named = {name for _, after in rows for name in re.findall(r"`([a-z_]+)[`=]", after)}

    assert named - others <= {*KEYS}
