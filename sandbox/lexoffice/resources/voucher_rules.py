"""What a bookkeeping voucher must hold: the caller supplies every amount, and all of them must agree."""

from decimal import Decimal
from typing import Any

from sandbox.lexoffice import money, taxes
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Violation, invalid, legacy, missing, refuse
from sandbox.lexoffice.resources.categories import CATEGORIES
from sandbox.lexoffice.shapes import (
    Choice,
    Fields,
    Flag,
    Integer,
    Many,
    Moment,
    Number,
    Text,
    Uuid,
    read_body,
)
from sandbox.lexoffice.state import Contact

TYPES = ("salesinvoice", "salescreditnote", "purchaseinvoice", "purchasecreditnote")
DRAFTED = ("unchecked",)
THIRD_COUNTRY_SERVICES = "ef5b1a6e-f690-4004-9a19-91276348894f"
# Categories under which the rates of the country of destination are booked.
DESTINATION = ("4ebd965a-7126-416c-9d8c-a5c9366ee473", "7ecea006-844c-4c98-a02d-aa3142640dd5")
SMALL_BUSINESS = "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207"

ITEM = Fields(
    {
        "amount": Number(2, required=True, lenient=True),
        "taxAmount": Number(2, required=True, lenient=True),
        "taxRatePercent": Number(2, 0, 100, required=True, lenient=True),
        "categoryId": Uuid(required=True),
    }
)
SHAPE = Fields(
    {
        "type": Choice(TYPES, required=True),
        "voucherStatus": Choice(("open", "unchecked")),
        "voucherNumber": Text(255),
        "voucherDate": Moment(day_will_do=True),
        "shippingDate": Moment(day_will_do=True),
        "dueDate": Moment(day_will_do=True),
        "totalGrossAmount": Number(2, lenient=True),
        "totalTaxAmount": Number(2, lenient=True),
        "taxType": Choice(("net", "gross"), required=True),
        "useCollectiveContact": Flag(),
        "contactId": Uuid(),
        "contactName": Text(255),
        "remark": Text(),
        "voucherItems": Many(ITEM),
        "files": Many(Uuid()),
        "version": Integer(0),
    }
)
NEEDED_TO_BOOK = ("voucherNumber", "voucherDate", "totalGrossAmount", "totalTaxAmount", "voucherItems")


def read(call: Call) -> dict[str, Any]:
    """The voucher in the request's body, whole and consistent; 406 otherwise."""
    body = read_body(SHAPE, call.json())
    if body.get("voucherStatus") in DRAFTED:
        found = [invalid("taxType")] if body["taxType"] == "net" else []
    else:
        found = [missing(name) for name in NEEDED_TO_BOOK if body.get(name) in (None, [])]
        if not body.get("voucherNumber", "x").strip():
            found.append(missing("voucherNumber"))
    if "shippingDate" in body and not body["type"].startswith("sales"):
        found.append(invalid("shippingDate"))
    found += _contact_violations(call, body)
    items = body.get("voucherItems", [])
    found += _item_violations(call, body, items)
    if not found and items:
        found = _sum_violations(body, items, tolerance(call))
    if found:
        raise refuse(*found)
    return body


def _contact_violations(call: Call, body: dict[str, Any]) -> list[Violation]:
    if body.get("useCollectiveContact"):
        return []
    if "contactId" not in body:
        return [missing("contactId")]
    if "contactName" in body:
        return [legacy("contactName", "custom_contact_name_for_referenced_contact_not_allowed")]
    contact = call.organization.contacts.get(body["contactId"])
    purchase = body["type"].startswith("purchase")
    if contact is None or not _has_role(contact, purchase and call.quirks.vendor_only_purchases):
        return [invalid("contactId")]
    if "person" in contact.body and any(
        item["categoryId"] == THIRD_COUNTRY_SERVICES for item in body.get("voucherItems", [])
    ):
        return [legacy("contactId", "individual_person_not_applicable_service_third_party")]
    return []


def _has_role(contact: Contact, vendor_will_do: bool) -> bool:
    return contact.customer_number is not None or (vendor_will_do and contact.vendor_number is not None)


def _item_violations(call: Call, body: dict[str, Any], items: list[dict[str, Any]]) -> list[Violation]:
    found: list[Violation] = []
    wanted = "outgo" if body["type"].startswith("purchase") else "income"
    several_rates = len({item["taxRatePercent"] for item in items}) > 1
    for index, item in enumerate(items):
        at = f"voucherItems[{index}]"
        category = CATEGORIES.get(item["categoryId"])
        if category is None or category.type != wanted:
            found.append(invalid(f"{at}.categoryId"))
            continue
        if category.contact and (body.get("useCollectiveContact") or "contactId" not in body):
            found.append(missing("contactId"))
        if item["taxRatePercent"] not in _rates_of(category.id) or (several_rates and not category.split):
            found.append(invalid(f"{at}.taxRatePercent"))
        elif abs(item["taxAmount"] - _tax_of(item, body["taxType"])) > tolerance(call):
            found.append(legacy(f"{at}.taxAmount", "invalid_taxamount"))
    return found


def _rates_of(category_id: str) -> frozenset[Decimal]:
    if category_id == SMALL_BUSINESS:
        return frozenset([money.ZERO])
    return taxes.ANY_EU if category_id in DESTINATION else taxes.ANY_GERMAN


def tolerance(call: Call) -> Decimal:
    return money.CENT * call.quirks.voucher_tolerance_cents


def _tax_of(item: dict[str, Any], tax_type: str) -> Decimal:
    amount, rate = item["amount"], item["taxRatePercent"]
    if tax_type == "net":
        return money.cents(amount * rate / money.HUNDRED)
    return amount - money.cents(money.net_of(amount, rate))


def _sum_violations(body: dict[str, Any], items: list[dict[str, Any]], tolerated: Decimal) -> list[Violation]:
    tax = sum((item["taxAmount"] for item in items), money.ZERO)
    gross = sum((item["amount"] for item in items), money.ZERO)
    if body["taxType"] == "net":
        gross += tax
    found = []
    if abs(body.get("totalGrossAmount", gross) - gross) > tolerated:
        found.append(legacy("totalGrossAmount", "invalid_total_amount"))
    if abs(body.get("totalTaxAmount", tax) - tax) > tolerated:
        found.append(legacy("totalTaxAmount", "invalid_total_amount"))
    return found
