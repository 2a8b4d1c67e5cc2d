"""Payments (`/v1/payments/{voucherId}`): read-only, also for those who book."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, not_found
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.state import Document, Payment, Voucher
from sandbox.lexoffice.wire import Reply, json_reply

EXPENSES = ("purchaseinvoice", "purchasecreditnote")
SETTLED = ("paid", "paidoff")


def read(call: Call, id: str) -> Reply:
    organization = call.organization
    if (document := organization.documents.get(id)) is not None:
        return json_reply(_as_asked(call, _of_document(document)))
    if (voucher := organization.vouchers.get(id)) is not None:
        return json_reply(_as_asked(call, _of_voucher(voucher)))
    raise not_found()


def _as_asked(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    as_text = {"openAmount": str(body["openAmount"])} if call.quirks.open_amount_as_text else {}
    return body | as_text


def _of_document(document: Document) -> dict[str, Any]:
    kind = KINDS[document.kind]
    if kind.settled is None or document.status == "draft" or document.settles:
        raise Refused(406, "Payments are not available for this voucher in its current state.")
    return _body(kind.listed_as, document.status, document.open_amount or Decimal("0.00"), document.payments)


def _of_voucher(voucher: Voucher) -> dict[str, Any]:
    if voucher.open_amount is None:
        raise Refused(406, "Payments are not available for an unchecked voucher.")
    return _body(voucher.type, voucher.status, voucher.open_amount, voucher.payments)


def _body(type: str, status: str, open_amount: Decimal, payments: Sequence[Payment]) -> dict[str, Any]:
    balanced = status in (*SETTLED, "voided")
    body: dict[str, Any] = {
        "openAmount": open_amount,
        "currency": "EUR",
        "paymentStatus": "balanced" if balanced else "openExpense" if type in EXPENSES else "openRevenue",
        "voucherType": type,
        "voucherStatus": status,
    }
    if status in SETTLED:
        paid_at = max((payment.posted for payment in payments), default=None)
        if paid_at is not None:
            body["paidDate"] = shown(paid_at)
    body["paymentItems"] = [
        {
            "paymentItemType": payment.type,
            "postingDate": shown(payment.posted),
            "amount": payment.amount,
            "currency": "EUR",
        }
        for payment in payments
    ]
    return body


ROUTES = [get("/v1/payments/{}", read, "payments.read")]
