"""Transactions over /v1/finance/transactions, for partners. Source: "Finance" (read 2026-11-20).

Up to 25 in one call, all or none. No list, no change. An external reference that is known already is ignored
without a word, and answered with the record that has it: so a repeated write does no harm, and a reference
that was used for something else is found out here.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from msgspec.structs import replace

from connectors.base.connector import Change, Session
from connectors.base.errors import FieldError, NotWritable, ReferenceTaken
from connectors.base.mapping import amount, amount_or_none, plain
from connectors.base.needs import Need
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.client import LexofficeClient, known_id, raw_of, readable
from connectors.lexoffice.days import day_misfits, local_day_or_none, midnight, utc
from connectors.lexoffice.misfits import id_misfits, misfit, refuse
from connectors.lexoffice.native import finance as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.partner import FINANCE_DELETES, FINANCE_READS, FINANCE_WRITES
from connectors.lexoffice.paths import BATCH_PATHS, TRANSACTION_PATHS
from schemas.documents import DocumentReference
from schemas.transactions import (
    AssignmentStatus,
    Counterparty,
    Fee,
    Transaction,
    TransactionBatch,
    TransactionBatchInput,
    TransactionInput,
)

DECODER = decoder(native.Transaction)
WRITTEN = decoder(list[native.Transaction])
ASSIGNMENTS = decoder(list[native.Assignment])
NOUN = "finance/transactions"
STATUS = {
    None: AssignmentStatus.UNASSIGNED,
    "partly_assigned": AssignmentStatus.PARTIALLY_ASSIGNED,
    "completely_assigned": AssignmentStatus.ASSIGNED,
    "invisible": AssignmentStatus.HIDDEN,
}
ASSIGNED = (AssignmentStatus.PARTIALLY_ASSIGNED, AssignmentStatus.ASSIGNED)
RESOURCE = {"invoice": "invoices"}
"""Of an assignment's type; a `voucher` may be a bill, a vendor credit or a sale invoiced elsewhere."""
FEE_RATES = (0, 5, 7, 16, 19)
UNTOLD = ("assignedDocuments",)


class Transactions:
    """Finance transactions of one connection."""

    needs: ClassVar[Mapping[str, Need]] = {
        "get": FINANCE_READS,
        "create": FINANCE_WRITES,
        "batch": FINANCE_WRITES,
        "delete": FINANCE_DELETES,
    }

    def __init__(self, session: Session, paths: dict[str, str] = TRANSACTION_PATHS) -> None:
        self._client = LexofficeClient(session, paths)
        self._batches = LexofficeClient(session, BATCH_PATHS)

    async def get(self, id: str) -> Record[Transaction]:
        """One transaction: one call, and another for its documents when it is assigned to some."""
        record = await self._client.object(NOUN, id, _record, "transactions.get")
        return await self._with_documents(record, "transactions.get")

    async def latest_of(self, bank_account_id: str) -> Record[Transaction]:
        """The youngest of an account by its own day; one or two calls, as `get`.

        Raises:
            RecordNotFound: the account has none, or does not exist.
        """
        params = (("financialAccountId", known_id(bank_account_id)),)
        path, purpose = f"/v1/{NOUN}/latest-transaction", "bank-accounts.latest"
        record = readable(await self._client.get(path, purpose, params), _record)
        return await self._with_documents(record, purpose)

    async def create(self, body: TransactionInput) -> Record[Transaction]:
        """A movement brought in; one call, whose answer is the whole object.

        Raises:
            ReferenceTaken: the external reference names another movement; nothing was booked.
        """
        refuse(misfits(body))
        answer, (raw,) = await written(self._client, [body], "transactions.create")
        if differs(raw, body):
            raise ReferenceTaken("externalReference", raw.financial_transaction_id)
        return _told(Record(data=to_unified(raw), raw=raw_of(answer)))

    async def batch(self, body: TransactionBatchInput) -> Record[TransactionBatch]:
        """Up to 25 movements brought in with one call: all, or none when the vendor refuses one."""
        refuse(
            misfit(f"transactions[{index}].{error.field}", error.code, error.message)
            for index, entry in enumerate(body.transactions)
            for error in misfits(entry)
        )
        answer, found = await written(self._batches, body.transactions, "transactions.batch")
        pairs = list(zip(found, body.transactions, strict=True))
        return Record(
            id=found[0].financial_transaction_id,
            data=TransactionBatch(
                transactions=[to_unified(raw) for raw in found],
                not_booked=[index for index, pair in enumerate(pairs) if differs(*pair)],
            ),
            raw=raw_of(answer),
        )

    async def delete(self, id: str, change: Change) -> None:
        """Removes a movement that is assigned to no document. The vendor checks no version here."""
        current = (await self._client.object(NOUN, id, _record, "transactions.get")).data
        change.check(current)
        if current.assignment_status in ASSIGNED:
            raise NotWritable("It is assigned to a document: end that in Lexware Office first.", None)
        await self._client.delete(NOUN, id, "transactions.delete")

    async def _with_documents(self, record: Record[Transaction], purpose: str) -> Record[Transaction]:
        if record.data.assignment_status not in ASSIGNED:
            return _told(record)
        id = record.data.id
        answer = await self._client.get(f"/v1/{NOUN}/{id}/assignments", purpose)
        documents = readable(
            answer, lambda answer: [reference(a) for a in ASSIGNMENTS.decode(answer.content)]
        )
        return replace(record, data=replace(record.data, assigned_documents=documents))


