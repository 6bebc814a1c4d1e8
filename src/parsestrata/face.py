"""The two functions of the package's face: `chunk` and `outline`."""

from collections.abc import Iterator
from typing import Unpack

from parsestrata.chunking.chunk import Chunk
from parsestrata.conversion.conversion import Conversion
from parsestrata.conversion.loading import Loading, as_sources
from parsestrata.document.outline import Section
from parsestrata.options import Options, OptionValues
from parsestrata.report import Report
from parsestrata.sources.source import Source, Sources, open_source


def chunk(
    source: Sources,
    *,
    report: Report | None = None,
    **options: Unpack[OptionValues],
) -> Iterator[Chunk]:
    """Cut one result or many into chunks.

    Args:
        source: A job id, a saved result or a PDF (path, `-`, bytes, open file), a dict, an SDK
            object, or a list or generator of them.
        report: A `Report()` that is filled on the way, complete with the last chunk.
        **options: Fields of `Options`.

    Yields:
        Chunks in reading order.

    Raises:
        ConfigError: An option is wrong; before the first chunk.
        ParseStrataError: A source cannot be read.
    """
    loading = Loading(Options(**options), report)
    pairs = loading.chunks(as_sources(source))
    return (chunk for chunk, _ in pairs)


def outline(source: Source, **options: Unpack[OptionValues]) -> tuple[Section, ...]:
    """Read the tree of sections of one result.

    Args:
        source: As for `chunk`.
        **options: Fields of `Options`; `repair_headings` matters here.

    Returns:
        The sections at the root, each with its pages and those below it.
    """
    made = Options(**options)
    return Conversion(open_source(source, made), made).outline()
