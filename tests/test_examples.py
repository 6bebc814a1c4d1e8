"""The examples run from a shell, and end in what they promise."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from parsestrata import cite
from parsestrata.langchain import LlamaParseLoader

pytestmark = pytest.mark.needs("dev", "agent", "langchain", "llama-index", "local")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
RAG = ["langchain_rag.py", "llama_index_rag.py"]
CHAPTER = "Chapter 4 Exposing PDF Special Capabilities > 4.6 Encryption"
FOUND = [
    f"[1] reportlab-userguide.pdf, p. 58, {CHAPTER} > About encrypting PDF files",
    f"[2] reportlab-userguide.pdf, p. 59, {CHAPTER} > How To Use Encryption",
]


@pytest.fixture(scope="module", params=RAG, ids=lambda name: Path(name).stem)
def printed(request: pytest.FixtureRequest) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / request.param)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout


def test_a_question_finds_the_pages_that_answer_it(printed: str) -> None:
    prompt, _, sources = printed.partition("\nSources\n")

    for line in FOUND:
        assert line in prompt
        assert line in sources
    assert "Question: How do I encrypt a PDF" in prompt


def test_each_passage_in_the_prompt_is_a_chunk_under_its_citation(printed: str) -> None:
    documents = LlamaParseLoader(EXAMPLES / "reportlab-userguide.pdf").load()

    prompt, _, _ = printed.partition("\n\nQuestion: ")

    passages = re.findall(r"^(?:Human: )?\[\d\] (.*)$", prompt, re.MULTILINE)
    cited = [d for line in passages for d in documents if str(cite(d)) == line]
    assert len(passages) == 4
    for line in passages:
        texts = [d.page_content for d in cited if str(cite(d)) == line]
        assert any(text.partition("\n\n")[2] in prompt for text in texts)


def test_each_source_has_a_number_of_its_own_and_a_box(printed: str) -> None:
    _, _, sources = printed.partition("\nSources\n")

    numbers = re.findall(
        r"^\[(\d)\] reportlab-userguide\.pdf, p\. ", sources, re.MULTILINE
    )
    boxes = re.findall(r"^    first box: (\d+), (\d+) points", sources, re.MULTILINE)

    assert numbers == ["1", "2", "3", "4"]
    assert len(boxes) == 4
