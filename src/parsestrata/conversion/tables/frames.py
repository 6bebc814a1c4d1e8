"""A table -> a pandas DataFrame or an Arrow table, each imported when it is used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from parsestrata.conversion.tables.numbers import DecimalMark, read_columns
from parsestrata.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class _Columns(Protocol):
    """What of a table goes into a frame."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]: ...

    @property
    def metadata(self) -> dict[str, Any]: ...

    def cells(self) -> list[tuple[str, ...]]: ...


def to_pandas(
    table: _Columns, *, numbers: bool, decimal: DecimalMark | None
) -> "pd.DataFrame":
    """Make a DataFrame; see `DocumentTable.to_pandas`."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError(module="pandas", extra="tables") from None
    values = _read(table, numbers=numbers, decimal=decimal)
    series = {
        name: pd.Series(column, dtype=_dtype(column))
        for name, column in zip(table.columns, values, strict=True)
    }
    index = pd.RangeIndex(len(table.rows))
    frame = pd.DataFrame(series, index=index, columns=list(table.columns))
    frame.attrs.update(table.metadata)
    return frame


def to_arrow(
    table: _Columns, *, numbers: bool, decimal: DecimalMark | None
) -> "pa.Table":
    """Make an Arrow table; see `DocumentTable.to_arrow`."""
    try:
        import pyarrow as pa
    except ImportError:
        raise MissingExtraError(module="pyarrow", extra="tables") from None
    values = _read(table, numbers=numbers, decimal=decimal)
    kinds = {"int64": pa.int64(), "float64": pa.float64(), None: pa.string()}
    arrays = [pa.array(column, kinds[_kind(column)]) for column in values]
    metadata = {key: str(value) for key, value in table.metadata.items()}
    made = pa.table(arrays, names=list(table.columns))
    return made.replace_schema_metadata(metadata)


def _read(
    table: _Columns, *, numbers: bool, decimal: DecimalMark | None
) -> list[Sequence[Any]]:
    """Return the columns, those that are numbers as such where that is asked for."""
    if decimal not in {None, ".", ","}:
        message = f'decimal={decimal!r}: expected ".", "," or None'
        raise ConfigError(message)
    rows = table.cells()
    texts = [[row[place] for row in rows] for place in range(len(table.columns))]
    if not numbers:
        return list(texts)
    read = read_columns(texts, decimal)
    return [made or text for made, text in zip(read, texts, strict=True)]


def _kind(column: Sequence[Any]) -> str | None:
    """Say what a column of numbers is; None for text."""
    known = [value for value in column if value is not None]
    if not known or isinstance(known[0], str):
        return None
    return "float64" if isinstance(known[0], float) else "int64"


def _dtype(column: Sequence[Any]) -> Any:
    """Choose as `read_csv` does: a whole number that is missing makes a float."""
    kind = _kind(column)
    return "float64" if kind and None in column else kind
