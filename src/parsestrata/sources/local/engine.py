"""The calls of LiteParse: one parse, a second one for pages that lie on their side.

OCR is off unless language data is given: left on, the engine asks the network for
it. The page limit is the document's own number of pages: the engine's default cuts
silently.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from liteparse.parser import LiteParse

from parsestrata.sources.local.runs import Run, read_runs

if TYPE_CHECKING:
    from liteparse.types import ExtractedImage, ParsedPage

_NO_PAGE = "1000000000"
_LOW_RESOLUTION = 20.0
_MOSTLY = 0.6
_LEAST_TEXT = 40
"""Letters of a page below which a picture of the whole page is a scan."""
_COVERED = 0.5
_NEEDS_OCR = (
    "needs OCR: the page is a picture without text. Install Tesseract's language data "
    "and name the languages: ocr_languages=['eng'], with tessdata= where the data lies, "
    "or parse the file with LlamaParse"
)
_UNREAD = "OCR found no text on a page that is not blank"


class Call(NamedTuple):
    """What one parse needs to know."""

    password: str | None = None
    ocr_languages: tuple[str, ...] = ()
    """() for no OCR."""
    tessdata: str | None = None
    with_images: bool = False


class Reading(NamedTuple):
    """What the engine found in a document."""

    pages: "list[ParsedPage]"
    runs: list[list[Run]]
    """Of each page."""
    failed: dict[int, str]
    """Page number -> why it gave nothing."""
    angles: dict[int, int]
    """Page number -> degrees by which it was turned before it was read."""
    images: "list[ExtractedImage]"


def count_pages(data: bytes, call: Call) -> int:
    """Count the pages without reading any.

    Raises:
        liteparse.types.ParseError: It is no PDF, or the password is wrong or missing.
    """
    return _engine(call, target_pages=_NO_PAGE).parse(data).total_pages


def read_document(data: bytes, call: Call, pages: int) -> Reading:
    """Read a whole document.

    Only pages that are pictures are given to OCR: the engine would give it most
    pages with a drawing on them.

    Args:
        data: The PDF.
        call: Password, OCR, images.
        pages: How many it has.

    Raises:
        liteparse.types.ParseError: As for `count_pages`.
    """
    result = _engine(call, max_pages=max(pages, 1)).parse(data)
    found = {page.page_num: page for page in result.pages}
    failed = {error.page_num: error.message for error in result.page_errors}
    failed |= {
        number: "the engine skipped the page"
        for number in range(1, pages + 1)
        if number not in found and number not in failed
    }
    angles = {n: angle for n, page in found.items() if (angle := _angle(page))}
    found |= _again(
        data, call, angles, page_orientation_corrections=list(angles.items())
    )
    scans = _find_scans(data, call, found.values())
    if call.ocr_languages:
        read = _again(data, call, scans, **_ocr(call))
        found |= read
        scans = {n: _UNREAD for n in scans if n not in read or not _letters(read[n])}
    failed |= scans
    kept = [page for number, page in sorted(found.items()) if number not in failed]
    runs = [read_runs(page.text_items) for page in kept]
    images = sorted(result.images, key=lambda image: (image.page, image.id))
    return Reading(kept, runs, failed, angles, images)


def _again(
    data: bytes, call: Call, pages: Iterable[int], **more: Any
) -> "dict[int, ParsedPage]":
    """Read some pages in another way."""
    numbers = ",".join(str(number) for number in sorted(pages))
    if not numbers:
        return {}
    again = call._replace(with_images=False)
    result = _engine(again, target_pages=numbers, **more).parse(data)
    return {page.page_num: page for page in result.pages}


def _engine(call: Call, **more: Any) -> LiteParse:
    settings: dict[str, Any] = {
        "ocr_enabled": False,
        "password": call.password,
        "output_format": "markdown",
        "quiet": True,
        "extract_blocks": True,
        "extract_text_metadata": True,
        "emit_word_boxes": True,
        "extract_annotations": True,
        "extract_structure_tree": True,
        "extract_links": False,
        "extract_images": call.with_images,
        "include_complexity": True,
        "continue_on_page_error": True,
    }
    return LiteParse(**(settings | more))


def _ocr(call: Call) -> dict[str, Any]:
    return {
        "ocr_enabled": True,
        "ocr_language": "+".join(call.ocr_languages),
        "tessdata_path": call.tessdata,
        "ocr_failure_fatal": False,
    }


def _angle(page: "ParsedPage") -> int:
    """Tell by how much most of a page's text is turned: 0, 90, 180 or 270."""
    counts: Counter[int] = Counter()
    for item in page.text_items:
        counts[round(item.rotation / 90) % 4 * 90] += len(item.text)
    if not counts:
        return 0
    angle, count = counts.most_common(1)[0]
    return angle if count >= _MOSTLY * counts.total() else 0


def _find_scans(
    data: bytes, call: Call, pages: "Iterable[ParsedPage]"
) -> dict[int, str]:
    """Find the pages that show something and have no text; a blank page is none."""
    empty = [page for page in pages if _letters(page) < _LEAST_TEXT]
    scans = [page.page_num for page in empty if _is_picture(page)]
    unclear = [
        page.page_num for page in empty if not _letters(page) and not page.blocks
    ]
    unclear = [number for number in unclear if number not in scans]
    scans += _not_blank(data, call, unclear)
    return dict.fromkeys(scans, _NEEDS_OCR)


def _letters(page: "ParsedPage") -> int:
    return sum(len(item.text.strip()) for item in page.text_items)


def _is_picture(page: "ParsedPage") -> bool:
    seen = page.complexity
    return seen is not None and (
        seen.full_page_image or seen.image_coverage >= _COVERED
    )


def _not_blank(data: bytes, call: Call, pages: Sequence[int]) -> list[int]:
    """Draw pages, small, and tell which are not of one colour."""
    if not pages:
        return []
    drawn = _engine(
        call._replace(with_images=False),
        target_pages=",".join(str(number) for number in pages),
        extract_screenshots=True,
        extract_blocks=False,
        dpi=_LOW_RESOLUTION,
    ).parse(data)
    return [shot.page_num for shot in drawn.screenshots if not shot.is_solid_fill]
