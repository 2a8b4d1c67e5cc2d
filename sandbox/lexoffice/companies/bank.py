"""A company's bank account through the year: money in and out, and what nobody has assigned yet."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.lexoffice.companies import names
from sandbox.lexoffice.state import Document, Voucher

if TYPE_CHECKING:
    from sandbox.lexoffice.companies.year import Year

OPENING = Decimal("18432.17")
FEE = Decimal("-9.90")


class Bank:
    """Written by calls of a partner; assigned by the app's user, as the vendor demands."""

    def __init__(self, year: "Year") -> None:
        head = year.organization.letterhead
        self._year = year
        self._balance = OPENING
        self._ibans: dict[str, str] = {}
        self._account = {
            "type": "GIRO",
            "accountSystem": "PaymentProvider",
            "name": "Geschäftskonto",
            "bankName": head.bank,
            "accountHolder": year.organization.name,
            "balance": OPENING,
            "externalReference": "geschaeftskonto",
            "iban": head.iban,
            "bic": head.bic,
        }
        self._id = year.post("finance/accounts", self._account)

    def receive(self, invoice: Document, amount: Decimal | None) -> None:
        """A customer's transfer, assigned to the invoice that it names."""
        if amount:
            line = self._line(f"Rechnung {invoice.number}", amount, invoice.contact_name)
            self._year.twin.assign_transaction(line, invoice.id, amount)

    def pay(self, bill: Voucher) -> None:
        amount = bill.open_amount
        if amount:
            contact = self._year.organization.contacts.get(bill.contact_id or "")
            line = self._line(f"Rechnung {bill.number}", -amount, contact.name if contact else None)
            self._year.twin.assign_transaction(line, bill.id, amount)

    def live(self, day: date) -> None:
        """What comes by itself: the bank's fee each month, and now and then money nobody can place."""
        if day.day == 1:
            self._line("Kontoführungsentgelt", FEE, self._account["bankName"])
        if self._year.dice.chance(2):
            amount = Decimal(self._year.dice.between(1000, 40000)) / 100
            self._line("Überweisung, danke für alles", amount, names.company(self._year.dice))

    def close(self) -> None:
        """The balance, which the vendor never computes."""
        path = f"finance/accounts/{self._id}"
        self._year.call("PUT", path, {**self._account, "balance": self._balance, "lockVersion": 1})

    def _line(self, purpose: str, amount: Decimal, other: str | None) -> str:
        self._balance += amount
        line: dict[str, Any] = {
            "financialAccountId": self._id,
            "valueDate": self._year.now(),
            "bookingDate": self._year.now(),
            "purpose": purpose,
            "amount": amount,
        }
        if other:
            line |= {"recipientOrSenderName": other, "recipientOrSenderIban": self._iban_of(other)}
        booked = self._year.call("POST", "finance/transactions", [line])
        return booked[0]["financialTransactionId"]

    def _iban_of(self, name: str) -> str:
        """Suppliers have told theirs; everybody else keeps the one seen first."""
        if name not in self._ibans:
            known = next(
                (
                    account["iban"]
                    for contact in self._year.organization.contacts.values()
                    if contact.name == name
                    for account in contact.bank_accounts.values()
                ),
                None,
            )
            self._ibans[name] = known or names.iban_of(self._year.dice)
        return self._ibans[name]
