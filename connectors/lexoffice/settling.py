"""A payment that was made elsewhere, for one document. Partners only: a transaction, then a hint.

Nothing here makes a document paid: Lexware, or its user, assigns the transaction, and the vendor's payments
say so then. Two writes, in the order in which half of them does least harm: a transaction without its hint is
still there for a person to assign, a hint without its transaction would use up the only one of the document.
A transaction is booked once an external reference, so a payment may be told again. Source: partner
documentation, "Finance" and "Transaction Assignment Hint" (read 2026-11-20).
"""

from collections.abc import Iterator

from connectors.base.connector import Session
from connectors.base.errors import (
    FieldError,
    KontorError,
    NotWritable,
    OutcomeUnknown,
    RecordNotFound,
    UpstreamRefused,
)
from connectors.base.paging import Record
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.days import day_misfits
from connectors.lexoffice.misfits import id_misfits, misfit, refuse
from connectors.lexoffice.native.finance import AssignmentHint
from connectors.lexoffice.paths import HINT_PATHS, SETTLEMENT_PATHS
from connectors.lexoffice.resources.payments import Payments
from connectors.lexoffice.resources.transactions import ASSIGNED, Transactions
from schemas.actions import SettleInput, Settlement, SettlementState
from schemas.documents import DocumentStatus, PaymentStatus
from schemas.payments import Payment, PaymentKind
from schemas.transactions import Transaction, TransactionInput

AGAIN = "Tell it again with a new Idempotency-Key and the same externalReference: it is booked once."
WAITING = "Lexware Office, or somebody there, has to match the transaction; `payments` tell when."
HINTED, REFUSED, NOT_SENT, UNKNOWN = "hinted", "refused", "not_sent", "unknown"


async def settle(
    session: Session, id: str, body: SettleInput, *, incoming: bool, link: str | None
) -> Record[Settlement]:
    """Tells of a payment for the document `id`, which `link` shows. Three calls: a read and both writes.

    Once the transaction is booked nothing is raised any more: what is missing stands in the answer.

    Raises:
        NotWritable: the document is a draft, void or settled; nothing was sent.
        ReferenceTaken: the external reference names another transaction; nothing was booked.
        OutcomeUnknown: the transaction may have been booked; telling it again is safe.
    """
    refuse(misfits(body))
    await _refuse_settled(session, id, link)
    try:
        movement = await Transactions(session, SETTLEMENT_PATHS).create(transaction(body, incoming=incoming))
    except OutcomeUnknown as error:
        error.hint_text = AGAIN
        raise
    assignment, missing = await _hint(session, id, body.external_reference)
    paid = await _confirmed(session, movement.data, id)
    settlement = Settlement(
        id=movement.data.id,
        document_id=id,
        state=SettlementState.CONFIRMED if paid else SettlementState.PUSHED,
        reason=None if paid else missing,
        assignment=assignment,
        amount=body.amount,
        paid_on=body.paid_on,
        bank_account_id=movement.data.bank_account_id,
        external_reference=body.external_reference,
    )
    return Record(id=movement.data.id, data=settlement, raw=movement.raw)


async def _refuse_settled(session: Session, id: str, link: str | None) -> None:
    try:
        now = (await Payments(session).get(id)).data
    except RecordNotFound as error:
        if error.upstream is None or error.upstream.status == 404:
            raise
        raise NotWritable(error.detail, link) from error
    if reason := settled(now):
        raise NotWritable(reason, link)


def settled(now: Payment) -> str | None:
    """Why nothing can be paid on the document any more; None when something can."""
    if now.document_status is DocumentStatus.VOID:
        return "The document is void: nothing is owed."
    if now.payment_status is PaymentStatus.PAID:
        return "The document is settled. Bring further money in as one of the `transactions`."
    return None


async def _hint(session: Session, id: str, external_reference: str) -> tuple[str, str]:
    """What became of the hint, and what is missing then."""
    client = LexofficeClient(session, HINT_PATHS)
    body = AssignmentHint(voucher_id=id, external_reference=external_reference)
    try:
        await client.act("/v1/transaction-assignment-hint", body, "transactions.hint")
    except UpstreamRefused as error:
        said = error.errors[0].message if error.errors else error.detail
        return REFUSED, f"Somebody has to assign the transaction: Lexware Office took no hint. {said}"
    except OutcomeUnknown:
        return UNKNOWN, f"It is not known whether Lexware Office took the hint. {AGAIN}"
    except KontorError as error:
        return NOT_SENT, f"The hint could not be given: {error.detail} {AGAIN}"
    return HINTED, WAITING


async def _confirmed(session: Session, movement: Transaction, document_id: str) -> bool:
    """Whether the vendor assigns this very transaction to the document and counts a payment by bank on it.

    A new one is assigned to nothing and costs no call.
    """
    if movement.assignment_status not in ASSIGNED:
        return False
    try:
        assigned = (await Transactions(session).get(movement.id)).data.assigned_documents or []
        paid = (await Payments(session).get(document_id)).data
    except KontorError:
        return False
    told = any(item.kind is PaymentKind.BANK_TRANSACTION for item in paid.items)
    return told and any(document.id == document_id for document in assigned)


def transaction(body: SettleInput, *, incoming: bool) -> TransactionInput:
    """The movement on the bank account that stands for the payment. `misfits` has found nothing."""
    return TransactionInput(
        bank_account_id=body.bank_account_id or "",
        amount=body.amount if incoming else -body.amount,
        valued_on=body.paid_on,
        booked_on=body.paid_on,
        purpose=body.payment_reference or body.external_reference,
        counterparty=body.counterparty,
        external_reference=body.external_reference,
    )


def misfits(body: SettleInput) -> Iterator[FieldError]:
    """What cannot be told as a transaction."""
    if body.bank_account_id is None:
        yield misfit("bankAccountId", "required", "Lexware Office keeps payments as bank transactions.")
    yield from id_misfits("bankAccountId", body.bank_account_id)
    if body.amount <= 0:
        yield misfit("amount", "invalid", "More than nothing; who paid follows from the document.")
    yield from day_misfits("paidOn", body.paid_on)
