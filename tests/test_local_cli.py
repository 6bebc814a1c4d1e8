"""`parsestrata parse`, and documents given to the other commands."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from making_pdfs import Words, heading, make_pdf
from parsestrata.cli.main import main
from parsestrata.options import Options
from parsestrata.sources.local.parsing import parse_document

pytestmark = pytest.mark.needs("local")

PDF = make_pdf(
    [heading("Scope", 80), Words("The plan holds for all wells of the town.", 110)],
    b"72 400 300 200 re f",
)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.pdf"
    path.write_bytes(PDF)
    return path


def test_parse_writes_the_result_to_standard_output(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["parse", str(plan)])

    printed = capsys.readouterr()
    assert code == 0
    assert printed.out.encode() == parse_document(plan, Options()) + b"\n"


def test_parse_says_which_pages_failed(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["parse", str(plan)])

    assert f"warning: {plan}: page 2 failed: needs OCR" in capsys.readouterr().err


def test_parse_writes_a_file_that_is_a_source_again(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "plan.json"

    codes = [
        main(["parse", str(plan), "-o", str(saved)]),
        main(["outline", str(saved)]),
    ]

    assert codes == [0, 0]
    assert capsys.readouterr().out == "Scope  (p. 1)\n"


def test_parse_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(PDF)))

    code = main(["parse", "-"])

    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert result["job"]["name"] is None


def test_parse_fails_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two\nlines.pdf"
    path.write_bytes(b"")

    code = main(["parse", str(path)])

    complaint = capsys.readouterr().err
    assert code == 1
    assert complaint.count("\n") == 1
    assert "is empty, not a PDF" in complaint


def test_parse_works_on_this_machine_alone(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["parse", str(plan), "--engine", "cloud"])

    assert code == 2
    assert "--engine cloud" in capsys.readouterr().err


def test_a_document_is_chunked_like_a_result(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["chunk", str(plan), "--on-failed-page", "skip"])

    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert row["metadata"]["heading_path"] == "Scope"
    assert row["metadata"]["file_name"] == "plan.pdf"


def test_a_password_comes_from_a_file(
    locked_pdf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password\nsecond line\n", encoding="utf-8")

    code = main(["chunk", str(locked_pdf), "--password-file", str(secret)])

    assert code == 0
    assert capsys.readouterr().out


def test_a_password_file_that_is_not_there_is_a_wrong_option(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["chunk", str(plan), "--password-file", str(tmp_path / "none")])

    assert code == 2
    assert "--password-file" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["chunk", "outline"])
def test_a_damaged_pdf_is_one_clear_line(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pdf.json"
    path.write_bytes(b"%PDF-1.7\n%\xe2")

    code = main([command, str(path)])

    printed = capsys.readouterr()
    assert (code, printed.out) == (1, "")
    assert len(printed.err.splitlines()) == 1
    assert "is damaged or no PDF at all" in printed.err
