"""Where the API is: regions, base URLs and what may stand in them."""

import re
from urllib.parse import urlsplit

from parsestrata.errors import ConfigError

REGIONS = {
    "us": "https://api.cloud.llamaindex.ai",
    "eu": "https://api.cloud.eu.llamaindex.ai",
}
_BASE_URL = re.compile(r"https?://[^\s/?#@\\]+(?:/[^\s?#@\\]*)?", re.IGNORECASE)
_API_PATH = re.compile(r"/api(?:/v\d+(?:/[a-z]+)?)?$")
_LOCAL = re.compile(r"(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:/|$)")
_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHOWN = 80


def find_base_url(base_url: str | None, region: str | None) -> str:
    """Return the base URL of the API.

    Args:
        base_url: Any host, with or without a scheme; wins over the region.
        region: `us` or `eu`; None for `us`.

    Raises:
        ConfigError: The region is unknown, or the URL is none.
    """
    if base_url:
        return normalise_base_url(base_url)
    try:
        return REGIONS[region or "us"]
    except KeyError:
        message = f"region={region!r}: expected one of {', '.join(REGIONS)}"
        raise ConfigError(message) from None


def normalise_base_url(base_url: str) -> str:
    """Add a missing scheme, drop a trailing slash and the API's own path.

    The scheme is https but for this machine. Any other path is kept, as a proxy has.

    Raises:
        ConfigError: The URL holds a query, a fragment or credentials.
    """
    url = base_url.strip()
    if "://" not in url:
        url = f"{'http' if _LOCAL.match(url) else 'https'}://{url}"
    if not _BASE_URL.fullmatch(url) or not _has_host(url):
        shown = "a URL with credentials" if "@" in url else repr(strip_query(url))
        message = f"base_url: expected https://host, got {shown[:_SHOWN]}"
        raise ConfigError(message)
    return _API_PATH.sub("", url.rstrip("/"))


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL, default ports filled in."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


_PORTS = {"http": 80, "https": 443}


def strip_query(url: str) -> str:
    """Cut off what no text may show: the query, a fragment, credentials."""
    bare = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"//[^/@]*@", "//", bare)


def check_job_id(job_id: str) -> str:
    """Return the id if it can stand in a path.

    Raises:
        ConfigError: It cannot.
    """
    if _JOB_ID.fullmatch(str(job_id)):
        return job_id
    shown = f"{job_id[:_SHOWN]!r}" + ("…" if len(job_id) > _SHOWN else "")
    message = f"{shown} is no job id: up to 128 letters, digits, - and _"
    raise ConfigError(message)
