"""The options that every adapter and the command line take by the same names."""

import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Literal, TypedDict, Unpack

import pydantic
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from parsestrata.errors import ConfigError

Split = Literal["chunk", "page", "item", "document", "result"]
Context = Literal["name+path", "path", "none"]
TableFormat = Literal["compact", "markdown", "html", "csv"]
OnFailedPage = Literal["warn", "raise", "skip", "placeholder"]
OnFailedJob = Literal["raise", "report"]
MetadataProfile = Literal["flat", "rich"]
Identity = Literal["name", "job_id", "path"]
Engine = Literal["local", "cloud"]
Region = Literal["us", "eu"]
Transfer = Literal["auto", "inline", "presigned"]

METADATA_KEYS = (
    "chunk_id",
    "source",
    "job_id",
    "file_name",
    "page_number",
    "page_end",
    "page_label",
    "heading",
    "heading_level",
    "heading_path",
    "bbox",
    "item_types",
    "has_table",
    "table_csv",
    "table_rows",
    "parse_concerns",
    "confidence",
    "images",
    "links",
    "chunk_index",
    "part",
    "parts",
)
"""The keys of the contract, in the order in which every chunk has them."""

SMALLEST_CAP = 16
_SECRETS = frozenset({"api_key", "password"})
_MIN_TOKENS = 100
_SHOWN = 120
_SCALARS = (str, int, float, bool)
_NAMESPACE = bytes.fromhex("8f0cc0de5d6d5b1c9a3e6f1f6f0d6a11")
"""A UUID as bytes: the module `uuid` takes longer to load than this one."""


