"""What every kind of recorded document does at the vendor. A kind is a subclass with `noun` and mapping."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import chain
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Raw

from connectors.base.connector import Change, Session
from connectors.base.copying import Copied
from connectors.base.errors import DocumentNotReady, RecordNotFound, RepresentationNotAvailable, StaleVersion
from connectors.base.examination import Examination, Limit
from connectors.base.files import Upload
from connectors.base.needs import Access, Need
from connectors.base.paging import Download, ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice import uploads
from connectors.lexoffice.client import LexofficeClient, mapped, raw_of
from connectors.lexoffice.days import local_day
from connectors.lexoffice.misfits import left_out
from connectors.lexoffice.native import vouchers as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.partner import settling
from connectors.lexoffice.paths import voucher_paths
from connectors.lexoffice.replacing import AS_SENT
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.sales.documents import BY_DAY, OPEN_UNTOLD
from connectors.lexoffice.sales.listing import ROW, list_documents
from connectors.lexoffice.sales.noun import Noun
from connectors.lexoffice.settling import settle
from connectors.lexoffice.vouchers import examining, writing
from connectors.lexoffice.vouchers.actions import allowed_actions
from connectors.lexoffice.vouchers.checks import change_misfits, misfits, refuse_changing
from connectors.lexoffice.vouchers.duplicates import refuse_second
from connectors.lexoffice.vouchers.kinds import INCOMING, SIDE, UNCHECKED, View, party_path, types
from connectors.lexoffice.vouchers.limits import limits
from schemas.actions import SettleInput, Settlement
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus
from schemas.files import StoredFile
from schemas.recorded_documents import RecordedDocument, RecordedDocumentInput

D = TypeVar("D", bound=RecordedDocument)
I = TypeVar("I", bound=RecordedDocumentInput)  # noqa: E741

DECODER = decoder(native.Voucher)


class Vouchers(Generic[D, I]):
    """Recorded documents of one kind of one connection."""

    copied: ClassVar[Copied] = BY_DAY
    needs: ClassVar[Mapping[str, Need]] = {"settle": settling("vouchers")}
    noun: ClassVar[Noun]
    to_unified: ClassVar[Callable[[native.Voucher, View, Row | None], Any]]
    """Pure; a `staticmethod` of the subclass."""
    to_input: ClassVar[Callable[[Any], Any]]
    """The writable part of a document, as it stands. Pure; a `staticmethod` of the subclass."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, voucher_paths(party_path(self.noun)))
        self._view = View(
            app=session.hosts.app,
            today=local_day(session.now),
            company=session.identity.organization_name,
            actions=partial(_actions, type(self), session.access),
        )

    async def list(self, query: ListQuery) -> Page[D]:
        """Documents in full, or as rows; see `list_documents`. Uploads still being read are not listed."""
        return await list_documents(self._session, self._client, self.noun, query, self._detail)

    async def detail(self, row: Raw, held: Raw | None) -> Record[D]:
        """See `connectors.base.copying`. One call, or none."""
        listed = mapped(lambda: ROW.decode(row))
        if held is not None:
            voucher = mapped(lambda: DECODER.decode(held))
            if listed.shows(voucher.updated_date, voucher.voucher_status):
                return mapped(lambda: self.record(held, listed))

        def read(answer: Answer) -> Record[D]:
            raw = raw_of(answer)
            return self.record(raw, None if listed.behind(DECODER.decode(raw).updated_date) else listed)

        return await self._client.object("vouchers", listed.id, read, f"{self.noun.resource}.list")

    async def get(self, id: str) -> Record[D]:
        """One document, one call. Open amount, archiving and the contact's name only the list tells."""
        return (await self._read(id, "get"))[1]

    async def create(self, body: I) -> Record[D]:
        """Booked at once, or with `needs_review` left for a person; read back after the write. Three calls.

        Raises:
            AlreadyRecorded: the same document is there already; nothing was sent.
        """
        warnings = left_out(misfits(body, self.noun), strict=self._session.strict)
        voucher = writing.new_voucher(body, self.noun)
        purpose = f"{self.noun.resource}.create"
        await refuse_second(self._client, voucher, purpose)
        created = await self._client.post("vouchers", voucher, purpose)
        record = await self._client.read_back(created.id, self.get)
        return msgspec.structs.replace(record, warnings=warnings)

    async def update(self, id: str, change: Change) -> Record[D]:
        """The changed document with all its files. Reads, merges and replaces under the version read.

        Raises:
            NotWritable: it is void, or an upload that is still being read.
            StaleVersion: somebody changed it meanwhile, or attached a file; carries the current ETag.
        """
        sent, record = await self._read(id, "get")
        raw, current = msgspec.convert(sent, native.Voucher, strict=False), record.data
        merged = change.merged(current, type(self).to_input(current))
        refuse_changing(raw, current.links.view)
        written = writing.parts(merged, self.noun)
        found = chain(misfits(merged, self.noun), change_misfits(raw, merged, written.type))
        warnings = left_out(found, strict=self._session.strict)
        body = writing.replacement(sent, written, booking=raw.voucher_status == UNCHECKED)
        try:
            await self._client.put("vouchers", id, body, f"{self.noun.resource}.update")
        except StaleVersion:
            change.check((await self.get(id)).data)  # tells the new ETag
            raise
        record = await self._client.read_back(id, self.get)
        return msgspec.structs.replace(record, warnings=warnings)

    async def attach(self, id: str, upload: Upload) -> Record[StoredFile]:
        """Adds a file; a read, which tells what it has, and the write."""
        held = [file.id for file in (await self._read(id, "attach"))[1].data.files]
        app, purpose = self._session.hosts.app, f"{self.noun.resource}.attach"
        return await uploads.attach(self._client, app, id, upload, held, purpose)

    async def document(self, id: str, accept: str) -> Download:
        """The first of its files that exists in a form asked for; a read, and one or two calls a file.

        Raises:
            DocumentNotReady: no file is attached.
            RepresentationNotAvailable: names the forms that exist.
        """
        files = (await self._read(id, "document"))[1].data.files
        if not files:
            raise DocumentNotReady("No file is attached.", hint="Attach the original to it.")
        available: dict[str, None] = {}
        for file in files:
            try:
                return await Files(self._session).content(file.id, accept)
            except RepresentationNotAvailable as error:
                available |= dict.fromkeys(error.available)
        raise RepresentationNotAvailable("None of its files exists in a form asked for.", tuple(available))

    async def settle(self, id: str, body: SettleInput) -> Record[Settlement]:
        """A payment made or received elsewhere, told as a transaction with a hint; see `settling`."""
        sent, record = await self._read(id, "settle")
        incoming = sent["type"] in INCOMING
        return await settle(self._session, id, body, incoming=incoming, link=record.data.links.view)

    def examine(self, body: I) -> Examination:
        """What it would come to, and what tax says to it."""
        return examining.examine(body, self.noun)

    @classmethod
    def limits(cls, access: Access) -> Mapping[str, Limit]:
        """What holds for a voucher beyond what the model says."""
        return limits(cls.noun)

    async def _read(self, id: str, operation: str) -> tuple[dict[str, Any], Record[D]]:
        return await self._client.object("vouchers", id, self._as_sent, f"{self.noun.resource}.{operation}")

    def _as_sent(self, answer: Answer) -> tuple[dict[str, Any], Record[D]]:
        return AS_SENT.decode(answer.content), self.record(raw_of(answer), None)

    async def _detail(self, row: Row) -> Record[D]:
        def read(answer: Answer) -> Record[D]:
            return self.record(raw_of(answer), row)

        return await self._client.object("vouchers", row.id, read, f"{self.noun.resource}.list")

    def record(self, raw: Raw, row: Row | None = None) -> Record[D]:
        """A voucher as it was read. Those of other types have the same path, and do not exist here."""
        voucher = DECODER.decode(raw)
        if voucher.type not in types(self.noun):
            raise RecordNotFound(f"Lexware Office keeps no {self.noun.singular} under this id.", sent="yes")
        data = type(self).to_unified(voucher, self._view, row)
        return Record(data=data, raw=raw, fields_unavailable=_untold(data, self.noun, row))


def _untold(data: RecordedDocument, noun: Noun, row: Row | None) -> tuple[str, ...]:
    """What is null because only the voucher list could tell."""
    if row is not None:
        return ()
    side = SIDE[noun.party]
    open_untold = data.totals.open is None and data.status is not DocumentStatus.DRAFT
    name_untold = getattr(data, side).name is None
    return (
        "archived",
        *(OPEN_UNTOLD if open_untold else ()),
        *((f"{side}.name",) if name_untold else ()),
    )


def _actions(kind: type[Vouchers[Any, Any]], access: Access, raw: native.Voucher) -> list[AllowedAction]:
    return _cached_actions(kind, access, raw.voucher_status, bool(raw.files))


@cache
def _cached_actions(
    kind: type[Vouchers[Any, Any]], access: Access, vendor_status: str, has_files: bool
) -> list[AllowedAction]:
    return allowed_actions(kind.noun.resource, kind, access, vendor_status, has_files)
