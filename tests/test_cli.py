"""The command line: data, talk, exit codes and files."""

import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest

import building as b
from parsestrata import chunk, contextualize, outline
from parsestrata.chunking.metadata import KEYS
from parsestrata.cli.main import main
from parsestrata.options import Split

SPLITS = get_args(Split)
JOB_ID = "pjb-abcdefghijklmnopqrstuvwxyz0123"

REPORT = b.result(
    b.page(
        1,
        b.header("Running head"),
        b.heading("Water — été"),
        b.text(b.words(120)),
        b.footer(1),
    ),
    b.page(2, b.heading("Use", 2), b.text(b.words(90, "use")), b.image("A tap")),
    b.page(3, b.table([["Year", "Use"], [2024, 7]])),
    name="wäter.pdf",
    markdown=b.markdown((1, "# Water"), (2, "## Use"), (3, "| Year | Use |")),
)
V1 = {"pages": [{"page": 1, "md": "x", "items": [{"type": "text", "lvl": None}]}]}


def job(status: str, message: str | None = None) -> bytes:
    result = b.result()
    result["job"] |= {"status": status, "error_message": message}
    return b.dump({**result, "items": None, "metadata": None})


BAD_FILES = {
    "empty": (b"", "is empty, not a JSON result"),
    "html": (b"<html>\n<body>", "this is HTML or XML"),
    "cut": (b.dump(REPORT)[:-9], "was the download cut short"),
    "prose": (b"Dear reader,\n", "the JSON is malformed"),
    "v1": (b.dump(V1), "this is a LlamaParse v1 result"),
    "no items": (b.dump({**REPORT, "items": None}), "expand=items"),
    "pending": (job("PENDING"), "is PENDING"),
    "failed": (job("FAILED", "PDF is\nbroken"), "is FAILED: PDF is broken"),
    "cancelled": (job("CANCELLED"), "is CANCELLED"),
    "list": (b"[]", "not a LlamaParse v2 result"),
}


class Run:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaints(self) -> list[str]:
        lines = self.err.splitlines()
        assert all(line.startswith("parsestrata: ") for line in lines)
        return [line.removeprefix("parsestrata: ") for line in lines]


