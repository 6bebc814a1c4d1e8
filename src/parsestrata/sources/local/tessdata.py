"""Where Tesseract's language data lies: it is never fetched."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from parsestrata.errors import ConfigError

_USUAL = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
    "C:/Program Files/Tesseract-OCR/tessdata",
)


def find_tessdata(languages: Sequence[str], directory: Path | None) -> str | None:
    """Find the directory that has the data of all languages.

    Args:
        languages: Tesseract's names: `eng`, `deu`, `chi_sim`; none for no OCR.
        directory: Where to look and nowhere else; None for `TESSDATA_PREFIX` and
            the usual places.

    Returns:
        The directory; None without languages.

    Raises:
        ConfigError: None has them all; says where it looked.
    """
    if not languages:
        return None
    places = [directory] if directory is not None else list(_places())
    for place in places:
        if all((place / f"{one}.traineddata").is_file() for one in languages):
            return str(place.absolute())
    looked = ", ".join(str(place) for place in places)
    message = (
        f"ocr_languages={list(languages)}: there is no data for them. Looked in {looked}. "
        "Install Tesseract's language data (Debian: apt install tesseract-ocr-eng) or "
        "name its directory: tessdata="
    )
    raise ConfigError(message)


def _places() -> Iterable[Path]:
    named = os.environ.get("TESSDATA_PREFIX")
    if named:
        yield Path(named)
        yield Path(named) / "tessdata"
    yield from (Path(place) for place in _USUAL)
