"""The five values of `split`, each a way from a result to chunks."""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from parsestrata.api import lean
from parsestrata.api.models import FailedPage, MarkdownPage
from parsestrata.chunking.chunk import Chunk
from parsestrata.chunking.chunker import ChunkMaker, keep_items
from parsestrata.chunking.packing import Packer, join
from parsestrata.chunking.pieces import Piece, Writer
from parsestrata.chunking.tokens import resolve_counter
from parsestrata.conversion.conversion import Conversion
from parsestrata.document.model import Heading, Item, Page
from parsestrata.document.outline import heading_paths, next_path
from parsestrata.document.reading import clean_markdown, placeholder, read_page
from parsestrata.errors import MissingContentError
from parsestrata.options import Split


class _PageText(Struct, frozen=True, kw_only=True):
    """One page as one text, and the items it is made of."""

    body: str
    pieces: list[Piece]
    path: tuple[Heading, ...] = ()


def split_result(conversion: Conversion) -> Iterator[Chunk]:
    """Yield what the `split` option asks for.

    Args:
        conversion: The result, its options and its report.

    Raises:
        MissingContentError: The result lacks what the split needs.
        PageFailedError: A page failed and `on_failed_page="raise"`.
    """
    return _SPLITS[conversion.options.split](conversion)


def _by_item(conversion: Conversion) -> Iterator[Chunk]:
    maker, writer = _maker(conversion), _writer(conversion)
    packer = Packer(writer, conversion.options, conversion.origin.file_name)
    items = keep_items(conversion.items(), conversion.options, conversion.report)
    for item, path in heading_paths(conversion.repaired(items)):
        piece = writer.write(item)
        context = packer.context(path)
        yield maker.make([piece], path=path, context=context, body=piece.text)


def _by_page(conversion: Conversion) -> Iterator[Chunk]:
    maker = _maker(conversion)
    for page in _page_texts(conversion):
        yield maker.make(page.pieces, path=page.path, body=page.body)


def _whole_document(conversion: Conversion) -> Iterator[Chunk]:
    pages = list(_page_texts(conversion))
    if pages:
        pieces = [piece for page in pages for piece in page.pieces]
        body = join([page.body for page in pages])
        yield _maker(conversion).make(pieces, body=body)


def _raw_result(conversion: Conversion) -> Iterator[Chunk]:
    """Hand the JSON on as it is, for a splitter later in a pipeline."""
    pieces = []
    for page, _ in _plain_pages(conversion):
        conversion.see_page(page, blank=False)
        pieces.append(_piece(conversion, page, ""))
    if not pieces:
        pieces = [_piece(conversion, Page(number=1), "")]
    body = conversion.result.data.decode(errors="replace")
    yield _maker(conversion).make(pieces, body=body)


_SPLITS: dict[Split, Callable[[Conversion], Iterator[Chunk]]] = {
    "chunk": Conversion.chunks,
    "item": _by_item,
    "page": _by_page,
    "document": _whole_document,
    "result": _raw_result,
}


def _page_texts(conversion: Conversion) -> Iterator[_PageText]:
    """Yield every page that has a text, from the best content there is."""
    if "items" in conversion.result.content:
        yield from _structured_pages(conversion)
        return
    for page, text in _plain_pages(conversion):
        conversion.see_page(page, blank=not text and not page.error)
        body = text
        if page.error and conversion.options.on_failed_page == "placeholder":
            body = placeholder(page, 0).text
        if body:
            yield _PageText(body=body, pieces=[_piece(conversion, page, body)])


def _structured_pages(conversion: Conversion) -> Iterator[_PageText]:
    """Take a page's markdown and know its items; without it, join its items."""
    writer = _writer(conversion)
    markdown = _markdown_by_page(conversion)
    path: tuple[Heading, ...] = ()
    added = 0
    for page, items in conversion.pages():
        pieces = []
        opening = None
        kept = keep_items(_move(items, added), conversion.options, conversion.report)
        for item in conversion.repaired(kept):
            path = next_path(path, item)
            opening = path if opening is None else opening
            pieces.append(writer.write(item))
        text = markdown.pop(page.number, "")
        body = text or join([piece.text for piece in pieces])
        if body and not pieces:
            pieces.append(_piece(conversion, page, body))
            added += 1
            conversion.report.blank_pages = [
                number
                for number in conversion.report.blank_pages
                if number != page.number
            ]
        if body:
            yield _PageText(body=body, pieces=pieces, path=opening or path)
    yield from _pages_left_over(conversion, markdown)


def _move(items: list[Item], added: int) -> Iterator[Item]:
    """Number items behind those that stand for pages without items of their own."""
    for item in items:
        position = item.position + added
        yield msgspec.structs.replace(item, position=position) if added else item


def _pages_left_over(
    conversion: Conversion, markdown: dict[int, str]
) -> Iterator[_PageText]:
    """Yield pages that the markdown has and the items have not."""
    metadata = conversion.result.lean_metadata() if markdown else {}
    for number, body in markdown.items():
        page = read_page(number, metadata.get(number))
        conversion.see_page(page, blank=not body)
        if body:
            yield _PageText(body=body, pieces=[_piece(conversion, page, body)])


def _markdown_by_page(conversion: Conversion) -> dict[int, str]:
    if "markdown" not in conversion.result.content:
        return {}
    return {
        page.page_number: _markdown(conversion, page)
        for page in conversion.result.markdown_pages()
        if isinstance(page, MarkdownPage)
    }


def _markdown(conversion: Conversion, page: MarkdownPage) -> str:
    parts = [page.markdown]
    if conversion.options.include_page_furniture:
        parts = [page.header or "", page.markdown, page.footer or ""]
    return join([clean_markdown(part) for part in parts])


def _plain_pages(conversion: Conversion) -> Iterator[tuple[Page, str]]:
    """Yield each page, and its text unless the page is known by its items only."""
    result = conversion.result
    metadata = result.lean_metadata()
    if "markdown" in result.content:
        for page in result.markdown_pages():
            text = "" if isinstance(page, FailedPage) else _markdown(conversion, page)
            yield _bare_page(page, metadata), text
    elif "items" in result.content:
        for structured in result.lean_item_pages():
            yield _bare_page(structured, metadata), ""
    elif "text" in result.content:
        note = "the result has neither markdown nor items: pages are plain text"
        conversion.report.notes.append(note)
        for plain in result.text_pages():
            text = "" if isinstance(plain, FailedPage) else clean_markdown(plain.text)
            yield _bare_page(plain, metadata), text
    else:
        problem = (
            f"the result has no pages to make a {conversion.options.split} of. Fetch "
            "it with expand=markdown,metadata (or items, or text)"
        )
        raise MissingContentError(result.source, problem)


def _bare_page(page: object, metadata: dict[int, lean.Metadata]) -> Page:
    number: int = getattr(page, "page_number", 0)
    return read_page(number, metadata.get(number), getattr(page, "error", ""))


def _piece(conversion: Conversion, page: Page, text: str) -> Piece:
    """Make a page that has no items one item of its own."""
    position = conversion.report.items
    conversion.report.count_item()
    item = Item(position=position, page=page, kind="text", text=text)
    return Piece(text, 0, item)


def _maker(conversion: Conversion) -> ChunkMaker:
    return ChunkMaker(conversion.origin, conversion.options, conversion.report)


def _writer(conversion: Conversion) -> Writer:
    count = resolve_counter(conversion.options.count_tokens)
    return Writer(count, conversion.options.table_format)