Runner = Callable[..., Run]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run a command in this process; `stdin` is what it reads."""
    monkeypatch.delenv("LLAMA_CLOUD_API_KEY", raising=False)
    monkeypatch.delenv("LLAMA_PARSE_API_KEY", raising=False)

    def run(*arguments: object, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run


def spawn(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "parsestrata", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, check=False, timeout=60, **options
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "water.json"
    path.write_bytes(b.dump(REPORT))
    return path


def test_chunk_writes_a_json_object_a_line(run: Runner, real_file: Path) -> None:
    made = run("chunk", real_file)

    chunks = list(chunk(real_file))
    assert (made.code, made.err) == (0, "")
    assert [tuple(row) for row in made.rows] == [("id", "text", "metadata")] * len(
        chunks
    )
    assert [row["id"] for row in made.rows] == [c.id for c in chunks]
    assert [row["text"] for row in made.rows] == [contextualize(c) for c in chunks]
    assert all(tuple(row["metadata"]) == KEYS for row in made.rows)


def test_text_is_there_to_read(run: Runner, real_file: Path) -> None:
    made = run("chunk", real_file, "--format", "text")

    chunks = list(chunk(real_file))
    assert (made.code, made.err) == (0, "")
    assert made.out.count("\n\n── #") == len(chunks) - 1
    assert all(contextualize(c) in made.out for c in chunks)
    assert f"; {', '.join(chunks[0].item_types)}" in made.out


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        *[(["--split", split], {"split": split}) for split in SPLITS],
        (["--max-tokens", "60"], {"max_tokens": 60}),
        (["--min-tokens", "0"], {"min_tokens": 0}),
        *[(["--context", c], {"context": c}) for c in ("name+path", "path", "none")],
        *[
            (["--table-format", name], {"table_format": name})
            for name in ("compact", "markdown", "html", "csv")
        ],
        (["--metadata", "rich"], {"metadata": "rich"}),
        (["--on-failed-page", "raise"], {"on_failed_page": "raise"}),
        (["--include-page-furniture"], {"include_page_furniture": True}),
        (["--repair-headings"], {"repair_headings": True}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_option_does_what_it_does_in_python(
    run: Runner, saved: Path, arguments: list[str], options: dict[str, Any]
) -> None:
    made = run("chunk", saved, *arguments)

    assert made.code == 0
    expected = [(c.id, contextualize(c)) for c in chunk(saved, **options)]
    assert [(row["id"], row["text"]) for row in made.rows] == expected
    assert isinstance(made.rows[0]["metadata"]["bbox"], list) == ("metadata" in options)


def test_many_sources_come_one_after_the_other(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(b.dump(b.result(b.page(1, b.text("Soil.")), name="soil.pdf")))

    made = run("chunk", saved, other)

    assert made.code == 0
    sources = [row["metadata"]["source"] for row in made.rows]
    assert sources == ["wäter.pdf"] * (len(sources) - 1) + ["soil.pdf"]


def test_a_dash_is_standard_input(run: Runner, saved: Path) -> None:
    made = run("chunk", "-", stdin=saved.read_bytes())

    assert made.out == run("chunk", saved).out


def test_outline_shows_the_tree_with_its_pages(run: Runner, saved: Path) -> None:
    made = run("outline", saved)

    assert (made.code, made.err) == (0, "")
    assert made.out == "Water — été  (pp. 1-3)\n  Use  (pp. 2-3)\n"


def test_outline_stops_at_the_depth_asked_for(run: Runner, saved: Path) -> None:
    made = run("outline", "--depth", "1", saved)

    assert made.out == "Water — été  (pp. 1-3)\n"
    [section] = json.loads(run("outline", saved, "--depth=1", "--format=json").out)
    assert section["sections"] == []


def test_outline_as_json_has_every_section(run: Runner, real_file: Path) -> None:
    made = run("outline", real_file, "--format", "json")

    def tree(sections: Any) -> list[dict[str, Any]]:
        return [
            {
                "heading": s.heading.text,
                "level": s.heading.level,
                "page_number": s.page_number,
                "page_end": s.page_end,
                "sections": tree(s.sections),
            }
            for s in sections
        ]

    assert made.code == 0
    assert json.loads(made.out) == tree(outline(real_file))


def test_outline_reads_standard_input_and_mends_headings(run: Runner) -> None:
    result = b.result(b.page(1, b.text("Scope", label="paragraph_title"), b.text("x")))

    plain = run("outline", "-", stdin=b.dump(result))
    mended = run("outline", "-", "--repair-headings", stdin=b.dump(result))

    assert (plain.code, plain.out) == (0, "")
    assert plain.complaints == ["the result has no headings"]
    assert mended.out == "Scope  (p. 1)\n"


@pytest.mark.parametrize("command", ["chunk", "outline"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_input_is_one_clear_line(
    run: Runner, tmp_path: Path, command: str, name: str
) -> None:
    data, says = BAD_FILES[name]
    path = tmp_path / f"{name}.json"
    path.write_bytes(data)

    made = run(command, path)

    assert (made.code, made.out) == (1, "")
    [complaint] = made.complaints
    assert says in complaint


@pytest.mark.parametrize("command", ["chunk", "outline"])
def test_what_is_no_file_is_one_clear_line(
    run: Runner, tmp_path: Path, command: str
) -> None:
    missing, directory = run(command, "none.json"), run(command, tmp_path)
    empty, overlong = run(command, "-"), run(command, "x" * 5000)

    for made in (missing, directory, empty, overlong):
        assert (made.code, made.out, len(made.complaints)) == (1, "", 1)
    assert missing.complaints[0].startswith("none.json: there is no such file")
    assert "this is a directory" in directory.complaints[0]
    assert "is empty, not a JSON result" in empty.complaints[0]
    assert len(overlong.err) < 500


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chunk", "x.json", "--max-tokens", "0"], "max_tokens=0: "),
        (["chunk", "x.json", "--max-tokens", "many"], "--max-tokens"),
        (["chunk", "x.json", "--min-tokens", "600"], "min_tokens=600 is above"),
        (["chunk", "x.json", "--split", "section"], "'section' (choose from"),
        (["chunk", "x.json", "--colour"], "--colour"),
        (["chunk"], "SOURCE"),
        (["outline", "x.json", "--depth", "0"], "--depth 0: expected 1 or more"),
        (["outline", "x.json", "y.json"], "y.json"),
        (["chunks", "x.json"], "chunks"),
        ([], "required"),
        (["chunk", JOB_ID], "LLAMA_CLOUD_API_KEY"),
        (["outline", JOB_ID], "LLAMA_CLOUD_API_KEY"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_line_and_code_2(
    run: Runner, arguments: list[str], says: str
) -> None:
    made = run(*arguments)

    assert (made.code, made.out) == (2, "")
    [complaint] = made.complaints
    assert says in complaint


def test_a_wrong_source_among_good_ones_is_told_and_the_rest_written(
    run: Runner, saved: Path
) -> None:
    made = run("chunk", "none.json", saved, JOB_ID)

    assert made.code == 1
    assert made.out == run("chunk", saved).out
    assert len(made.complaints) == 2
    assert made.complaints[0].startswith("none.json: there is no such file")
    assert made.complaints[1].startswith(f"{JOB_ID}: no API key")


def test_help_and_version_are_data(run: Runner) -> None:
    assert run("--version").out.startswith("parsestrata ")
    for arguments in (["--help"], ["chunk", "--help"], ["outline", "-h"]):
        made = run(*arguments)
        assert (made.code, made.err) == (0, "")
        assert "usage: parsestrata" in made.out


def test_a_warning_is_one_line(run: Runner) -> None:
    result = b.result(b.page(1, b.text("Water.")), b.failed_page(2, "timed\nout"))

    made = run("chunk", "-", stdin=b.dump(result))

    assert made.code == 0
    assert len(made.rows) == 1
    assert made.complaints == ["warning: report.pdf: page 2 failed: timed out"]


def test_a_failed_page_can_end_the_command(run: Runner) -> None:
    result = b.result(b.page(1, b.text("Water.")), b.failed_page(2))

    made = run("chunk", "-", "--on-failed-page", "raise", stdin=b.dump(result))

    assert (made.code, made.out) == (1, "")
    assert made.complaints == ["report.pdf: page 2 failed: worker timed out"]


def test_the_report_is_talk(run: Runner, saved: Path) -> None:
    made = run("chunk", saved, "--report")

    assert made.code == 0
    assert made.out == run("chunk", saved).out
    assert made.err.startswith(f"wäter.pdf: {len(made.rows)} chunks from ")
    assert "items left out: " in made.err


def test_the_report_is_there_when_a_source_failed(run: Runner, saved: Path) -> None:
    made = run("chunk", saved, "none.json", "--report")

    assert made.code == 1
    assert "none.json: FAILED: none.json: there is no such file" in made.err


def test_a_file_holds_what_standard_output_would(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"

    made = run("chunk", saved, "-o", path)

    assert (made.code, made.out, made.err) == (0, "", "")
    assert path.read_text("utf-8") == run("chunk", saved).out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.jsonl", "water.json"]


def test_a_new_file_has_the_mode_of_the_umask(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    before = os.umask(0o027)

    try:
        run("chunk", saved, "-o", path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_is_replaced_keeps_its_mode_and_its_links(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    path, link = tmp_path / "out.jsonl", tmp_path / "link.jsonl"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)

    made = run("chunk", saved, "-o", link)

    assert made.code == 0
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text("utf-8") == run("chunk", saved).out


@pytest.mark.parametrize(
    "sources", [["none.json"], ["none.json", "nowhere.json"]], ids=["one", "all"]
)
def test_a_file_is_kept_when_nothing_could_be_read(
    run: Runner, tmp_path: Path, sources: list[str]
) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    made = run("chunk", *sources, "-o", path)

    assert made.code == 1
    assert len(made.complaints) == len(sources)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_good_sources_gave_is_kept_in_the_file(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")

    made = run("chunk", saved, "none.json", "-o", path)

    assert made.code == 1
    assert path.read_text("utf-8") == run("chunk", saved).out


def test_a_file_may_be_its_own_source(run: Runner, saved: Path) -> None:
    expected = run("chunk", saved, "--split", "result").out

    made = run("chunk", saved, "--split", "result", "-o", saved)

    assert made.code == 0
    assert saved.read_text("utf-8") == expected


def test_a_file_that_cannot_be_written_is_one_line(
    run: Runner, saved: Path, tmp_path: Path
) -> None:
    nowhere, directory = tmp_path / "none" / "out.jsonl", tmp_path

    for path in (nowhere, directory):
        made = run("chunk", saved, "-o", path)
        assert (made.code, made.out) == (1, "")
        [complaint] = made.complaints
        assert complaint.startswith(f"{path}: ")


def test_output_may_go_to_a_device(run: Runner, saved: Path) -> None:
    made = run("chunk", saved, "-o", os.devnull)

    assert (made.code, made.out, made.err) == (0, "", "")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


class _Interrupted(io.BytesIO):
    def read(self, *_: Any) -> bytes:
        raise KeyboardInterrupt


def test_an_interrupt_is_code_130_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(_Interrupted()))

    code = main(["chunk", "-", "-o", str(tmp_path / "out.jsonl")])

    assert code == 130
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_interrupted_says_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = f"exec '{sys.executable}' -m parsestrata chunk - -o '{tmp_path}/out'"
    process = subprocess.Popen(  # noqa: S602 - our own words
        command, shell=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )

    while not list(tmp_path.glob(".out.*.part")):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, b"")
    assert sorted(tmp_path.iterdir()) == [pipe]


def test_a_reader_that_goes_away_is_no_trouble(tmp_path: Path) -> None:
    pages = [b.page(n, b.text(b.words(300))) for n in range(1, 300)]
    path = tmp_path / "long.json"
    path.write_bytes(b.dump(b.result(*pages)))
    command = [sys.executable, "-m", "parsestrata", "chunk", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None

    first = process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=30) == 1
    assert json.loads(first)["metadata"]["chunk_index"] == 0
    assert err == b""


def test_a_terminal_that_is_not_utf8_gets_utf8(saved: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}

    rows = spawn("chunk", saved, env=environment)
    tree = spawn("outline", saved, env=environment)

    assert (rows.returncode, rows.stderr) == (0, b"")
    assert "wäter.pdf" in rows.stdout.decode()
    assert tree.stdout.decode().startswith("Water — été")


def test_the_program_works_as_installed(saved: Path) -> None:
    made = spawn("chunk", "-", input=saved.read_bytes())

    assert (made.returncode, made.stderr) == (0, b"")
    assert len(made.stdout.splitlines()) == len(list(chunk(saved)))


def test_no_framework_is_loaded(saved: Path) -> None:
    program = (
        "import sys; from parsestrata.cli.main import main; "
        f"assert main(['chunk', {str(saved)!r}]) == 0; "
        f"assert main(['outline', {str(saved)!r}]) == 0; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('langchain_core', 'llama_index', 'llama_cloud', 'requests', 'torch')])"
    )

    made = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )

    assert made.stdout.splitlines()[-1] == b"[]"


class _API(BaseHTTPRequestHandler):
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        known = JOB_ID in self.path
        data = b.dump(REPORT) if known else b'{"detail": "no such\\njob"}'
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[str]:
    _API.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _API)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_job_id_is_fetched_from_the_api(
    run: Runner, api: str, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "llx-secret")
    expected = run("chunk", saved).out
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "llx-secret")

    made = run("chunk", JOB_ID, "--base-url", api, "--project-id", "p1")
    tree = run("outline", JOB_ID, "--base-url", api)

    assert (made.code, made.err, made.out) == (0, "", expected)
    assert tree.out == run("outline", saved).out
    path, key = _API.asked[0]
    assert path.startswith(f"/api/v2/parse/{JOB_ID}?")
    assert re.search(r"project_id=p1\b", path)
    assert key == "Bearer llx-secret"


def test_a_job_that_is_not_there_is_one_line_without_the_key(
    run: Runner, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_CLOUD_API_KEY", "llx-secret")

    made = run("chunk", "pjb-unknown", "--base-url", api)

    assert (made.code, made.out) == (1, "")
    [complaint] = made.complaints
    assert "HTTP 404: no such job" in complaint
    assert "llx-secret" not in made.err
