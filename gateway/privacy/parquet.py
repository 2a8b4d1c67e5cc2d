"""Apache Parquet of a unified model, by pyarrow, which comes with the extra `parquet`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from connectors.base.errors import KontorError
from gateway.replica.rows import Walked

if TYPE_CHECKING:
    from gateway.privacy.columns import Column

GROUP = 2_000
"""Rows that are written together: readers skip by them, and memory holds so many."""


class ParquetMissing(KontorError):
    """This installation cannot write Parquet."""

    code = "parquet_missing"
    title = "Kontor was installed without Parquet"
    status = 501
    retry = "never"
    hint = "Take `format=jsonl`; whoever runs Kontor adds it by `pip install 'kontor[parquet]'`."

    def __init__(self) -> None:
        super().__init__("This installation has no pyarrow, which writes Parquet.")


class Parquet:
    """`Form`: one row an object, money as decimals, nested values as structs and lists."""

    def __init__(self, model: type[Struct]) -> None:
        """Raises ParquetMissing."""
        try:
            from pyarrow import parquet, schema

            from gateway.privacy.columns import columns
        except ImportError as error:
            raise ParquetMissing from error
        self._columns: dict[str, Column] = columns(model)
        self._schema: Any = schema([(name, column.type) for name, column in self._columns.items()])
        self._sink = _Sink()
        self._writer: Any = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []

    def begin(self) -> bytes:
        return self._sink.taken()

    def add(self, rows: Sequence[Walked]) -> bytes:
        self._waiting += [self._row(each) for each in rows]
        if len(self._waiting) >= GROUP:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        if self._waiting:
            self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        from pyarrow import Table

        self._writer.write_table(Table.from_pylist(self._waiting, schema=self._schema))
        self._waiting = []

    def _row(self, walked: Walked) -> dict[str, Any]:
        from gateway.privacy.columns import DELETED_AT, row

        value = {"id": walked.id} if walked.document is None else msgspec.json.decode(walked.document)
        return row(self._columns, {**value, DELETED_AT: walked.gone_at})


class _Sink:
    """A file whose bytes are taken as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What it was given stays to be taken."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        data, self._parts = b"".join(self._parts), []
        return data
