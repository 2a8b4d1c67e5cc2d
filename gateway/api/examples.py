"""Examples for the documentation: bodies written by hand, answers in the shape of the model."""

from functools import cache
from typing import Any

from msgspec import inspect

from connectors.base.operations import Operation
from gateway.api import uploads
from schemas.base import Resource
from schemas.files import StoredFile

_ADDRESS = {
    "supplement": None,
    "street": "Musterstraße 12",
    "postalCode": "79112",
    "city": "Freiburg",
    "countryCode": "DE",
}
REQUEST_ID = "req_0d1na8g0g8fsc6lq3r1ofqhb2k"
_ID = "e9066f04-8cc7-4616-93f8-ac9ecc8479c8"
_LINE = {
    "type": "custom",
    "itemId": None,
    "name": "Beratung",
    "description": None,
    "quantity": "2",
    "unitName": "Stunde",
    "unitPrice": "95.00",
    "discountPercentage": None,
    "taxRate": "19",
}
_PARTY = {
    "company": {
        "name": "Muster Handel GmbH",
        "taxNumber": None,
        "vatId": "DE123456789",
        "taxFreeInvoicesAllowed": False,
        "contactPersons": [],
    },
    "billingAddresses": [_ADDRESS],
    "emails": {"business": ["rechnung@muster-handel.example"], "office": [], "private": [], "other": []},
    "note": "Stammkunde",
}
_DOCUMENT = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": _ADDRESS},
    "lines": [_LINE],
    "introduction": "Für unsere Leistungen berechnen wir:",
}

_RECORDED = {
    "issuedOn": "2026-11-20",
    "dueOn": "2026-12-04",
    "pricesIncludeTax": True,
    "lines": [
        {
            "accountId": "16d04a28-fd91-11e1-a21f-0800200c9a66",
            "amount": "238.00",
            "taxRate": "19",
            "amountTax": "38.00",
        },
        {"accountId": "16d04a28-fd91-11e1-a21f-0800200c9a66", "amount": "53.50", "taxRate": "7"},
    ],
    "remark": "Büromaterial und Fachliteratur",
}

_TRANSACTION = {
    "bankAccountId": _ID,
    "amount": "226.10",
    "valuedOn": "2026-11-27",
    "bookedOn": "2026-11-27",
    "purpose": "RE1001 Muster Handel",
    "counterparty": {"name": "Muster Handel GmbH", "iban": "DE89370400440532013000"},
    "externalReference": "tx-2026-11-27-0001",
}

BODIES: dict[str, dict[str, Any]] = {
    "customers": _PARTY,
    "suppliers": _PARTY,
    "items": {
        "name": "Beratung",
        "type": "service",
        "unitName": "Stunde",
        "price": "95.00",
        "pricesIncludeTax": False,
        "taxRate": "19",
    },
    "invoices": {
        **_DOCUMENT,
        "paymentTerms": {"description": "Zahlbar in 14 Tagen", "dueDays": 14},
        "finalize": False,
    },
    "bank-accounts": {
        "name": "Geschäftskonto",
        "type": "current",
        "bankName": "Volksbank Beispiel",
        "holder": "Muster Handel GmbH",
        "iban": "DE02120300000000202051",
        "bic": "BYLADEM1001",
        "balance": "1099.35",
        "externalReference": "giro-001",
        "system": "PaymentProvider",
    },
    "transactions": _TRANSACTION,
    "bills": {**_RECORDED, "number": "ER-2026-0417", "seller": {"name": "Papier Anders e.K."}},
    "vendor-credits": {**_RECORDED, "number": "GU-2026-0031", "seller": {"name": "Papier Anders e.K."}},
    "sales-vouchers": {
        **_RECORDED,
        "kind": "invoice",
        "number": "SHOP-100417",
        "buyer": {"name": "Erika Muster"},
        "lines": [{"accountId": "8f8664a8-fd86-11e1-a21f-0800200c9a66", "amount": "119.00", "taxRate": "19"}],
        "servicePeriod": {"kind": "delivery", "startsOn": "2026-11-19"},
    },
    "credit-notes": {
        **_DOCUMENT,
        "precedingDocuments": [{"id": _ID}],
        "introduction": "Korrektur zur Rechnung RE1001",
    },
    "quotes": {
        **_DOCUMENT,
        "validUntil": "2026-12-31",
        "introduction": "Gerne bieten wir an:",
        "paymentTerms": {"description": "Zahlbar in 14 Tagen", "dueDays": 14},
    },
    "sales-orders": {
        **_DOCUMENT,
        "introduction": "Wir bestätigen Ihren Auftrag wie folgt:",
        "servicePeriod": {"kind": "service", "startsOn": "2026-12-07", "endsOn": "2026-12-11"},
        "deliveryTerms": "Ausführung vor Ort.",
    },
    "delivery-notes": {
        **_DOCUMENT,
        "introduction": "Wir liefern Ihnen:",
        "servicePeriod": {"kind": "delivery", "startsOn": "2026-11-20"},
        "deliveryTerms": "Lieferung frei Haus.",
    },
    "down-payment-invoices": {**_DOCUMENT, "title": "1. Abschlagsrechnung"},
    "dunnings": {
        **_DOCUMENT,
        "precedingDocuments": [{"id": _ID}],
        "title": "Zahlungserinnerung",
        "introduction": "Die folgende Rechnung ist noch offen.",
    },
}
"""Body of `create`, one a resource that has it."""

