"""The smallest objects that every connector must take."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.base.files import Upload
from schemas.actions import SettleInput
from schemas.bank_accounts import BankAccountInput
from schemas.bills import BillInput
from schemas.credit_notes import CreditNoteInput
from schemas.customers import CustomerInput
from schemas.delivery_notes import DeliveryNoteInput
from schemas.documents import DocumentReferenceInput
from schemas.dunnings import DunningInput
from schemas.invoices import InvoiceInput
from schemas.items import ItemInput
from schemas.lines import AlternativeInput, LineInput
from schemas.parties import AddressInput, CompanyInput
from schemas.quotes import QuoteInput
from schemas.recorded_documents import RecordedLineInput
from schemas.sales_orders import SalesOrderInput
from schemas.sales_vouchers import SalesVoucherInput
from schemas.suppliers import SupplierInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput, SellerInput
from schemas.transactions import TransactionInput
from schemas.vendor_credits import VendorCreditInput

LINE = {
    "type": "custom",
    "name": "Beratung",
    "quantity": Decimal(2),
    "unit_name": "Stunde",
    "unit_price": Decimal(95),
    "tax_rate": Decimal(19),
}


def line(**more: Any) -> LineInput:
    """Two hours at 95.00 net, 19 %."""
    return LineInput(**LINE | more)


def alternative(**more: Any) -> AlternativeInput:
    """The same, to stand in place of another."""
    return AlternativeInput(**LINE | more)


def text(name: str) -> LineInput:
    """A line of words alone."""
    return LineInput(type="text", name=name)


def invoice(**more: Any) -> InvoiceInput:
    """190.00 net, 226.10 gross, to an address used once."""
    return InvoiceInput(**_sales(**more))


def credit_note(**more: Any) -> CreditNoteInput:
    """The same, given back."""
    return CreditNoteInput(**_sales(**more))


def _sales(**more: Any) -> dict[str, Any]:
    return {
        "issued_on": date(2026, 11, 20),
        "buyer": BuyerInput(name="Erika Muster", address=PrintedAddressInput(country_code="DE")),
        "lines": [line()],
    } | more


def quote(**more: Any) -> QuoteInput:
    """The same, offered until the end of the year."""
    return QuoteInput(**_sales(**{"valid_until": date(2026, 12, 31)} | more))


def sales_order(**more: Any) -> SalesOrderInput:
    """The same, ordered."""
    return SalesOrderInput(**_sales(**more))


def delivery_note(**more: Any) -> DeliveryNoteInput:
    """The same, delivered."""
    return DeliveryNoteInput(**_sales(**more))


def dunning(invoice_id: str, **more: Any) -> DunningInput:
    """The same, still owed."""
    before = [DocumentReferenceInput(id=invoice_id)]
    return DunningInput(**_sales(preceding_documents=before, **more))


MATERIAL = "16d04a28-fd91-11e1-a21f-0800200c9a66"
"""The category that the vendor's own sample of an expense has."""
GOODS_SOLD = "8f8664a8-fd86-11e1-a21f-0800200c9a66"


def booked(
    amount: str = "119.00", rate: str = "19", account: str = MATERIAL, **more: Any
) -> RecordedLineInput:
    """An amount on an account, with VAT unless the document says otherwise."""
    return RecordedLineInput(account_id=account, amount=Decimal(amount), tax_rate=Decimal(rate), **more)


def bill(**more: Any) -> BillInput:
    """119.00 gross of a supplier named once."""
    return BillInput(**_purchased() | more)


def vendor_credit(**more: Any) -> VendorCreditInput:
    """The same, given back."""
    return VendorCreditInput(**_purchased() | more)


def sales_voucher(**more: Any) -> SalesVoucherInput:
    """119.00 gross sold elsewhere to a customer named once."""
    sold: dict[str, Any] = {
        **_recorded(booked(account=GOODS_SOLD)),
        "buyer": BuyerInput(name="Erika Muster"),
    }
    return SalesVoucherInput(**sold | more)


def _purchased() -> dict[str, Any]:
    return {**_recorded(booked()), "seller": SellerInput(name="Papier Anders e.K.")}


def _recorded(line: RecordedLineInput) -> dict[str, Any]:
    return {"number": "ER-2026-0417", "issued_on": date(2026, 11, 20), "lines": [line]}


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def upload(content: bytes = PDF, media_type: str = "application/pdf", filename: str = "beleg.pdf") -> Upload:
    """A receipt, as the door lets it in."""
    return Upload(
        content=content,
        media_type=media_type,
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def customer(**more: Any) -> CustomerInput:
    """A company in Offenburg."""
    return CustomerInput(**_party() | more)


def supplier(**more: Any) -> SupplierInput:
    """The same company, as a supplier."""
    return SupplierInput(**_party() | more)


def _party() -> dict[str, Any]:
    address = AddressInput(street="Weg 1", postal_code="77652", city="Offenburg", country_code="DE")
    return {"company": CompanyInput(name="Holzwerk Brandt GmbH"), "billing_addresses": [address]}


def bank_account(**more: Any) -> BankAccountInput:
    """A current account with 1,099.35 EUR on it."""
    given = {
        "name": "Geschäftskonto",
        "type": "current",
        "bank_name": "Volksbank Beispiel",
        "iban": "DE02120300000000202051",
        "bic": "BYLADEM1001",
        "balance": Decimal("1099.35"),
        "system": "PaymentProvider",
    }
    return BankAccountInput(**given | more)


def transaction(**more: Any) -> TransactionInput:
    """119.00 EUR that came in; name the account."""
    given = {
        "amount": Decimal(119),
        "valued_on": date(2026, 11, 20),
        "purpose": "RE0001",
        "external_reference": "tx-1",
    }
    return TransactionInput(**given | more)


def payment(**more: Any) -> SettleInput:
    """119.00 EUR for a document; name the account."""
    given = {
        "amount": Decimal(119),
        "paid_on": date(2026, 11, 20),
        "external_reference": "payment-0815",
    }
    return SettleInput(**given | more)


def item(**more: Any) -> ItemInput:
    """A product at 3.90 net, 19 %."""
    given = {
        "name": "Schleifband K120",
        "type": "product",
        "unit_name": "Stück",
        "price": Decimal("3.90"),
        "tax_rate": Decimal(19),
    }
    return ItemInput(**given | more)
