"""What an agent does with the tools, with a fixed plan in the place of a model.

Six questions about a manual of 134 pages. For each the plan looks at the outline,
searches, reads the sections that were found, or their tables, and stops at the line
that answers: never the whole document, and each answer with its page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parsestrata import Citation
from parsestrata.agent import Answer, DocumentTools

DOCUMENT = Path(__file__).with_name("reportlab-userguide.pdf")


@dataclass(frozen=True)
class Question:
    """A question, and what a model would make of it."""

    text: str
    query: str
    """The words that are searched."""
    sign: str
    """What the sentence or row of the answer is known by."""
    in_table: bool = False


QUESTIONS = (
    Question(
        "Which versions of Python does this release need?",
        "release requires Python versions",
        "Python versions",
    ),
    Question(
        "On which page size does a canvas draw when none is given?",
        "canvas default page size",
        "defaults to",
    ),
    Question(
        "What can one set with the fit parameter XYZ of a bookmark?",
        "bookmarkPage fit parameter",
        "XYZ",
        in_table=True,
    ),
    Question(
        "What does a PDF with an owner password alone ask of its reader?",
        "owner password user password result",
        "No password required",
        in_table=True,
    ),
    Question(
        "Which values does VALIGN take in a table's style?",
        "TableStyle commands VALIGN",
        "VALIGN",
        in_table=True,
    ),
    Question(
        "How are the labels of a value axis formatted?",
        "YValueAxis properties",
        "labelTextFormat",
        in_table=True,
    ),
)


@dataclass(frozen=True)
class Found:
    """A sentence or a row that answers, and where it stands."""

    text: str
    citation: Citation
    calls: int
    """How many tools were called."""
    tokens: int
    """How many tokens their answers had together."""


class Agent:
    """Follows the plan and keeps count of what it reads.

    Args:
        tools: Over one document.
    """

    def __init__(self, tools: DocumentTools) -> None:
        self._tools = tools
        self._count = tools.open().count
        self._calls = 0
        self._tokens = 0

    def ask(self, question: Question) -> Found | None:
        """Answer a question, or say None."""
        self._calls = self._tokens = 0
        self._see(self._tools.outline(1))
        hits = self._see(self._tools.search(question.query, k=3))
        for citation in hits.citations:
            section = " > ".join(citation.heading_path)
            read = self._tables if question.in_table else self._pages_of
            for answer in read(section):
                found = self._find(question.sign, answer)
                if found is not None:
                    return found
        return None

    def _pages_of(self, section: str) -> Iterator[Answer]:
        """Read a section to its end, one answer after the other."""
        cursor = ""
        while True:
            answer = self._see(self._tools.read_section(section, cursor=cursor))
            yield answer
            cursor = answer.next
            if not cursor:
                return

    def _tables(self, section: str) -> Iterator[Answer]:
        """Read the tables of a section."""
        listed = self._see(self._tools.list_tables(section))
        for table in re.findall(r"^t\d+", listed.text, re.MULTILINE):
            yield self._see(self._tools.get_table(table, format="markdown"))

    def _find(self, sign: str, answer: Answer) -> Found | None:
        """Find a sentence or a row, and the citation whose number stands above."""
        number = 0
        for line in answer.text.splitlines():
            mark = re.fullmatch(r"\[(\d+)\]", line)
            number = int(mark[1]) if mark else number
            row = line.startswith("|")
            for sentence in [line] if row else re.split(r"(?<=[.!?]) ", line):
                if sign in sentence:
                    citation = answer.citations[number - 1]
                    return Found(sentence, citation, self._calls, self._tokens)
        return None

    def _see(self, answer: Answer) -> Answer:
        self._calls += 1
        self._tokens += self._count(str(answer))
        return answer


def main() -> None:
    """Ask all questions and print the answers."""
    tools = DocumentTools(DOCUMENT)
    print(tools.describe())
    agent = Agent(tools)
    for question in QUESTIONS:
        print(f"\n{question.text}")
        found = agent.ask(question)
        if found is None:
            print("  no answer")
            continue
        print(f"  {found.text[:160]}")
        print(f"  {found.citation}  ({found.calls} calls, {found.tokens} tokens)")


if __name__ == "__main__":
    main()
