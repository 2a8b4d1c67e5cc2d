"""A year of business, day by day: sales, bills, payments, some late, some never."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.lexoffice import dates, jsontext, money
from sandbox.lexoffice.clock import Dice, StandingClock
from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.bank import Bank
from sandbox.lexoffice.ledger import Ledger
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request

DAYS = 365
BY_BANK = "partPaymentFinancialTransaction"


class Ware(msgspec.Struct, frozen=True):
    name: str
    unit: str
    price: str
    rate: int
    most: int = 5


class Year:
    """One company's year that ends today. Everything is written by calls with the company's own key."""

    def __init__(self, twin: Twin, organization: Organization, seed: int, *, banked: bool = True) -> None:
        """`banked`: payments are lines of a bank account, assigned to what they pay."""
        self.twin = twin
        self.organization = organization
        self.dice = Dice(f"{organization.name}/{seed}")
        self.key = twin.create_api_key(organization.id)
        self._banked = banked
        self._bank: Bank | None = None
        self._payments: list[tuple[date, Callable[[], None]]] = []

    @contextmanager
    def lived(self, days: int = DAYS) -> Iterator[Iterator[date]]:
        """The days of the year one after the other, the clock standing at ten; then it is today again.

        Calls of these days do not appear in the ledger, their events are not announced.
        """
        twin = self.twin
        clock, ledger, limit = twin.clock, twin.ledger, twin.quirks.rate_limit
        now = clock.now()
        twin.clock, twin.ledger, twin.quirks.rate_limit = StandingClock(now), Ledger(0), False
        heard = list(twin.events)
        try:
            yield self._days(days, dates.local_day(now))
            if self._bank is not None:
                self._bank.close()
        finally:
            twin.clock, twin.ledger, twin.quirks.rate_limit = clock, ledger, limit
            twin.events.clear()
            twin.events.extend(heard)

    def _days(self, days: int, today: date) -> Iterator[date]:
        for ago in range(days, -1, -1):
            day = today - timedelta(days=ago)
            self.twin.clock = StandingClock(dates.midnight(day) + timedelta(hours=10))
            if self._banked and self._bank is None:
                self._bank = Bank(self)
            self._pay_what_is_due(day)
            yield day

    def _pay_what_is_due(self, day: date) -> None:
        due = [pay for at, pay in self._payments if at <= day]
        self._payments = [(at, pay) for at, pay in self._payments if at > day]
        for pay in due:
            pay()
        if self._bank is not None:
            self._bank.live(day)

    def post(self, path: str, body: Any, **query: str) -> str:
        return self.call("POST", path, body, **query)["id"]

    def call(self, method: str, path: str, body: Any, **query: str) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        request = Request(method, f"/v1/{path}", tuple(query.items()), headers, jsontext.encode(body))
        reply = self.twin.handle(request).reply
        if reply.status not in (200, 201):
            raise ValueError(f"{path}: {reply.status} {reply.body.decode()}")
        return reply.json()

    def contacts(self, make: Callable[[Dice], dict[str, Any]], count: int) -> list[str]:
        return [self.post("contacts", make(self.dice)) for _ in range(count)]

    def vendors(self, count: int) -> list[str]:
        """Suppliers, and where they want their money."""
        ids = self.contacts(lambda dice: names.customer(dice, ("vendor",)), count)
        for id in ids:
            name = self.organization.contacts[id].name
            self.post(f"contacts/{id}/bankaccounts", names.bank_account(self.dice, name))
        return ids

    def now(self) -> str:
        return dates.shown(dates.midnight(dates.local_day(self.twin.clock.now())))

    # --- selling --------------------------------------------------------------------------------------------

    def document(
        self,
        contact_id: str,
        wares: Sequence[Ware],
        *,
        tax: str = "net",
        sub_type: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """A create body of today's date with one to four lines."""
        chosen = [self.dice.choice(wares) for _ in range(self.dice.between(1, 4))]
        conditions = {"taxType": tax} | ({"taxSubType": sub_type} if sub_type else {})
        return {
            "voucherDate": self.now(),
            "address": {"contactId": contact_id},
            "lineItems": [self._line(ware, tax) for ware in chosen],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": conditions,
            "shippingConditions": {"shippingType": "service", "shippingDate": self.now()},
            **more,
        }

    def _line(self, ware: Ware, tax: str) -> dict[str, Any]:
        side = "grossAmount" if tax == "gross" else "netAmount"
        rate = ware.rate if tax in ("net", "gross") else 0
        return {
            "type": "custom",
            "name": ware.name,
            "quantity": self.dice.between(1, ware.most),
            "unitName": ware.unit,
            "unitPrice": {"currency": "EUR", side: Decimal(ware.price), "taxRatePercentage": rate},
            "discountPercentage": self.dice.choice((0, 0, 0, 0, 5, 10)),
        }

    def sell(self, body: dict[str, Any], *, before: str | None = None, draft: bool = False) -> str:
        """An invoice, and with it the day on which it will be paid, if it ever is."""
        query = {"precedingSalesVoucherId": before} if before else {}
        if draft:
            return self.post("invoices", body, **query)
        id = self.post("invoices", body, finalize="true", **query)
        self._expect_payment(id)
        return id

    def _expect_payment(self, id: str) -> None:
        """Most pay in time, some early with Skonto, some late, some in part, a few not at all."""
        dice = self.dice
        today = dates.local_day(self.twin.clock.now())
        fate = dice.between(1, 100)
        if fate <= 62:
            self._later(today, dice.between(3, 13), lambda: self._receive(id))
        elif fate <= 72:
            self._later(today, dice.between(1, 9), lambda: self._receive(id, discount=Decimal(2)))
        elif fate <= 86:
            self._later(today, dice.between(20, 75), lambda: self._receive(id))
        elif fate <= 94:
            half = money.cents((self.twin.find(id)[1].total or money.ZERO) / 2)
            if half:
                self._later(today, dice.between(5, 25), lambda: self._receive(id, half))

    def _receive(self, id: str, amount: Decimal | None = None, discount: Decimal | None = None) -> None:
        """The customer pays `amount` or all that is open, less a discount where there is one."""
        invoice = self.twin.find(id)[1]
        if invoice.status != "open":
            return
        if self._bank is None:
            if discount is None:
                self.twin.mark_paid(id, amount, BY_BANK)
            else:
                self.twin.pay_with_discount(id, discount)
            return
        if discount is not None and invoice.total:
            self.twin.mark_paid(id, money.cents(invoice.total * discount / money.HUNDRED), "cashDiscount")
        self._bank.receive(invoice, invoice.open_amount if amount is None else amount)

    def _later(self, today: date, days: int, pay: Callable[[], None]) -> None:
        self._payments.append((today + timedelta(days=days), pay))

    def credit(self, invoice_id: str) -> None:
        """A part of an invoice is taken back, where it is still owed."""
        _, invoice = self.twin.find(invoice_id)
        if invoice.status != "open" or invoice.payments:
            return
        line = next(line for line in invoice.body["lineItems"] if line["type"] != "text")
        price = {
            name: line["unitPrice"][name]
            for name in ("currency", "netAmount", "grossAmount", "taxRatePercentage")
        }
        back = {name: line[name] for name in ("type", "name", "unitName")} | {
            "quantity": 1,
            "unitPrice": price,
        }
        body = {
            "voucherDate": self.now(),
            "address": {"contactId": invoice.contact_id},
            "lineItems": [back],
            "totalPrice": {"currency": "EUR"},
            "taxConditions": invoice.body["taxConditions"],
            "introduction": f"Korrektur zur Rechnung {invoice.number}",
        }
        self.post("credit-notes", body, finalize="true", precedingSalesVoucherId=invoice_id)

    # --- buying ---------------------------------------------------------------------------------------------

    def bill(self, vendor_id: str, category_id: str, gross: Decimal, rate: int = 19) -> str:
        """A supplier's bill, paid within the month or so."""
        tax = gross - money.cents(money.net_of(gross, Decimal(rate)))
        item = {"amount": gross, "taxAmount": tax, "taxRatePercent": rate, "categoryId": category_id}
        number = f"ER-{self.organization.next_number('bills'):05d}"
        body = {
            "type": "purchaseinvoice",
            "voucherNumber": number,
            "voucherDate": self.now()[:10],
            "dueDate": self._in_days(14),
            "totalGrossAmount": gross,
            "totalTaxAmount": tax,
            "taxType": "gross",
            "contactId": vendor_id,
            "voucherItems": [item],
        }
        id = self.post("vouchers", body)
        if self.dice.chance(85):
            today = dates.local_day(self.twin.clock.now())
            self._later(today, self.dice.between(2, 30), lambda: self._pay(id))
        return id

    def _pay(self, voucher_id: str) -> None:
        if self._bank is None:
            self.twin.pay_voucher(voucher_id)
        else:
            self._bank.pay(self.organization.vouchers[voucher_id])

    def _in_days(self, days: int) -> str:
        return str(dates.local_day(self.twin.clock.now()) + timedelta(days=days))
