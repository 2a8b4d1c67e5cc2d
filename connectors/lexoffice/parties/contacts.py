"""Customers and suppliers over /v1/contacts. No delete, no archiving: Lexware offers neither.

Source: "Contacts" (read 2026-11-20). A contact is both when it has both roles; its id is the same.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Raw

from connectors.base.connector import Change, Session
from connectors.base.errors import FieldNotHeld, NotWritable, RecordNotFound, StaleVersion, UpstreamRefused
from connectors.base.examination import Limit
from connectors.base.needs import Access
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice.client import LexofficeClient, search_part
from connectors.lexoffice.gathering import collect, refuse_sort
from connectors.lexoffice.misfits import left_out, misfit, refuse
from connectors.lexoffice.native import contacts as native
from connectors.lexoffice.native.base import ActionResult, decoder
from connectors.lexoffice.native.base import Page as NativePage
from connectors.lexoffice.paging import Listed, Position, Walk, read_position
from connectors.lexoffice.parties import reading, writing
from connectors.lexoffice.parties.lists import LIMITS, crowded, refused_change
from connectors.lexoffice.paths import CONTACT_PATHS
from connectors.lexoffice.replacing import AS_SENT, laid_over
from schemas.parties import Party, PartyFilters, PartyInput

P = TypeVar("P", bound=Party)
I = TypeVar("I", bound=PartyInput)  # noqa: E741

DECODER = decoder(native.Contact)
SHORTEST_SEARCH, LONGEST_SEARCH = 3, 128
"""As the vendor counts: escapes are part of the text."""
NUMBER_TAKEN = "account_number_already_exists"
NUMBER_TAKEN_WAIT_S = 3.0


class Contacts(Generic[P, I]):
    """Contacts of one connection that have one role."""

    name: ClassVar[str]
    """The unified resource."""
    role: ClassVar[str]
    """`customer` or `vendor`."""
    model: ClassVar[type[Any]]
    input: ClassVar[type[Any]]

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, CONTACT_PATHS)

    async def list(self, query: ListQuery) -> Page[P]:
        """Contacts of the role by name, archived ones included: the vendor filters neither way."""
        refuse_sort(query)
        if query.updated_since is not None:
            raise FieldNotHeld("updatedSince", "Lexware Office does not tell when a contact was changed.")
        filters = query.filters
        assert isinstance(filters, PartyFilters)
        params = ((self.role, "true"), *_search(filters))
        start = read_position(query.continuation) if query.continuation else Position()

        async def fetch(
            number: int, size: int, _: object
        ) -> tuple[NativePage, list[Listed[Record[P] | None]]]:
            paged = (*params, ("page", str(number)), ("size", str(size)))
            return await self._client.page("contacts", paged, f"{self.name}.list", self.listed)

        async def take(listed: Listed[Record[P] | None]) -> Record[P] | None:
            # The vendor's filter also finds the number of the other role.
            record, asked = listed.row, filters.number
            return record if record and asked in (None, record.data.number) else None

        return await collect(Walk(fetch, start), query.limit, take, self._session.wire)

    async def get(self, id: str) -> Record[P]:
        """One contact, one call. A contact without the role does not exist here."""
        return await self._client.object("contacts", id, self._record, f"{self.name}.get")

    @staticmethod
    def limits(access: Access) -> Mapping[str, Limit]:
        """The lists of a contact take one entry each."""
        return LIMITS

    async def create(self, body: I) -> Record[P]:
        """A new contact in this role, read back after the write. Numbers are the vendor's."""
        warnings = left_out(writing.misfits(body), strict=self._session.strict)
        contact = writing.new_contact(body, self.role)
        created = await self._numbered(contact)
        record = await self._client.read_back(created.id, self.get)
        return msgspec.structs.replace(record, warnings=warnings)

    async def update(self, id: str, change: Change) -> Record[P]:
        """The changed contact. Reads, merges and replaces under the version read.

        Raises:
            NotWritable: a list of it has two entries; the vendor refuses every change then.
            StaleVersion: somebody changed it meanwhile; carries the current ETag.
        """
        sent, record = await self._client.object("contacts", id, self._as_sent, f"{self.name}.get")
        current = record.data
        merged = change.merged(current, writing.to_input(current, self.input))
        full = crowded(msgspec.convert(sent, native.Contact))
        if full:
            raise NotWritable(refused_change(full), current.links.view)
        warnings = left_out(writing.misfits(merged), strict=self._session.strict)
        body = laid_over(sent, writing.parts(merged))
        try:
            await self._client.put("contacts", id, body, f"{self.name}.update")
        except StaleVersion:
            change.check((await self.get(id)).data)  # tells the new ETag
            raise
        record = await self._client.read_back(id, self.get)
        return msgspec.structs.replace(record, warnings=warnings)

    async def _numbered(self, contact: native.ContactBody) -> ActionResult:
        """The new contact. Two made at once may get the same number: refused, so made again (BAE, 2026)."""
        try:
            return await self._client.post("contacts", contact, f"{self.name}.create")
        except UpstreamRefused as error:
            taken = any(found.code == NUMBER_TAKEN for found in error.errors)
            if not taken or not await self._session.wire.pause(NUMBER_TAKEN_WAIT_S):
                raise
        return await self._client.post("contacts", contact, f"{self.name}.create")

    def _as_sent(self, answer: Answer) -> tuple[dict[str, Any], Record[P]]:
        return AS_SENT.decode(answer.content), self._record(answer)

    def _record(self, answer: Answer) -> Record[P]:
        record = self.listed(Raw(answer.content)).row
        if record is None:
            raise RecordNotFound(f"This contact is no {self.role} at Lexware Office.", sent="yes")
        return record

    def listed(self, raw: Raw) -> Listed[Record[P] | None]:
        """A contact as it was read; no row where it lacks the role."""
        contact = DECODER.decode(raw)
        role: native.Role | None = getattr(contact.roles, self.role)
        if role is None:
            return Listed(id=contact.id, row=None, raw=raw)
        data = self.model(**reading.fields(contact, self._session.hosts.app, role))
        return Listed(id=contact.id, row=Record(data=data, raw=raw), raw=raw)


def _search(filters: PartyFilters) -> tuple[tuple[str, str], ...]:
    """The vendor's own filters. Name and e-mail: a part of it, ignoring case."""
    asked: list[tuple[str, str]] = []
    for field, text in (("name", filters.name), ("email", filters.email)):
        if text is None:
            continue
        part = search_part(text)
        if len(part) < SHORTEST_SEARCH:
            message = f"Lexware Office searches for {SHORTEST_SEARCH} characters or more."
            refuse([misfit(field, "too_short", message)])
        if len(part) > LONGEST_SEARCH:
            message = f"Lexware Office searches for {LONGEST_SEARCH} characters at most; & < > count more."
            refuse([misfit(field, "too_long", message)])
        asked.append((field, part))
    if filters.number is not None:
        asked.append(("number", filters.number))
    return tuple(asked)
