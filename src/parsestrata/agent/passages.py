"""Passages: what is read and found as one."""

from msgspec import Struct

from parsestrata.chunking.citation import Citation


class Passage(Struct, frozen=True, kw_only=True):
    """Items of one section and one page, or a part of a long one."""

    section: str
    """Id of the section."""
    text: str
    citation: Citation