class Options(BaseModel):
    """How a result is fetched, split and described.

    Args:
        **values: The fields below, by name.

    Raises:
        ConfigError: A name or a value is wrong; says what is allowed.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
        defer_build=True,
    )

    split: Split = "chunk"
    """What one Document is: `chunk` heading-driven, `page` one page, `item` one
    structured item, `document` the whole job, `result` the raw v2 JSON."""
    max_tokens: int = Field(default=512, ge=SMALLEST_CAP)
    """Cap of a chunk, its context included. At least 16."""
    min_tokens: int = Field(default=_MIN_TOKENS, ge=0)
    """A chunk whose body is smaller merges with a neighbour where that fits. By
    default 100, or `max_tokens` where that is smaller."""
    count_tokens: Callable[[str], Any] | Any = None
    """A callable from text to a number (or a list) of tokens, or a tokenizer
    with `encode`. None: the offline counter, which is approximate."""
    context: Context = "name+path"
    """What stands before the body: the document's name and the heading path."""
    table_format: TableFormat = "compact"
    """How a table is written in a body."""
    include_page_furniture: bool = False
    """Keep running page headers and footers."""
    repair_headings: bool = False
    """Mend missing, false and wrongly levelled headings; counted in the report."""
    on_failed_page: OnFailedPage = "warn"
    """A page that could not be parsed: warn (and raise when there is no other), raise,
    skip in silence, or put a chunk in its place that says so. It is in the report in
    any case."""
    on_failed_job: OnFailedJob = "raise"
    """Of many sources, one that fails: raise once its turn comes, or report it
    and go on."""
    metadata: MetadataProfile = "flat"
    """`flat`: str, int, float and bool only. `rich`: lists and dicts."""
    metadata_budget: int = Field(default=4000, ge=0)
    """Most bytes of one bulky metadata value; 0: no limit."""
    extra_metadata: Mapping[str, Any] = Field(default_factory=dict)
    """Added to every chunk's metadata; may not use a key of the contract. Values are
    str, int, float or bool, and with `metadata="rich"` any JSON."""
    identity: Identity = "name"
    """What `source` is and ids build on: the document's file name, so that a
    document parsed again keeps its ids; the job id; or the path that was given, as it
    was given, so that files of one name in two folders stand apart."""
    id_namespace: str = ""
    """Mixed into every id, so that two collections in one table never share one."""
    api_key: SecretStr | None = Field(default=None, repr=False, exclude=True)
    """None: `LLAMA_CLOUD_API_KEY`, then `LLAMA_PARSE_API_KEY`."""
    base_url: str | None = None
    """None: the region, then `LLAMA_CLOUD_BASE_URL`, then the US region."""
    region: Region | None = None
    """A key works in its own region only. Not together with `base_url`."""
    project_id: str | None = None
    organization_id: str | None = None
    transfer: Transfer = "auto"
    """How a result travels: `inline` in the answer, `presigned` as files that can be
    resumed, `auto` inline unless it is large or breaks off."""
    timeout: float = Field(default=300.0, gt=0)
    """Seconds without a byte from the API until it counts as gone."""
    engine: Engine = "local"
    """What parses a document that is no result yet: `local` here, with no network,
    `cloud` LlamaParse: it is uploaded, parsed and fetched."""
    tier: str = "agentic"
    """Of LlamaParse, for `engine="cloud"`: `fast`, `cost_effective`, `agentic`,
    `agentic_plus`."""
    version: str = "latest"
    """Of that tier: `latest`, or a date."""
    password: SecretStr | None = Field(default=None, repr=False, exclude=True)
    """Of an encrypted PDF."""
    ocr_languages: tuple[str, ...] = ()
    """Tesseract's names (`eng`, `deu`) of the languages of scanned pages; none: no
    OCR, and a scanned page is a failed page. Needs Tesseract's language data."""
    tessdata: Path | None = None
    """Directory of that data. None: `TESSDATA_PREFIX`, then the usual places."""
    timeout_per_page: float = Field(default=10.0, gt=0)
    """Seconds the local engine may take for a document, times its number of pages."""
    parse_timeout: float = Field(default=3600.0, gt=0)
    """Most seconds that the local engine may take for a document of any length."""
    memory_limit: int = Field(default=2048, ge=256)
    """MiB of address space that the local engine may use for one document."""
    wait: bool = True
    """Wait for a job that is not done; else it raises `JobNotReadyError`."""
    job_timeout: float = Field(default=7200.0, gt=0)
    """Seconds to wait for one job that is not done."""
    polling_interval: float = Field(default=1.0, gt=0)
    """Seconds before a job is asked about again at first; grows from there."""
    requests_per_minute: int | None = Field(default=None, ge=1)
    """Cap on requests to the API over all threads; the free tier allows 20."""
    concurrency: int = Field(default=4, ge=1, le=64)
    """How many jobs are fetched, or documents parsed, at a time; order is kept."""
    store: Path | str | None = None
    """Folder of results by job id, asked before the API and filled from it."""
    show_progress: bool = False
    """Show a bar over the sources (extra: progress)."""

    def __init__(self, **values: Unpack["OptionValues"]) -> None:
        try:
            super().__init__(**values)
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False, include_context=False)
            problems = "; ".join(_explain(problem) for problem in found)
            raise ConfigError(problems) from None

    @pydantic.field_validator("ocr_languages", mode="before")
    @classmethod
    def _split_languages(cls, value: Any) -> Any:
        return tuple(value.split("+")) if isinstance(value, str) and value else value

    @pydantic.field_validator("count_tokens")
    @classmethod
    def _check_count_tokens(cls, value: Any) -> Any:
        given = not isinstance(value, str | bytes)
        if value is None or (given and (callable(value) or hasattr(value, "encode"))):
            return value
        message = "must be a callable or a tokenizer with `encode`"
        raise ValueError(message)

    @pydantic.field_serializer("count_tokens")
    def _name_counter(self, value: Any) -> str | None:
        return None if value is None else _name_counter(value)

    @pydantic.field_validator("extra_metadata")
    @classmethod
    def _check_extra_keys(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        taken = [key for key in value if key in METADATA_KEYS]
        if taken:
            message = (
                f"{', '.join(taken)} is what every chunk says of itself: choose "
                f"another name than {', '.join(METADATA_KEYS)}"
            )
            raise ValueError(message)
        return value

    @pydantic.model_validator(mode="before")
    @classmethod
    def _lower_min_tokens(cls, values: Any) -> Any:
        """Let a small `max_tokens` be given alone."""
        cap = values.get("max_tokens") if isinstance(values, dict) else None
        if isinstance(cap, int) and 0 <= cap < _MIN_TOKENS:
            return {"min_tokens": cap, **values}
        return values

    @pydantic.model_validator(mode="after")
    def _check_extra_values(self) -> "Options":
        scalars = self.metadata == "flat"
        wanted = "str, int, float or bool" if scalars else "JSON"
        more = ' (any JSON with metadata="rich")' if scalars else ""
        for key, value in self.extra_metadata.items():
            if (scalars and not isinstance(value, _SCALARS)) or not _is_json(value):
                shown = _show(value)
                message = f"extra_metadata[{key!r}]={shown}: expected {wanted}{more}"
                raise ValueError(message)
        return self

    @pydantic.model_validator(mode="after")
    def _check_together(self) -> "Options":
        if self.min_tokens > self.max_tokens:
            message = (
                f"min_tokens={self.min_tokens} is above max_tokens={self.max_tokens}"
            )
            raise ValueError(message)
        if self.base_url and self.region:
            message = f"give base_url or region={self.region!r}, not both"
            raise ValueError(message)
        return self

    @property
    def namespace(self) -> bytes:
        """The namespace of every id: the 16 bytes of a UUID."""
        return _NAMESPACE

    def find_api_key(self) -> str:
        """Return the key, from the option or the environment.

        Raises:
            ConfigError: There is none, which says where it was looked for; or it
                is none that could be sent.
        """
        given = None if self.api_key is None else self.api_key.get_secret_value()
        return find_api_key(given)


def find_api_key(given: str | None) -> str:
    """Return the key that was given, or that of the environment.

    Raises:
        ConfigError: There is none, which says where it was looked for; or it is
            none that could be sent, of which nothing is shown.
    """
    names = ("LLAMA_CLOUD_API_KEY", "LLAMA_PARSE_API_KEY")
    for key in (given or "", *[os.environ.get(name, "") for name in names]):
        if key.strip():
            return _check_key(key.strip())
    message = (
        "no API key. Looked at the option api_key and the environment variables "
        "LLAMA_CLOUD_API_KEY and LLAMA_PARSE_API_KEY. A saved result needs none"
    )
    raise ConfigError(message)


class OptionValues(TypedDict, total=False):
    """The fields of `Options` as keyword arguments, for editors and type checkers."""

    split: Split
    max_tokens: int
    min_tokens: int
    count_tokens: Callable[[str], Any] | Any
    context: Context
    table_format: TableFormat
    include_page_furniture: bool
    repair_headings: bool
    on_failed_page: OnFailedPage
    on_failed_job: OnFailedJob
    metadata: MetadataProfile
    metadata_budget: int
    extra_metadata: Mapping[str, Any]
    identity: Identity
    id_namespace: str
    api_key: SecretStr | str | None
    base_url: str | None
    project_id: str | None
    region: Region | None
    organization_id: str | None
    transfer: Transfer
    timeout: float
    engine: Engine
    tier: str
    version: str
    password: SecretStr | str | None
    ocr_languages: Sequence[str]
    tessdata: Path | str | None
    timeout_per_page: float
    parse_timeout: float
    memory_limit: int
    wait: bool
    job_timeout: float
    polling_interval: float
    requests_per_minute: int | None
    concurrency: int
    store: Path | str | None
    show_progress: bool


OPTION_NAMES = tuple(Options.model_fields)


def _name_counter(value: Any) -> str:
    """Name a counter so that a cache tells apart any two that count otherwise."""
    if isinstance(value, partial):
        return f"{_name_counter(value.func)}(*{value.args!r}, **{value.keywords!r})"
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{getattr(named, '__module__', None) or 'builtins'}:{named.__qualname__}"
    owner = getattr(value, "__self__", value)
    model = getattr(owner, "name", None) or getattr(owner, "name_or_path", None)
    if isinstance(model, str):
        return f"{name}:{model}"
    return f"{name}#{_digest(value)}" if isinstance(value, FunctionType) else name


def _digest(function: FunctionType) -> str:
    """Hash what a function does: lambdas of one place have one name."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    given = (function.__defaults__, function.__kwdefaults__, cells)
    seen = repr((_instructions(function.__code__), given))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _instructions(code: CodeType) -> tuple[object, ...]:
    """Return what a code object does, without addresses and line numbers."""
    inner = [_instructions(c) if isinstance(c, CodeType) else c for c in code.co_consts]
    return (code.co_code, code.co_names, inner)


def _explain(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, OPTION_NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else ", ".join(OPTION_NAMES)
        return f"unknown option {name}: {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    if not name:
        return str(message)
    value = "" if name in _SECRETS else f"={_show(problem['input'])}"
    return f"{name}{value}: {message[0].lower()}{message[1:]}"


def _check_key(key: str) -> str:
    if re.fullmatch("[!-~]+", key):
        return key
    message = (
        "the API key holds a character that no key has, such as a space, a line end "
        "or an ellipsis. Was it copied whole?"
    )
    raise ConfigError(message)


def _show(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True
