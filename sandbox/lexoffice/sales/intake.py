"""What a sales voucher may be created from: one shape a kind, and the rules that no shape can state."""

from decimal import Decimal
from typing import Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.errors import Violation, empty, invalid, missing
from sandbox.lexoffice.sales.kinds import KINDS, Kind
from sandbox.lexoffice.shapes import Choice, Fields, Flag, Integer, Many, Moment, Number, Text, Uuid

LINE_TYPES = ("custom", "material", "service", "text")
SHIPPING_TYPES = ("service", "serviceperiod", "delivery", "deliveryperiod", "none")
CURRENCY = Choice(("EUR",), required=True)

ADDRESS = Fields(
    {
        "contactId": Uuid(),
        "name": Text(255, may_be_empty=False),
        "supplement": Text(255),
        "street": Text(255),
        "city": Text(255),
        "zip": Text(255),
        "countryCode": Text(),
    },
    required=True,
)
UNIT_PRICE = Fields(
    {
        "currency": CURRENCY,
        "netAmount": Number(4),
        "grossAmount": Number(4),
        "taxRatePercentage": Number(2, 0, 100, required=True),
    }
)
TOTAL_PRICE = Fields(
    {
        "currency": CURRENCY,
        "totalDiscountAbsolute": Number(2, 0),
        "totalDiscountPercentage": Number(2, 0, 100),
    },
    required=True,
)
TAX_CONDITIONS = Fields(
    {
        "taxType": Choice(tuple(taxes.TAX_TYPES), required=True),
        "taxSubType": Choice(taxes.TAX_SUB_TYPES),
        "taxTypeNote": Text(),
    },
    required=True,
)
PAYMENT_CONDITIONS = Fields(
    {
        "paymentTermLabel": Text(),
        "paymentTermDuration": Integer(0, 9999),
        "paymentDiscountConditions": Fields(
            {
                "discountPercentage": Number(2, 0, 100, required=True),
                "discountRange": Integer(0, 9999, required=True),
            }
        ),
    }
)
# An empty reference forces a normal invoice.
XRECHNUNG = Fields({"buyerReference": Text(required=True, may_be_empty=True)})
SHIPPING_CONDITIONS = Fields(
    {
        "shippingDate": Moment(),
        "shippingEndDate": Moment(),
        "shippingType": Choice(SHIPPING_TYPES, required=True),
    },
    required=True,
)


def _line(kind: Kind, below: Fields | None = None) -> Fields:
    fields: dict[str, Any] = {
        "id": Uuid(),
        "type": Choice(LINE_TYPES, required=True),
        "name": Text(255),
        "description": Text(2000),
        "quantity": Number(4, 0),
        "unitName": Text(may_be_empty=False),
        "unitPrice": UNIT_PRICE,
    }
    if kind.discounts:
        fields["discountPercentage"] = Number(2, 0, 100)
    if kind.alternatives:
        fields |= {"optional": Flag(), "alternative": Flag()}
        if below is not None:
            fields["subItems"] = Many(below)
    return Fields(fields)


def _shape(kind: Kind) -> Fields:
    fields: dict[str, Any] = {
        "voucherDate": Moment(required=True),
        "language": Choice(("de", "en")),
        "address": ADDRESS,
        "lineItems": Many(_line(kind, _line(kind)), most=300, required=True),
        "taxConditions": TAX_CONDITIONS,
        "printLayoutId": Uuid(),
        "title": Text(25),
        "introduction": Text(2000),
        "remark": Text(2000),
    }
    optional = {
        "expirationDate": (kind.expires, Moment(required=True)),
        "totalPrice": (kind.totals, TOTAL_PRICE),
        "paymentConditions": (kind.payment_terms, PAYMENT_CONDITIONS),
        "shippingConditions": (kind.shipping, SHIPPING_CONDITIONS),
        "deliveryTerms": (kind.delivery_terms, Text(255)),
        "xRechnung": (kind.path == "invoices", XRECHNUNG),
    }
    return Fields(fields | {name: check for name, (carried, check) in optional.items() if carried})


SHAPES = {kind.path: _shape(kind) for kind in KINDS.values()}


def line_violations(
    kind: Kind, lines: list[dict[str, Any]], gross: bool, at: str = "lineItems"
) -> list[Violation]:
    """What each type of line needs, which depends on the document's leading side."""
    found: list[Violation] = []
    for index, line in enumerate(lines):
        where = f"{at}[{index}]"
        if line["type"] == "text":
            if not (line.get("name", "") + line.get("description", "")).strip():
                found.append(missing(f"{where}.name"))
            continue
        found += _priced_line(kind, line, gross, where)
        found += line_violations(kind, line.get("subItems", []), gross, f"{where}.subItems")
    return found


def _priced_line(kind: Kind, line: dict[str, Any], gross: bool, where: str) -> list[Violation]:
    needed = ["name", "quantity", "unitName"]
    if line["type"] != "custom":
        needed.append("id")
    if kind.totals:
        needed.append("unitPrice")
    found = [missing(f"{where}.{name}") for name in needed if name not in line]
    if "name" in line and not line["name"].strip():
        found.append(empty(f"{where}.name"))
    side = "grossAmount" if gross else "netAmount"
    if "unitPrice" in line and side not in line["unitPrice"]:
        found.append(missing(f"{where}.unitPrice.{side}"))
    below = ".subItems[" in where
    if line.get("alternative", False) != below:
        found.append(invalid(f"{where}.alternative"))
    if below and line.get("optional"):
        found.append(invalid(f"{where}.optional"))
    return found


def shipping_violations(conditions: dict[str, Any]) -> list[Violation]:
    type, start, end = (conditions.get(name) for name in ("shippingType", "shippingDate", "shippingEndDate"))
    at = "shippingConditions"
    if type == "none":
        return []
    if start is None:
        return [missing(f"{at}.shippingDate")]
    if type in ("serviceperiod", "deliveryperiod"):
        if end is None:
            return [missing(f"{at}.shippingEndDate")]
        if end < start:
            return [invalid(f"{at}.shippingEndDate")]
    return []


def payment_violations(conditions: dict[str, Any], label_required: bool) -> list[Violation]:
    found: list[Violation] = []
    if label_required and not conditions.get("paymentTermLabel", "").strip():
        found.append(missing("paymentConditions.paymentTermLabel"))
    if "paymentTermDuration" not in conditions:
        found.append(missing("paymentConditions.paymentTermDuration"))
    return found


def rate_violations(
    lines: list[dict[str, Any]], allowed: frozenset[Decimal], at: str = "lineItems"
) -> list[Violation]:
    """Lines whose rate is none of those allowed."""
    found: list[Violation] = []
    for index, line in enumerate(lines):
        where = f"{at}[{index}]"
        price = line.get("unitPrice")
        if line["type"] != "text" and price and price["taxRatePercentage"] not in allowed:
            rates = ", ".join(str(rate) for rate in sorted(allowed))
            found.append(invalid(f"{where}.unitPrice.taxRatePercentage", f"Erlaubt sind: {rates}", "TAXRATE"))
        found += rate_violations(line.get("subItems", []), allowed, f"{where}.subItems")
    return found
