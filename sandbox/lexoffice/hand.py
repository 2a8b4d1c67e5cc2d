"""The app user's hand: what no call can do, and what a person does with a few clicks."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sandbox.lexoffice import dates, money
from sandbox.lexoffice.books import Books
from sandbox.lexoffice.oauth import grants
from sandbox.lexoffice.resources import templates
from sandbox.lexoffice.sales import address, closing, intake, members, settling, writing
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.settling import NotPossible
from sandbox.lexoffice.shapes import read_body
from sandbox.lexoffice.state import Document, Organization, Payment, Template, Voucher

if TYPE_CHECKING:
    from sandbox.lexoffice.twin import Twin

SETTLED_VOUCHER = {
    "salesinvoice": "paid",
    "purchaseinvoice": "paid",
    "salescreditnote": "paidoff",
    "purchasecreditnote": "paidoff",
}
OPEN_VOUCHER = ("open", "transferred", "sepadebit")


class AppUser(Books):
    """Each act fires the events that it fires at Lexware."""

    @property
    def _twin(self) -> "Twin":
        return cast("Twin", self)

    # --- documents ------------------------------------------------------------------------------------------

    def finalize(self, document_id: str) -> None:
        organization, document = self.find(document_id)
        settling.finalize(self._twin, organization, document)
        settling.touch(self._twin, document)

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

    def back_to_draft(self, document_id: str) -> None:
        self._settle(settling.back_to_draft, document_id)

    def decide(self, quotation_id: str, accepted: bool = True) -> None:
        self._settle(settling.decide, quotation_id, accepted)

    def delete_document(self, document_id: str) -> None:
        self._settle(settling.remove, document_id)

    def _settle(self, what: Callable[..., None], document_id: str, *more: Any) -> None:
        what(self._twin, *self.find(document_id), *more)

    def archive(self, document_id: str, archived: bool = True) -> None:
        _, document = self.find(document_id)
        document.archived = archived
        settling.touch(self._twin, document)
        self.changes += 1

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
        """Give a contact one more address, mail or phone of a kind: no call can write it then."""
        _, contact = self.find_contact(contact_id)
        contact.body.setdefault(group, {}).setdefault(kind, []).append(entry)
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
        organization, voucher = self.find_voucher(voucher_id)
        voucher.status = status
        self._touch(voucher)
        self.emit(organization.id, "voucher.status.changed", voucher_id)

    def delete_voucher(self, voucher_id: str) -> None:
        organization, voucher = self.find_voucher(voucher_id)
        del organization.vouchers[voucher_id]
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
        left = abs(transaction.body["amount"]) - sum(
            (Decimal(a["amount"]) for a in transaction.body["assignments"]), money.ZERO
        )
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

    # --- recurring templates --------------------------------------------------------------------------------

    def create_template(
        self,
        organization_id: str,
        body: dict[str, Any],
        *,
        interval: str = "MONTHLY",
        start: date | None = None,
        end: date | None = None,
        finalize: bool = False,
        shipping_type: str = "service",
    ) -> Template:
        """A template that makes invoices of `body` (a create body with a contact); paused without `start`."""
        organization = self.world.organizations[organization_id]
        if "contactId" not in body.get("address", {}):
            raise NotPossible("a recurring template goes to a contact")
        now = self.clock.now()
        template = Template(
            id=self.ids.uuid(),
            version=0,
            created=now,
            updated=now,
            title=body.get("title", "Rechnung"),
            raw=body,
            body=self._members(organization, body),
            settings_id=self.ids.uuid(),
            interval=interval,
            start=start,
            end=end,
            next=start,
            finalize=finalize,
            shipping_type=shipping_type,
        )
        organization.templates[template.id] = template
        self.emit(organization.id, "recurring-template.created", template.id)
        templates.schedule(self._twin, organization, template)
        return template

    def _members(self, organization: Organization, raw: dict[str, Any]) -> dict[str, Any]:
        kind = KINDS["invoices"]
        today = dates.shown(dates.midnight(dates.local_day(self.clock.now())))
        read = read_body(
            intake.SHAPES[kind.path],
            {**raw, "voucherDate": today, "shippingConditions": {"shippingType": "none"}},
        )
        to, contact = address.resolve(organization, kind, read["address"])
        writing.demand_rules(organization, self.quirks, kind, read, to, contact, False)
        return members.of(organization, kind, read, to, self.quirks)

    # --- connections ----------------------------------------------------------------------------------------

    def revoke(self, connection_id: str) -> None:
        """Disconnect the extension, or delete the API key."""
        grants.revoke(self._twin, self.world.connections[connection_id])

    def end_access(self, connection_id: str) -> None:
        """The access token dies early, as after a change of password; the refresh token lives."""
        grants.end_access(self.world, self.world.connections[connection_id])
        self.changes += 1
