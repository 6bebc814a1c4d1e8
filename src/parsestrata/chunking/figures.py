"""The images of chunks, each as something that is embedded and found on its own."""

import uuid
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from parsestrata.chunking.binding import CAPTION_LABELS
from parsestrata.chunking.chunk import PATH_SEPARATOR, make_uuid
from parsestrata.chunking.metadata import Provenance, to_flat, to_rich
from parsestrata.document.model import Image, Item
from parsestrata.errors import ConfigError, ParseStrataWarning, SourceError

OnMissing = Literal["raise", "warn"]

_MOST_NAMED = 3
_NOT_IN_A_NAME = frozenset('/\\:*?"<>|')
_NOT_ITS_OWN = {
    "has_table": False,
    "table_csv": "",
    "table_rows": "",
    "parse_concerns": [],
    "links": [],
    "part": 1,
    "parts": 1,
}
"""What a chunk's metadata say of the rest of the chunk, and what they say of an image."""
_Holder = TypeVar("_Holder")


class Figure(Struct, frozen=True, kw_only=True):
    """One image of a chunk."""

    id: str
    """UUID made of the chunk's id and the image's name."""
    caption: str
    """What the parser or the document says of it; without that and without headings
    the name of its file, so that there is something to embed."""
    heading_path: str
    """Of its chunk, joined with " > "."""
    path: str
    """Of the file in the folder, "" without a folder or a file."""
    metadata: dict[str, Any]
    """Those of its chunk in the same profile, with its own id, page and box, then
    `image_path` and `parent_id`, the id of its chunk."""

    @property
    def text(self) -> str:
        """What is embedded: heading path and caption."""
        return "\n\n".join([part for part in (self.heading_path, self.caption) if part])


def captioned(items: Sequence[Item], number: int) -> tuple[Image, ...]:
    """Return an item's images; one without a caption takes that of the text beside it.

    The caption is the next item, or the one before where that belongs to no image
    above it.

    Args:
        items: Those of a chunk, in order.
        number: Which one of them.
    """
    item = items[number]
    if item.kind != "image" or any(image.caption for image in item.images):
        return item.images
    two_above, above = [None, None, *items[:number]][-2:]
    if two_above is not None and two_above.kind == "image":
        above = None
    for text in (*items[number + 1 : number + 2], above):
        if text is not None and text.label in CAPTION_LABELS:
            caption = text.plain
            return tuple([replace(one, caption=caption) for one in item.images])
    return item.images


def find_figures(
    described: Iterable[tuple[_Holder, Mapping[str, Any]]],
    folder: str | Path | None = None,
    *,
    on_missing: OnMissing = "raise",
) -> list[tuple[_Holder, Figure]]:
    """Find the images of chunks, and their files; no file is opened.

    An image that stands in several pieces of a chunk comes once. One of which the
    parser saved no file is left out: its caption is in its chunk.

    Args:
        described: Whatever holds a chunk, and its flat or rich metadata.
        folder: Where the files are, right there or in a folder for each job that has
            the job's id as its name. None: the images are named and not looked for.
        on_missing: About a file that is not there: raise, or warn and give the image
            without a path.

    Returns:
        Each image with what holds its chunk, in order.

    Raises:
        ConfigError: The metadata are no chunk's, or the files of two documents lie in
            one folder, where one would be taken for the other.
        SourceError: A file is not there and `on_missing="raise"`; says which.
    """
    files = _Files(folder)
    seen: set[tuple[str, str, str, Image]] = set()
    found: list[tuple[_Holder, Figure]] = []
    for holder, metadata in described:
        if not metadata.get("images", ""):
            continue
        chunk = Provenance.from_metadata(metadata)
        for image, number in _numbered(chunk.images):
            place = "" if image.region else chunk.chunk_id
            key = (chunk.source, chunk.job_id, place, image)
            if key not in seen:
                seen.add(key)
                path = files.find(image.file_name, chunk)
                found.append((holder, _figure(chunk, metadata, image, number, path)))
    files.tell_missing(on_missing)
    return found


