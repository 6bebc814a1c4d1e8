"""LlamaParse v2 results as documents cut along their own headings.

    import parsestrata

    for chunk in parsestrata.chunk("result.json"):
        print(chunk.page_number, chunk.heading_path, parsestrata.contextualize(chunk))

`parsestrata.langchain` and `parsestrata.llama_index` make Documents and Nodes of the
same chunks. This module loads neither framework.
"""

from parsestrata.chunking.chunk import Chunk, contextualize
from parsestrata.chunking.citation import Citation, cite
from parsestrata.chunking.metadata import Provenance, to_flat, to_rich
from parsestrata.chunking.sections import DocumentSection
from parsestrata.conversion.sections import find_section
from parsestrata.conversion.tables.document_table import DocumentTable
from parsestrata.conversion.tables.extraction import find_tables, rows_of
from parsestrata.document.geometry import Region
from parsestrata.errors import ParseStrataError, ParseStrataWarning
from parsestrata.face import chunk, outline, sections, tables
from parsestrata.options import Options
from parsestrata.report import JobReport, Report

__all__ = [
    "Chunk",
    "Citation",
    "DocumentSection",
    "DocumentTable",
    "JobReport",
    "Options",
    "ParseStrataError",
    "ParseStrataWarning",
    "Provenance",
    "Region",
    "Report",
    "__version__",
    "chunk",
    "cite",
    "contextualize",
    "find_section",
    "find_tables",
    "outline",
    "rows_of",
    "sections",
    "tables",
    "to_flat",
    "to_rich",
]

__version__ = "0.1.0"
