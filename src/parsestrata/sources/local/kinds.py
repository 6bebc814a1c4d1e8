"""What a document is, told by its name or its first bytes."""

from pathlib import PurePath

HEAD = 1024
"""Bytes at the start of a file within which a PDF says that it is one."""
_PDF = b"%PDF-"
_OFFICE = frozenset(
    (".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".odp", ".xls", ".xlsx", ".ods")
)


def begins_as_pdf(head: bytes) -> bool:
    """Tell a PDF by its first bytes, before which some programs write others."""
    return _PDF in head[:HEAD] and not head.lstrip().startswith((b"{", b"["))


def is_office_name(name: str) -> bool:
    """Tell a text, presentation or spreadsheet document by its name."""
    return PurePath(name).suffix.lower() in _OFFICE


def is_document_name(name: str) -> bool:
    """Tell a PDF or an office file by its name."""
    return name.lower().endswith(".pdf") or is_office_name(name)