def _numbered(images: Iterable[Image]) -> Iterator[tuple[Image, int]]:
    """Number the images that have a file among those of their name, from 1."""
    times: Counter[str] = Counter()
    for image in images:
        if _is_plain(image.file_name):
            times[image.file_name] += 1
            yield image, times[image.file_name]


def _is_plain(name: str) -> bool:
    """Tell the name of a file of the result from an address or a path."""
    return (
        name.strip(". ") != ""
        and name.isprintable()
        and _NOT_IN_A_NAME.isdisjoint(name)
    )


def _figure(
    chunk: Provenance,
    metadata: Mapping[str, Any],
    image: Image,
    number: int,
    path: str,
) -> Figure:
    name = f"image\x1f{image.file_name}\x1f{number}"
    identity = make_uuid(uuid.UUID(chunk.chunk_id).bytes, name)
    rich = to_rich(metadata) | _NOT_ITS_OWN
    rich |= {"chunk_id": identity, "item_types": ["image"], "images": [_dump(image)]}
    if image.region is not None:
        page = image.region.page_number
        label = chunk.page_label if page == chunk.page_number else ""
        rich |= {"page_number": page, "page_end": page, "page_label": label}
        rich["bbox"] = [_dump(image.region)]
    own = to_flat(rich) if isinstance(metadata["images"], str) else rich
    heading_path = PATH_SEPARATOR.join(chunk.heading_path)
    return Figure(
        id=identity,
        caption=image.caption or ("" if heading_path else image.file_name),
        heading_path=heading_path,
        path=path,
        metadata={**own, "image_path": path, "parent_id": chunk.chunk_id},
    )


def _dump(value: Struct) -> Any:
    return msgspec.to_builtins(value)


class _Files:
    """Finds image files in a folder, and remembers which are missing."""

    def __init__(self, folder: str | Path | None) -> None:
        self._folder = None if folder is None else Path(folder)
        self._missing: list[str] = []
        self._total = 0
        self._alone = ""
        """The document whose files lie right in the folder."""

    def find(self, name: str, chunk: Provenance) -> str:
        """Return the path of a file, "" when it is not there.

        Raises:
            ConfigError: Another document's files lie there.
        """
        if self._folder is None:
            return ""
        self._total += 1
        place = self._folder / chunk.job_id if _is_plain(chunk.job_id) else self._folder
        path = place / name
        if place == self._folder or not place.is_dir():
            path = self._folder / name
        if not path.is_file():
            self._missing.append(name)
            return ""
        if path.parent == self._folder:
            self._claim(chunk)
        return str(path)

    def _claim(self, chunk: Provenance) -> None:
        document = chunk.job_id or chunk.source
        self._alone = self._alone or document
        if self._alone != document:
            message = (
                f"{self._folder} holds images of {self._alone}; one that {document} "
                "names may be another's of the same name. Put those of each job into a "
                "folder in it that has the job's id as its name, or ask for one "
                "document at a time, with the folder of its images"
            )
            raise ConfigError(message)

    def tell_missing(self, on_missing: OnMissing) -> None:
        """Raise or warn when there are missing files.

        Raises:
            SourceError: There are, and `on_missing="raise"`.
        """
        if not self._missing:
            return
        names = ", ".join(self._missing[:_MOST_NAMED])
        more = len(self._missing) - _MOST_NAMED
        problem = (
            f"{len(self._missing)} of {self._total} images are not there: {names}"
            f"{f' and {more} more' if more > 0 else ''}. Download them with "
            "ParseClient().download_images(job_id, folder), or write a PDF's with "
            "parsestrata parse FILE -o result.json --images DIR and load that result"
        )
        if on_missing == "raise":
            raise SourceError(str(self._folder), problem)
        warnings.warn(f"{self._folder}: {problem}", ParseStrataWarning, stacklevel=4)
