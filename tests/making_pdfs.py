"""PDFs built from a few words, small enough to read."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 612, 792
_FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Courier"}


class Words(NamedTuple):
    """A line of text; x and y are those of its baseline, from the top left."""

    text: str
    y: float
    x: float = 72
    size: float = 11
    font: str = "F1"
    angle: int = 0


def heading(text: str, y: float, size: float = 18) -> Words:
    return Words(text, y, size=size, font="F2")


def make_pdf(*pages: Sequence[Words] | bytes, links: Sequence[str] = ()) -> bytes:
    """Make a PDF.

    Args:
        pages: Lines of each page, or its content as it stands in the file.
        links: URLs on the first page, the n-th over the n-th line.
    """
    first = 3 + len(_FONTS)
    kids = " ".join(f"{first + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
    ]
    objects += [
        f"<</Type/Font/Subtype/Type1/BaseFont/{font}/Encoding/WinAnsiEncoding>>".encode()
        for font in _FONTS.values()
    ]
    fonts = "".join(f"/{name} {3 + n} 0 R" for n, name in enumerate(_FONTS))
    for n, page in enumerate(pages):
        content = page if isinstance(page, bytes) else b"\n".join(map(_show, page))
        annotations = "" if n or isinstance(page, bytes) else _annotations(page, links)
        objects += [
            (
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {WIDTH} {HEIGHT}]"
                f"/Contents {first + 2 * n + 1} 0 R{annotations}"
                f"/Resources<</Font<<{fonts}>>>>>>"
            ).encode(),
            stream(content),
        ]
    return assemble(objects)


def stream(content: bytes, entries: str = "") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (
        entries.encode(),
        len(content),
        content,
    )


def assemble(objects: Sequence[bytes]) -> bytes:
    """Number objects from 1 and write the table of where they are."""
    written, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (
            size,
            table,
            size,
            len(written),
        )
    )


def make_bomb(mebibytes: int) -> bytes:
    """Make an object stream with the pages that inflates to so much."""
    head = b"2 0 3 60 "
    body = b"<</Type/Pages/Kids[3 0 R]/Count 1>>".ljust(60)
    body += b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>"
    packer = zlib.compressobj(9)
    inner = packer.compress(head + body)
    blanks = b" " * (1 << 20)
    inner += b"".join(packer.compress(blanks) for _ in range(mebibytes))
    packed = zlib.compress(inner + packer.flush(), 9)
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        4: stream(
            packed,
            f"/Type/ObjStm/N 2/First {len(head)}/Filter[/FlateDecode/FlateDecode]",
        ),
    }
    written, offsets = b"%PDF-1.5\n", {}
    for number, value in objects.items():
        offsets[number] = len(written)
        written += b"%d 0 obj%s\nendobj\n" % (number, value)
    start = len(written)
    rows = [(0, 0, 65535), (1, offsets[1], 0), (2, 4, 0), (2, 4, 1)]
    rows += [(1, offsets[4], 0), (1, start, 0)]
    table = b"".join(
        bytes([kind]) + one.to_bytes(4, "big") + other.to_bytes(2, "big")
        for kind, one, other in rows
    )
    entries = "/Type/XRef/Size 6/W[1 4 2]/Root 1 0 R"
    written += b"5 0 obj%s\nendobj\n" % stream(table, entries)
    return written + b"startxref\n%d\n%%%%EOF" % start


def _show(words: Words) -> bytes:
    text = words.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    turn = {0: "1 0 0 1", 90: "0 1 -1 0", 270: "0 -1 1 0"}[words.angle]
    place = f"{words.x} {HEIGHT - words.y}"
    return f"BT /{words.font} {words.size} Tf {turn} {place} Tm ({text}) Tj ET".encode(
        "cp1252"
    )


def _annotations(page: Sequence[Words], links: Sequence[str]) -> str:
    made = []
    for words, url in zip(page, links, strict=False):
        low, high = HEIGHT - words.y - 3, HEIGHT - words.y + words.size
        right = words.x + 0.6 * words.size * len(words.text)
        made.append(
            f"<</Type/Annot/Subtype/Link/Rect[{words.x} {low} {right} {high}]"
            f"/A<</S/URI/URI({url})>>>>"
        )
    return f"/Annots[{''.join(made)}]" if made else ""
