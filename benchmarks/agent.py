"""How long the tools for agents take to answer, as a Markdown table.

    python benchmarks/agent.py [PDF]

Opens a PDF of 400 pages once and calls each tool 200 times at random: any section,
any run of pages, words of the document, any table and its columns, any cursor that
came back. Milliseconds of the wall clock, and the tokens of the answers against the
budget, which none may exceed.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from parsestrata.agent import Answer, DocumentTools

DOCUMENT = Path(__file__).resolve().parents[2] / "shared" / "pdf" / "pdf2image-400p.pdf"
SHIPPED = Path(__file__).resolve().parents[1] / "examples" / "reportlab-userguide.pdf"
CALLS = 200
BUDGET = 1500
_MILLI = 1000


class Caller:
    """Calls tools at random, and goes on where an answer has more.

    Args:
        tools: Over one document.
        seed: Of the choices.
    """

    def __init__(self, tools: DocumentTools, seed: int) -> None:
        self._tools = tools
        self._random = random.Random(seed)
        document = tools.open()
        self._sections = [section.id for section in document.sections]
        self._pages = [page.number for page in document.pages]
        self._tables = document.tables
        words = " ".join([passage.text for passage in document.passages]).split()
        self._words = sorted({word for word in words if word.isalpha()})

    def calls(self) -> dict[str, Callable[[str], Answer]]:
        """Choose the arguments of one call of each tool; each takes a cursor."""
        tools, choose = self._tools, self._random.choice
        section = choose(self._sections)
        first, last = sorted(self._random.choices(self._pages, k=2))
        last = min(last, first + 5)
        query = " ".join(self._random.choices(self._words, k=3))
        table = choose(self._tables)
        number = self._random.randint(1, max(len(table.header), 1))
        depth = self._random.randint(1, 4)
        return {
            "describe": lambda c: tools.describe(cursor=c),
            "outline": lambda c: tools.outline(depth, cursor=c),
            "read_section": lambda c: tools.read_section(section, cursor=c),
            "read_pages": lambda c: tools.read_pages(first, last, cursor=c),
            "search": lambda c: tools.search(query, cursor=c),
            "search within a section": lambda c: tools.search(
                query, within=section, cursor=c
            ),
            "list_tables": lambda c: tools.list_tables(cursor=c),
            "get_table": lambda c: tools.get_table(f"t{table.number}", cursor=c),
            "get_table, one column": lambda c: tools.get_table(
                f"t{table.number}", columns=(str(number),), cursor=c
            ),
        }


def measure(tools: DocumentTools) -> dict[str, list[tuple[float, int]]]:
    """Return milliseconds and tokens of each call, by tool."""
    caller, count = Caller(tools, seed=1), tools.open().count
    runs: dict[str, list[tuple[float, int]]] = {}
    cursors: dict[str, tuple[Callable[[str], Answer], str]] = {}
    for _ in range(CALLS):
        for name, call in caller.calls().items():
            todo, cursor = cursors.pop(name, (call, ""))
            start = time.perf_counter()
            answer = todo(cursor)
            took = (time.perf_counter() - start) * _MILLI
            runs.setdefault(name, []).append((took, count(str(answer))))
            if answer.next:
                cursors[name] = (todo, answer.next)
    return runs


def main() -> None:
    """Print what opening takes, and a line for each tool."""
    found = DOCUMENT if DOCUMENT.is_file() else SHIPPED
    path = Path(sys.argv[1]) if sys.argv[1:] else found
    start = time.perf_counter()
    tools = DocumentTools(path, answer_tokens=BUDGET)
    document = tools.open()
    opened = time.perf_counter()
    tools.search("anything")
    searched = time.perf_counter()
    print(
        f"{path.name}: {len(document.pages)} pages, {len(document.sections)} sections, "
        f"{len(document.tables)} tables\n\nopened in {opened - start:.2f} s, first "
        f"search (index and imports) {searched - opened:.2f} s more\n"
    )
    print("| tool | median ms | 95 % ms | longest ms | most tokens |")
    print("|---|---|---|---|---|")
    for name, runs in measure(tools).items():
        times = sorted(took for took, _ in runs)
        late = times[int(len(times) * 0.95)]
        most = max(tokens for _, tokens in runs)
        print(
            f"| {name} | {statistics.median(times):.1f} | {late:.1f} "
            f"| {times[-1]:.1f} | {most} |"
        )


if __name__ == "__main__":
    main()
