"""What every kind of sales document does at the vendor: list, read, create, download.

A kind is a subclass with a `noun`, a decoder and its mapping, of those classes below that say what the vendor
does with it. It has `create` if the vendor takes it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.copying import Copied
from connectors.base.errors import FieldError
from connectors.base.examination import Examination, Limit
from connectors.base.needs import Access, Need
from connectors.base.paging import Download, ListQuery, Page, Record
from connectors.base.wire import Answer, Call
from connectors.lexoffice.client import LexofficeClient, known_id, mapped, raw_of
from connectors.lexoffice.misfits import left_out
from connectors.lexoffice.native.base import Native
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.paging import WINDOW
from connectors.lexoffice.paths import DOCUMENT_PATHS
from connectors.lexoffice.sales import examining, examining_sent, mailing, writing
from connectors.lexoffice.sales.actions import allowed_actions
from connectors.lexoffice.sales.converting import MADE_AT, convert
from connectors.lexoffice.sales.download import document
from connectors.lexoffice.sales.following import Trait
from connectors.lexoffice.sales.limits import following, limits
from connectors.lexoffice.sales.listing import ROW, list_documents
from connectors.lexoffice.sales.mailing import MAILING
from connectors.lexoffice.sales.noun import OPEN_AND_OVERDUE, Noun, View, view
from connectors.lexoffice.sales.selection import uncounted
from schemas.actions import Conversion, ConvertInput, SendInput
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus
from schemas.sales_documents import SalesDocument, SalesDocumentInput

D = TypeVar("D", bound=SalesDocument)

OPEN_UNTOLD = ("totals.open", "paymentStatus")
"""What is null when only the voucher list could tell."""
BY_DAY = Copied(tells_changes=True)
"""The voucher list can be asked for what was changed since a day."""


class ReadDocuments(Generic[D]):
    """Documents of one kind of one connection."""

    workarounds: ClassVar[Mapping[str, str]] = {"list?status": OPEN_AND_OVERDUE}
    noun: ClassVar[Noun]
    decoder: ClassVar[msgspec.json.Decoder[Any]]
    to_unified: ClassVar[Callable[[Any, View, Row | None], Any]]
    """Pure; a `staticmethod` of the subclass."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, DOCUMENT_PATHS)
        self._view = view(session, partial(_actions, type(self), session.access))

    async def get(self, id: str) -> Record[D]:
        """One document, one call. What is still open only the list tells, unless it is settled or void."""
        return await self._read(id, "get", None)

    async def document(self, id: str, accept: str) -> Download:
        """The PDF or XML; see `download.document`."""
        return await document(self._client, self.noun, id, accept, self.get)

    async def _read(self, id: str, operation: str, row: Row | None) -> Record[D]:
        def read(answer: Answer) -> Record[D]:
            return self._record(raw_of(answer), row)

        return await self._client.object(self.noun.path, id, read, f"{self.noun.resource}.{operation}")

    def _record(self, raw: Raw, row: Row | None) -> Record[D]:
        document = self.decoder.decode(raw)
        data = type(self).to_unified(document, self._view, row)
        untold = self.noun.owed and data.totals.open is None and data.status is not DocumentStatus.DRAFT
        return Record(data=data, raw=raw, fields_unavailable=OPEN_UNTOLD if untold else ())


class ListedDocuments(ReadDocuments[D]):
    """Of a kind that the voucher list names."""

    copied: ClassVar[Copied] = BY_DAY

    counts_to: ClassVar[int] = WINDOW

    @classmethod
    def uncounted(cls, query: ListQuery) -> tuple[str, ...]:
        """See `connectors.base.counting`."""
        return uncounted(cls.noun, query)

    async def list(self, query: ListQuery) -> Page[D]:
        """Documents in full, or as rows; see `list_documents`. Open amounts come from the list."""
        return await list_documents(self._session, self._client, self.noun, query, self._detail)

    async def detail(self, row: Raw, held: Raw | None) -> Record[D]:
        """See `connectors.base.copying`. One call, or none."""
        listed = mapped(lambda: ROW.decode(row))
        if held is not None:
            document = mapped(lambda: self.decoder.decode(held))
            if listed.shows(document.updated_date, document.voucher_status):
                return mapped(lambda: self._record(held, listed))

        def read(answer: Answer) -> Record[D]:
            raw = raw_of(answer)
            behind = listed.behind(self.decoder.decode(raw).updated_date)
            return self._record(raw, None if behind else listed)

        return await self._client.object(self.noun.path, listed.id, read, f"{self.noun.resource}.list")

    async def _detail(self, row: Row) -> Record[D]:
        return await self._read(row.id, "list", row)


class FollowedDocuments(ReadDocuments[D]):
    """Of a kind that the vendor makes others of."""

    async def convert(self, id: str, body: ConvertInput) -> Record[Conversion]:
        """The following document: a read, the write, and a read for its number; see `converting.convert`."""
        return await convert(self._session, self._client, self.noun, self.decoder, id, body)

    @classmethod
    def action_limits(cls, access: Access) -> Mapping[str, Mapping[str, Limit]]:
        """What can be made of a document of this kind."""
        return {"convert": {"to": following(cls.noun)}}

    def examine_sent(self, call: Call) -> Examination:
        """What a document made of another would come to; of a mail or a payment there is nothing to tell."""
        return examining_sent.examine_sent(call) if call.path in MADE_AT else Examination()


class WrittenDocuments(ReadDocuments[D]):
    """Of a kind that the vendor takes and mails."""

    needs: ClassVar[Mapping[str, Need]] = {"send": MAILING}

    async def send(self, id: str, body: SendInput) -> None:
        """Has Lexware Office mail it; it attaches the document itself."""
        path = f"/v1/{self.noun.path}/{known_id(id)}/sendmail"
        await self._client.act(path, mailing.to_native(body), f"{self.noun.resource}.send")

    def examine(self, body: SalesDocumentInput) -> Examination:
        """What it would come to, and what tax and law say to it."""
        return examining.examine(body, self._session.identity, self.noun)

    @classmethod
    def limits(cls, access: Access) -> Mapping[str, Limit]:
        """What holds for a document of this kind beyond what the model says."""
        return limits(access, cls.noun)

    async def _create(
        self, body: SalesDocumentInput, misfits: Iterable[FieldError], to_native: Callable[[], Native]
    ) -> Record[D]:
        """A draft, or with `finalize` a binding document; read back after the write."""
        warnings = left_out(misfits, strict=self._session.strict)
        params = writing.create_params(body)
        purpose = f"{self.noun.resource}.create"
        created = await self._client.post(self.noun.path, to_native(), purpose, params)
        record = await self._client.read_back(created.id, self.get)
        return msgspec.structs.replace(record, warnings=warnings)


class SalesDocuments(ListedDocuments[D], WrittenDocuments[D]):
    """Of a kind that is listed, taken and mailed."""


@cache
def _actions(
    kind: type[ReadDocuments[Any]],
    access: Access,
    status: DocumentStatus,
    standing: frozenset[Trait] = frozenset(),
) -> list[AllowedAction]:
    return allowed_actions(kind.noun, kind, access, status, standing)
