"""Invoices over /v1/invoices and the voucher list. No update, no delete: Lexware offers neither.

Source: "Invoices" (read 2026-11-20).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from connectors.base.connector import Identity
from connectors.base.errors import FieldError
from connectors.base.mapping import amount_or_none, plain_or_none
from connectors.base.needs import Need
from connectors.base.paging import Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.days import day_misfits, local_day, local_day_or_none, midnight
from connectors.lexoffice.misfits import refuse
from connectors.lexoffice.native import invoices as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.partner import settling
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.sales import reading, writing
from connectors.lexoffice.sales.cancelling import WORKAROUND, credit_note, refuse_cancelling
from connectors.lexoffice.sales.checks import document_misfits
from connectors.lexoffice.sales.documents import FollowedDocuments, SalesDocuments
from connectors.lexoffice.sales.noun import OWED, Noun, View
from connectors.lexoffice.sales.references import reference_to
from connectors.lexoffice.sales.terms import payment_conditions, period_misfits, shipping_conditions
from connectors.lexoffice.settling import settle
from schemas.actions import CancelInput, Cancellation, SettleInput, Settlement
from schemas.documents import DocumentStatus
from schemas.invoices import DownPayment, Invoice, InvoiceInput, InvoiceSummary

NOUN = Noun(
    resource="invoices",
    path="invoices",
    singular="invoice",
    type_code="380",
    voucher_type="invoice",
    words=OWED,
    summary=InvoiceSummary,
    due=True,
)
DECODER = decoder(native.Invoice)


def to_unified(raw: native.Invoice, view: View, row: Row | None = None) -> Invoice:
    """An invoice in unified words. `row`: the voucher list's of it, which alone tells what is open."""
    return Invoice(
        **reading.shared_fields(raw, NOUN, view, row),
        recurring_invoice_id=raw.recurring_template_id,
        closing=raw.closing_invoice,
        down_payments=[down_payment(deduction) for deduction in raw.down_payment_deductions or ()],
    )


def down_payment(raw: native.DownPaymentDeduction) -> DownPayment:
    """What a closing invoice takes off."""
    return DownPayment(
        id=raw.id,
        number=raw.voucher_number,
        title=raw.title,
        issued_on=local_day_or_none(raw.voucher_date),
        tax_rate=plain_or_none(raw.tax_rate_percentage),
        net=amount_or_none(raw.received_net_amount),
        tax=amount_or_none(raw.received_tax_amount),
        gross=amount_or_none(raw.received_gross_amount),
    )


def to_native(body: InvoiceInput, identity: Identity) -> native.InvoiceBody:
    """The invoice in the vendor's words. `misfits` has found nothing."""
    reference = body.buyer_reference
    return native.InvoiceBody(
        **writing.shared_fields(body, identity),
        x_rechnung=None if reference is None else native.XRechnung(buyer_reference=reference),
        payment_conditions=payment_conditions(body.payment_terms) if body.payment_terms else None,
        shipping_conditions=shipping_conditions(body.service_period),
    )


def misfits(body: InvoiceInput, identity: Identity) -> Iterator[FieldError]:
    """What the vendor is certain to refuse."""
    yield from document_misfits(body, identity, NOUN)
    yield from period_misfits(body.service_period)


class Invoices(SalesDocuments[Invoice], FollowedDocuments[Invoice]):
    """Invoices of one connection."""

    noun = NOUN
    decoder = DECODER
    to_unified = staticmethod(to_unified)
    needs: ClassVar[Mapping[str, Need]] = {**SalesDocuments.needs, "settle": settling("invoices")}
    workarounds: ClassVar[Mapping[str, str]] = {"cancel": WORKAROUND}

    async def create(self, body: InvoiceInput) -> Record[Invoice]:
        """A draft, or with `finalize` a binding invoice."""
        identity = self._session.identity
        return await self._create(body, misfits(body, identity), lambda: to_native(body, identity))

    async def cancel(self, id: str, body: CancelInput) -> Record[Cancellation]:
        """A linked credit note over all lines: a read, the write, and a read for its number."""
        raw = await self._client.object("invoices", id, _decoded, "invoices.cancel")
        refuse_cancelling(raw, links.of(self._session.hosts.app, "invoices", id))
        day = body.issued_on or local_day(self._session.now)
        refuse(day_misfits("issuedOn", day))
        finalize = (("finalize", "true"),) if body.finalize else ()
        created = await self._client.post(
            "credit-notes",
            credit_note(raw, body, midnight(day)),
            "invoices.cancel",
            (*finalize, ("precedingSalesVoucherId", id)),
        )
        note = await self._client.read_back(created.id, CreditNotes(self._session).get)
        return Record(
            id=created.id,
            data=Cancellation(
                document=reference_to(note.data.id, note.data.number, "creditnote"),
                final=note.data.status is not DocumentStatus.DRAFT,
                method="credit_note",
                workaround=WORKAROUND,
            ),
        )

    async def settle(self, id: str, body: SettleInput) -> Record[Settlement]:
        """A payment received elsewhere, told as a transaction with a hint; see `settling`."""
        link = links.of(self._session.hosts.app, "invoices", id)
        return await settle(self._session, id, body, incoming=True, link=link)


def _decoded(answer: Answer) -> native.Invoice:
    return DECODER.decode(answer.content)
