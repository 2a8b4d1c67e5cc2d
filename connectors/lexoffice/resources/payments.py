"""Payments over /v1/payments/{voucherId}. Source: "Payments" (read 2026-11-20). Nothing can be written here.

Lexware keeps payments with their document: they have no ids, and no list goes over all of them.
"""

from typing import ClassVar

from connectors.base.connector import Session
from connectors.base.errors import RecordNotFound, UpstreamRefused
from connectors.base.mapping import amount
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice.client import LexofficeClient, raw_of
from connectors.lexoffice.days import local_day_or_none
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native import payments as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.sales.reading import STATUS
from connectors.lexoffice.sales.references import RESOURCE
from connectors.lexoffice.whole_lists import refuse_order
from schemas.documents import DocumentStatus, PaymentStatus
from schemas.payments import Payment, PaymentFilters, PaymentItem, PaymentKind

DECODER = decoder(native.Payments)
KIND = {
    "partPaymentFinancialTransaction": PaymentKind.BANK_TRANSACTION,
    "partPaymentCashBox": PaymentKind.CASH,
    "manualPayment": PaymentKind.MANUAL,
    "partPaymentCreditNote": PaymentKind.CREDIT_NOTE,
    "cashDiscount": PaymentKind.CASH_DISCOUNT,
    "dunningCosts": PaymentKind.DUNNING_COSTS,
    "currencyConversion": PaymentKind.CURRENCY_DIFFERENCE,
    "irrecoverableReceivable": PaymentKind.BAD_DEBT,
}
RAISING = ("dunningCosts", "currencyConversion")
"""What may make the claim larger, so that it alone is no payment."""
BALANCED = "balanced"
NOTHING_TO_TELL = 406
NONE_KEPT = (
    "Lexware Office keeps no payments of this document: it is a draft, not checked yet, of a kind that "
    "nobody pays, or a credit note settled with its invoice."
)


class Payments:
    """Payments of one connection's documents."""

    copied: ClassVar[None] = None
    """No list goes over all of them."""

    def __init__(self, session: Session) -> None:
        self._client = LexofficeClient(session)

    async def list(self, query: ListQuery) -> Page[Payment]:
        """The payments of the document that the filter names: one row, or none where none are kept. One call.

        Raises:
            InvalidForTarget: no document is named.
        """
        refuse_order(query)
        filters = query.filters
        assert isinstance(filters, PaymentFilters)
        if filters.document_id is None:
            message = "Lexware Office tells payments one document at a time: give `documentId`."
            refuse([misfit("documentId", "required", message)])
        try:
            return Page(records=(await self._read(filters.document_id or "", "payments.list"),))
        except RecordNotFound:
            return Page(records=())

    async def get(self, id: str) -> Record[Payment]:
        """The payments of the document of this id, one call."""
        return await self._read(id, "payments.get")

    async def _read(self, document_id: str, purpose: str) -> Record[Payment]:
        def read(answer: Answer) -> Record[Payment]:
            return Record(data=to_unified(DECODER.decode(answer.content), document_id), raw=raw_of(answer))

        try:
            return await self._client.object("payments", document_id, read, purpose)
        except UpstreamRefused as error:
            if error.upstream is None or error.upstream.status != NOTHING_TO_TELL:
                raise
            raise RecordNotFound(NONE_KEPT, upstream=error.upstream, sent="yes") from error


def to_unified(raw: native.Payments, document_id: str) -> Payment:
    """What is settled of a document; its id is not in the vendor's answer."""
    status = STATUS.get(raw.voucher_status, DocumentStatus.UNKNOWN)
    return Payment(
        id=document_id,
        document_id=document_id,
        document_resource=RESOURCE.get(raw.voucher_type),
        vendor_document_type=raw.voucher_type,
        document_status=status,
        vendor_document_status=raw.voucher_status,
        payment_status=payment_status(raw, status),
        vendor_payment_status=raw.payment_status,
        open=amount(raw.open_amount),
        currency=raw.currency,
        settled_on=local_day_or_none(raw.paid_date),
        items=[item(entry) for entry in raw.payment_items],
    )


def payment_status(raw: native.Payments, status: DocumentStatus) -> PaymentStatus | None:
    """How much is settled. A void document reads as balanced, so its state is looked at first."""
    if status is DocumentStatus.VOID:
        return None
    if raw.payment_status == BALANCED:
        return PaymentStatus.PAID
    settling = any(entry.payment_item_type not in RAISING for entry in raw.payment_items)
    return PaymentStatus.PARTIALLY_PAID if settling else PaymentStatus.OPEN


def item(raw: native.PaymentItem) -> PaymentItem:
    """One thing that settles a part."""
    return PaymentItem(
        kind=KIND.get(raw.payment_item_type, PaymentKind.UNKNOWN),
        vendor_kind=raw.payment_item_type,
        paid_on=local_day_or_none(raw.posting_date),
        amount=amount(raw.amount),
        currency=raw.currency,
    )
