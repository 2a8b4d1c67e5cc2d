"""The app user's hand: what no call can do, and what a person does with a few clicks."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sandbox.lexoffice import money
from sandbox.lexoffice.oauth import grants
from sandbox.lexoffice.partner.transactions import left_of
from sandbox.lexoffice.recurring import Recurring
from sandbox.lexoffice.sales import closing, editing, profiles, settling, writing
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.state import Document, Organization, Payment, Voucher

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

SETTLED_VOUCHER = {
    "salesinvoice": "paid",
    "purchaseinvoice": "paid",
    "salescreditnote": "paidoff",
    "purchasecreditnote": "paidoff",
}
OPEN_VOUCHER = ("open", "transferred", "sepadebit")
VOUCHER_STATES = (*OPEN_VOUCHER, "paid", "paidoff", "voided", "unchecked")


class AppUser(Recurring):
    """Each act fires the events that it fires at Lexware."""

    @property
    def _twin(self) -> "Twin":
        return cast("Twin", self)

    # --- documents ------------------------------------------------------------------------------------------

    def finalize(self, document_id: str) -> None:
        organization, document = self.find(document_id)
        self._demand_company_data(organization, document)
        settling.finalize(self._twin, organization, document)
        settling.touch(self._twin, document)

    def _demand_company_data(self, organization: Organization, document: Document) -> None:
        """An XRechnung is not finalized by a company that has not told its own data."""
        contact = organization.contacts.get(document.contact_id or "")
        if document.kind == "invoices" and profiles.buyer_reference(organization, document):
            body = document.body
            lacking = profiles.violations(organization.letterhead, body, body["address"], contact, True)
            if lacking:
                raise NotPossible(f"an XRechnung lacks: {', '.join(v.field or '' for v in lacking)}")

    def mark_paid(self, document_id: str, amount: Decimal | None = None, type: str = "manualPayment") -> None:
        """Book a payment of `amount`, or of all that is open."""
        self._settle(settling.pay, document_id, amount, type)

    def pay_with_discount(self, document_id: str, percent: Decimal) -> None:
        """Paid early: all that is open, of which `percent` of the total is given as Skonto."""
        _, document = self.find(document_id)
        off = money.cents((document.total or money.ZERO) * percent / money.HUNDRED)
        self._settle(settling.pay, document_id, off, "cashDiscount")
        self._settle(settling.pay, document_id, None, "partPaymentFinancialTransaction")

    def void(self, document_id: str) -> None:
        self._settle(settling.void, document_id)
        self._release(self.find(document_id)[0], document_id)

    def _release(self, organization: Organization, voucher_id: str) -> None:
        """Bank lines that paid what is owed no more can be assigned again."""
        for line in organization.transactions.values():
            kept = [a for a in line.body["assignments"] if a["id"] != voucher_id]
            if len(kept) < len(line.body["assignments"]):
                line.body["assignments"] = kept
                line.version += 1
                line.updated = self.clock.now()

    def back_to_draft(self, document_id: str) -> None:
        self._settle(settling.back_to_draft, document_id)

    def decide(self, quotation_id: str, accepted: bool = True) -> None:
        self._settle(settling.decide, quotation_id, accepted)

    def delete_document(self, document_id: str) -> None:
        self._settle(settling.remove, document_id)

    def _settle(self, what: Callable[..., None], document_id: str, *more: Any) -> None:
        what(self._twin, *self.find(document_id), *more)

    def edit_document(self, document_id: str, changes: dict[str, Any]) -> None:
        """Rewrite a draft; `changes` are members of a create body."""
        self._settle(editing.edit, document_id, changes)

    def archive(self, document_id: str, archived: bool = True) -> None:
        organization, document = self.find(document_id)
        document.archived = archived
        settling.touch(self._twin, document)
        self.emit(organization.id, f"{KINDS[document.kind].event}.changed", document_id)

    def create_down_payment_invoice(
        self, organization_id: str, body: Any, finalized: bool = True
    ) -> Document:
        """Down payment invoices are made in the app alone; `body` is that of an invoice with one line."""
        organization = self.world.organizations[organization_id]
        kind = KINDS["down-payment-invoices"]
        if not isinstance(lines := body.get("lineItems"), list) or len(lines) != 1:
            raise NotPossible("a down payment invoice has exactly one line item")
        return writing.write(self._twin, organization, kind, body, finalized=finalized)

    def create_closing_invoice(
        self, organization_id: str, body: Any, down_payment_ids: list[str], finalized: bool = True
    ) -> Document:
        """The invoice that ends a series of down payment invoices and deducts what they received."""
        organization = self.world.organizations[organization_id]
        parts = [organization.documents[id] for id in down_payment_ids]
        invoice = writing.write(self._twin, organization, KINDS["invoices"], body)
        closing.close(self._twin, invoice, parts)
        if finalized:
            settling.finalize(self._twin, organization, invoice)
        return invoice

    # --- contacts -------------------------------------------------------------------------------------------

    def add_entry(self, contact_id: str, group: str, kind: str, entry: Any) -> None:
        """Give a contact one more address, mail, phone or contact person: no call can write it then."""
        _, contact = self.find_contact(contact_id)
        if group == "company" and "company" not in contact.body:
            raise NotPossible("a person has no contact persons")
        contact.body.setdefault(group, {}).setdefault(kind, []).append(entry)
        self._contact_changed(contact_id)

    def edit_contact(self, contact_id: str, changes: dict[str, Any]) -> None:
        """Replace members of the contact as the app's form does; nothing is checked."""
        self.find_contact(contact_id)[1].body |= changes
        self._contact_changed(contact_id)

    def archive_contact(self, contact_id: str, archived: bool = True) -> None:
        self.find_contact(contact_id)[1].archived = archived
        self._contact_changed(contact_id)

    def _contact_changed(self, contact_id: str) -> None:
        organization, contact = self.find_contact(contact_id)
        contact.version += 1
        self.emit(organization.id, "contact.changed", contact_id)

    def delete_contact(self, contact_id: str) -> None:
        organization, _ = self.find_contact(contact_id)
        del organization.contacts[contact_id]
        self.emit(organization.id, "contact.deleted", contact_id)

    # --- bookkeeping ----------------------------------------------------------------------------------------

    def pay_voucher(
        self, voucher_id: str, amount: Decimal | None = None, type: str = "manualPayment"
    ) -> None:
        organization, voucher = self.find_voucher(voucher_id)
        if voucher.status not in OPEN_VOUCHER or voucher.open_amount is None:
            raise NotPossible("only an open voucher can be paid")
        paid = voucher.open_amount if amount is None else amount
        voucher.payments = [*voucher.payments, Payment(type, self.clock.now(), paid)]
        self.emit(organization.id, "payment.changed", voucher_id)
        if voucher.open_amount == 0:
            self.set_voucher_status(voucher_id, SETTLED_VOUCHER[voucher.type])
        else:
            self._touch(voucher)

    def set_voucher_status(self, voucher_id: str, status: str) -> None:
        """Void it, send it by online banking (`transferred`), collect it (`sepadebit`), …"""
        if status not in VOUCHER_STATES:
            raise NotPossible(f"a voucher is one of: {', '.join(VOUCHER_STATES)}")
        organization, voucher = self.find_voucher(voucher_id)
        voucher.status = status
        self._touch(voucher)
        self.emit(organization.id, "voucher.status.changed", voucher_id)
        if status == "voided":
            voucher.payments = []
            self._release(organization, voucher_id)
            self.emit(organization.id, "payment.changed", voucher_id)

    def delete_voucher(self, voucher_id: str) -> None:
        organization, voucher = self.find_voucher(voucher_id)
        del organization.vouchers[voucher_id]
        self._release(organization, voucher_id)
        for id in voucher.files:
            organization.files.pop(id, None)
        self.emit(organization.id, "voucher.deleted", voucher_id)

    def _touch(self, voucher: Voucher) -> None:
        voucher.version += 1
        voucher.updated = self.clock.now()

    def assign_transaction(self, transaction_id: str, voucher_id: str, amount: Decimal | None = None) -> None:
        """Book a bank line on an invoice or a voucher: the one way from a partner's call to "paid"."""
        organization, transaction = self._find("transactions", transaction_id)
        document = organization.documents.get(voucher_id)
        left = left_of(transaction)
        open_amount = (document or organization.vouchers[voucher_id]).open_amount or money.ZERO
        booked = min(left, open_amount) if amount is None else amount
        if document is not None:
            self.mark_paid(voucher_id, booked, "partPaymentFinancialTransaction")
        else:
            self.pay_voucher(voucher_id, booked, "partPaymentFinancialTransaction")
        kind = "invoice" if document is not None else "voucher"
        transaction.body["assignments"].append({"id": voucher_id, "type": kind, "amount": booked})
        transaction.version += 1
        transaction.updated = self.clock.now()

    # --- connections ----------------------------------------------------------------------------------------

    def revoke(self, connection_id: str) -> None:
        """Disconnect the extension, or delete the API key."""
        grants.revoke(self._twin, self.world.connections[connection_id])

    def end_access(self, connection_id: str) -> None:
        """The access token dies early, as after a change of password; the refresh token lives."""
        grants.end_access(self.world, self.world.connections[connection_id])
        self.changes += 1