async def written(
    client: LexofficeClient, entries: list[TransactionInput], purpose: str
) -> tuple[Answer, list[native.Transaction]]:
    """The vendor's answer to one call, and an object for each entry in its order."""
    answer = await client.act(f"/v1/{NOUN}", [to_native(entry) for entry in entries], purpose)
    return answer, readable(answer, lambda answer: _all_of(answer, len(entries)), writes=True)


def _record(answer: Answer) -> Record[Transaction]:
    return Record(data=to_unified(DECODER.decode(answer.content)), raw=raw_of(answer))


def _told(record: Record[Transaction]) -> Record[Transaction]:
    """The record, which says that its documents are not told where that is so."""
    return record if record.data.assigned_documents == [] else replace(record, fields_unavailable=UNTOLD)


def _all_of(answer: Answer, count: int) -> list[native.Transaction]:
    found = WRITTEN.decode(answer.content)
    if len(found) != count:
        raise ValueError("not one object for each that was sent")
    return found


def differs(raw: native.Transaction, body: TransactionInput) -> bool:
    """Whether the vendor answered with another movement, since the external reference was known already."""
    if body.external_reference is None:
        return False
    days = ((raw.value_date, body.valued_on), (raw.booking_date, body.booked_on))
    return (
        raw.amount != body.amount
        or raw.financial_account_id != body.bank_account_id
        or any(theirs and ours and local_day_or_none(theirs) != ours for theirs, ours in days)
    )


def to_unified(raw: native.Transaction) -> Transaction:
    """A transaction in unified words. Its documents are asked for elsewhere, where it has some."""
    status = STATUS.get(raw.state, AssignmentStatus.UNKNOWN)
    return Transaction(
        id=raw.financial_transaction_id,
        version=None if raw.lock_version is None else str(raw.lock_version),
        created_at=utc(raw.created_date),
        updated_at=utc(raw.last_modified_date),
        archived=None,
        links=links.NONE,
        bank_account_id=raw.financial_account_id,
        amount=amount(raw.amount),
        currency="EUR",
        valued_on=local_day_or_none(raw.value_date),
        booked_on=local_day_or_none(raw.booking_date),
        purpose=raw.purpose,
        description=raw.additional_info,
        counterparty=Counterparty(
            name=raw.recipient_or_sender_name,
            email=raw.recipient_or_sender_email,
            iban=raw.recipient_or_sender_iban,
            bic=raw.recipient_or_sender_bic,
        ),
        end_to_end_id=raw.end_to_end_id,
        external_reference=raw.external_reference,
        fee=fee(raw),
        assignment_status=status,
        vendor_status=raw.state,
        open=amount_or_none(raw.open_amount),
        assigned_documents=[] if status is AssignmentStatus.UNASSIGNED else None,
    )


def fee(raw: native.Transaction) -> Fee | None:
    """The provider's fee, of which the vendor keeps all three parts or none."""
    if raw.fee_amount is None or raw.fee_tax_rate_percentage is None or raw.fee_posting_category_id is None:
        return None
    return Fee(
        amount=amount(raw.fee_amount),
        tax_rate=plain(raw.fee_tax_rate_percentage),
        account_id=raw.fee_posting_category_id,
    )


def reference(raw: native.Assignment) -> DocumentReference:
    """A document that is paid; the vendor tells no number."""
    return DocumentReference(id=raw.id, number=None, resource=RESOURCE.get(raw.type), vendor_type=raw.type)


def to_native(body: TransactionInput) -> native.TransactionBody:
    """A transaction to write. `misfits` has found nothing."""
    other, kept = body.counterparty, body.fee
    return native.TransactionBody(
        financial_account_id=body.bank_account_id,
        value_date=midnight(body.valued_on) if body.valued_on else None,
        booking_date=midnight(body.booked_on) if body.booked_on else None,
        purpose=body.purpose,
        amount=plain(body.amount),
        additional_info=body.description,
        recipient_or_sender_name=other.name,
        recipient_or_sender_email=other.email,
        recipient_or_sender_iban=other.iban,
        recipient_or_sender_bic=other.bic,
        external_reference=body.external_reference,
        end_to_end_id=body.end_to_end_id,
        fee_amount=plain(kept.amount) if kept else None,
        fee_tax_rate_percentage=plain(kept.tax_rate) if kept else None,
        fee_posting_category_id=kept.account_id if kept else None,
    )


def misfits(body: TransactionInput) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from id_misfits("bankAccountId", body.bank_account_id)
    if body.valued_on is None and body.booked_on is None:
        yield misfit("valuedOn", "required", "Give at least one of valuedOn and bookedOn.")
    for field, day in (("valuedOn", body.valued_on), ("bookedOn", body.booked_on)):
        if day is not None:
            yield from day_misfits(field, day)
    if body.fee is None:
        return
    yield from id_misfits("fee.accountId", body.fee.account_id)
    if body.fee.tax_rate not in FEE_RATES:
        yield misfit("fee.taxRate", "invalid", "Lexware Office takes 0, 5, 7, 16 and 19 per cent here.")
    if body.fee.amount * body.amount > 0:
        yield misfit("fee.amount", "invalid", "A fee has the other sign than its transaction.")