PATCHES: dict[str, dict[str, Any]] = {
    "customers": {"note": "Zahlt per Lastschrift"},
    "suppliers": {"note": "Lieferung nur vormittags"},
    "items": {"price": "99.00"},
    "bills": {"remark": "Büromaterial, geprüft", "needsReview": False},
    "vendor-credits": {"remark": "Rücksendung vom 18.11."},
    "sales-vouchers": {"remark": "Bestellung 100417"},
    "bank-accounts": {"balance": "1325.45"},
    "transactions": {"purpose": "RE1001 Muster Handel GmbH"},
}
"""Merge patch of `update`; resources without one take `{"remark": …}`."""


ACTIONS: dict[str, dict[str, Any]] = {
    "batch": {"transactions": [_TRANSACTION]},
    "cancel": {"finalize": True},
    "convert": {"to": "invoices", "finalize": False},
    "settle": {
        "amount": "226.10",
        "paidOn": "2026-11-27",
        "bankAccountId": _ID,
        "externalReference": "payment-0815",
        "paymentReference": "RE1001",
    },
    "send": {"recipients": ["rechnung@muster-handel.example"], "subject": "Ihre Rechnung"},
}
"""Body of each action that takes one."""
CONVERTED = {"invoices": "delivery-notes", "down-payment-invoices": "dunnings"}
"""What `convert` makes of a resource in examples; of those not named, invoices."""


def example_body(resource: Resource, operation: Operation) -> Any:
    """An example of the request's body, or None where there is no body."""
    if operation.name == "convert" and resource.name in CONVERTED:
        return {**ACTIONS["convert"], "to": CONVERTED[resource.name]}
    if operation.takes is not None:
        return ACTIONS[operation.name]
    if operation.body == "create":
        return BODIES[resource.name] if resource.create else {}
    if operation.body == "patch":
        return PATCHES.get(resource.name, {"remark": "Danke für Ihren Auftrag."})
    if operation.body == "file":
        return uploads.EXAMPLE
    return None


def example_record(resource: Resource, operation: Operation) -> Any:
    """An example of what stands in `data`, or None where nothing does."""
    if operation.answer in ("file", "none"):
        return None
    return example_of(StoredFile if operation.answer == "stored" else operation.answers or resource.model)


VALUES: dict[str, Any] = {
    "id": _ID,
    "version": "3",
    "number": "RE1001",
    "name": "Muster Handel GmbH",
    "createdAt": "2026-11-20T09:14:05.317Z",
    "updatedAt": "2026-11-20T09:14:06.041Z",
    "issuedOn": "2026-11-20",
    "dueOn": "2026-12-04",
    "currency": "EUR",
    "countryCode": "DE",
    "city": "Freiburg",
    "postalCode": "79112",
    "street": "Musterstraße 12",
    "net": "190.00",
    "tax": "36.10",
    "gross": "226.10",
    "open": "226.10",
    "rate": "19",
    "taxRate": "19",
    "quantity": "2",
    "unitName": "Stunde",
    "unitPrice": "95.00",
    "unitPriceNet": "95.00",
    "unitPriceGross": "113.05",
    "netPrice": "95.00",
    "grossPrice": "113.05",
    "amount": "190.00",
    "view": "https://app.lexware.de/permalink/invoices/view/" + _ID,
    "language": "de",
    "title": "Rechnung",
    "vendorStatus": "open",
    "action": "finalize",
    "mediaType": "application/pdf",
    "sha256": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    "environment": "test",
    "target": "lexoffice-sandbox",
    "url": "https://app.example.com/accounting/return",
    "email": "rechnung@muster-handel.example",
}
"""Values by field name, where the type alone would say nothing."""

_BY_TYPE: dict[type, Any] = {
    inspect.DecimalType: "190.00",
    inspect.IntType: 1,
    inspect.BoolType: False,
    inspect.DateType: "2026-11-20",
    inspect.DateTimeType: "2026-11-20T09:14:05Z",
    inspect.StrType: "text",
    inspect.DictType: {},
    inspect.AnyType: None,
    inspect.RawType: {},
}


@cache
def example_of(type: Any, name: str = "") -> Any:
    """A value of the type as JSON holds it: the shape follows the declaration, words come from `VALUES`.

    Worked out once: every start of a process needs it for each operation. It is to be read only.
    """
    return _example(inspect.type_info(type), name)


def _example(kind: inspect.Type, name: str, within: tuple[type, ...] = ()) -> Any:
    """`within`: the structs around it; a list of one of them is shown empty, since it would never end."""
    if isinstance(kind, inspect.Metadata):
        return _example(kind.type, name, within)
    if isinstance(kind, inspect.StructType):
        return {f.encode_name: _example(f.type, f.encode_name, (*within, kind.cls)) for f in kind.fields}
    if isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        endless = isinstance(kind.item_type, inspect.StructType) and kind.item_type.cls in within
        return [] if endless else [_example(kind.item_type, name, within)]
    if isinstance(kind, inspect.UnionType):
        return _union_example(kind, name, within)
    if isinstance(kind, inspect.EnumType):
        return next(iter(kind.cls)).value
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if name in VALUES and isinstance(kind, inspect.StrType | inspect.DecimalType | inspect.DateType):
        return VALUES[name]
    return (
        VALUES[name]
        if name in VALUES and isinstance(kind, inspect.DateTimeType)
        else _BY_TYPE.get(type(kind))
    )


def _union_example(kind: inspect.UnionType, name: str, within: tuple[type, ...]) -> Any:
    optional = any(isinstance(part, inspect.NoneType) for part in kind.types)
    parts = [part for part in kind.types if not isinstance(part, inspect.NoneType)]
    scalar = not any(isinstance(part, inspect.StructType) for part in parts)
    return None if optional and scalar and name not in VALUES else _example(parts[0], name, within)
