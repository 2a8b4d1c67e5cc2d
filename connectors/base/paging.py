"""Lists: what is asked, what comes back, and how complete it is."""

from datetime import datetime
from typing import Generic, TypeVar

from msgspec import Raw, Struct

from connectors.base.errors import FieldError
from connectors.base.wire import Rest
from schemas.base import Filters, Unified

T = TypeVar("T", bound=Unified)


class Record(Struct, Generic[T], frozen=True, kw_only=True):
    """One object: unified, and as the vendor sent it."""

    data: T
    id: str | None = None
    """Of the object written, where `data` is an action's answer and no object itself."""
    raw: Raw | None = None
    fields_unavailable: tuple[str, ...] = ()
    """Fields of `data` that are null because this source does not tell, e.g. `totals.open`."""
    warnings: tuple[FieldError, ...] = ()
    """Of a write: values that the vendor has no place for, and that were left out."""


class ListQuery(Struct, frozen=True, kw_only=True):
    """What a list call asks for."""

    filters: Filters
    limit: int
    sort: str | None = None
    """One of the resource's sorts, with a leading `-` for descending; None: the vendor's own order."""
    summary: bool = False
    """True: rows of the resource's summary struct, without a call a document."""
    updated_since: datetime | None = None
    search: str | None = None
    """Of the replica alone: no connector is asked with one."""
    continuation: str | None = None
    """What an earlier page gave as `next`."""


class Completeness(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the caller should know about this list."""

    complete: bool
    """True when the rows of this page hold all that was asked, and nothing was left out."""
    reason: str | None = None
    """Why, or what is special.

    `deadline`: time ran out, `page.next` goes on; `summary_only`: rows without lines, as asked;
    `vanished`: an object of the vendor's list could not be read any more; `vendor_limit`: the vendor lists no
    further.
    """
    fields_unavailable: tuple[str, ...] = ()
    """Fields that are null because this source does not tell, e.g. `totals.open`."""


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """One page. Order is the vendor's unless asked otherwise."""

    records: tuple[Record[T], ...]
    next: str | None = None
    """Continuation for the next page; None at the end."""
    completeness: Completeness = Completeness(complete=True)
    total: int | None = None
    """The vendor's count of all that was asked for, when it was told last; None where it does not count."""


class Download(Struct, frozen=True, kw_only=True):
    """A file as the vendor rendered it."""

    content: bytes
    """All of it; its beginning where a `rest` follows."""
    rest: Rest | None = None
    media_type: str
    filename: str
    preview: bool = False
    """True when it only shows what the original says: the PDF of an XRechnung."""
