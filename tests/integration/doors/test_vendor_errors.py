"""What the vendor refuses or fails at reaches the caller in unified words, whatever shape it came in."""

import json
from typing import Any

import httpx2
import pytest

from connectors.lexoffice import CONNECTOR as LEXOFFICE
from tests.integration.doors.operations import OPERATIONS, Operation, found
from tests.integration.doors.visiting import RECORDED, Visitor

pytestmark = pytest.mark.anyio

NATIVE = {
    "company": "/v1/profile",
    "customers": "/v1/contacts",
    "suppliers": "/v1/contacts",
    "items": "/v1/articles",
    "invoices": "/v1/invoices",
    "credit-notes": "/v1/credit-notes",
    "bills": "/v1/vouchers",
    "vendor-credits": "/v1/vouchers",
    "sales-vouchers": "/v1/vouchers",
}


def regular(field: str, violation: str, message: str) -> dict[str, Any]:
    """The shape of documents."""
    return {
        "timestamp": "2026-11-20T09:14:05.317+01:00",
        "status": 406,
        "error": "Not Acceptable",
        "path": "/v1/invoices",
        "traceId": "90d78d0777be",
        "message": "Validation failed for request. Please see details list for specific causes.",
        "details": [{"violation": violation, "field": field, "message": message}],
    }


def legacy(source: str, key: str) -> dict[str, Any]:
    """The shape of contacts, files and bookkeeping vouchers."""
    issue = {
        "i18nKey": key,
        "source": source,
        "type": "validation_failure",
        "additionalData": None,
        "args": None,
    }
    return {"requestId": "75d4dad6-6ccb-40fd-8c22-797f2d421d98", "IssueList": [issue]}


FIRST = "billingAddresses[0]"
EMPTY, GONE, DOUBLE = "darf nicht leer sein", "missing_entity", "MATERIAL_NUMBER_ALREADY_EXISTS"
TAX_RATE = "lineItems[0].unitPrice.taxRatePercentage"
TAX_OFF, SUM_OFF = "invalid_taxamount", "invalid_total_amount"
NAMED_TWICE = "custom_contact_name_for_referenced_contact_not_allowed"
Fields = dict[str, str]
REFUSALS: list[tuple[str, int, Any, Fields]] = [
    ("customers", 406, legacy("company.vatRegistrationId", "invalid_value"), {"company.vatId": "invalid"}),
    ("customers", 406, legacy("addresses.billing[0].zip", GONE), {f"{FIRST}.postalCode": "required"}),
    ("customers", 406, legacy("person.lastName", GONE), {"person.lastName": "required"}),
    ("suppliers", 406, legacy("emailAddresses.business", "invalid_value"), {"emails.business": "invalid"}),
    ("suppliers", 406, regular("xRechnung", "NOTEMPTY", EMPTY), {"electronicInvoicing": "required"}),
    ("items", 406, regular("price.taxRate", "NOTNULL", EMPTY), {"taxRate": "required"}),
    ("items", 406, regular("gtin", "VALIDGTIN", "ist keine GTIN"), {"gtin": "invalid_gtin"}),
    ("items", 409, regular("materialNumber", DOUBLE, "doppelt"), {"number": "already_exists"}),
    ("invoices", 406, regular(TAX_RATE, "NOTNULL", EMPTY), {"lines[0].taxRate": "required"}),
    ("invoices", 406, regular("lineItems[12].name", "SIZE", "zu lang"), {"lines[12].name": "size"}),
    ("invoices", 406, regular("address.contactId", "NOTNULL", EMPTY), {"buyer.customerId": "required"}),
    ("invoices", 406, legacy("voucherDate", "invalid_value"), {"issuedOn": "invalid"}),
    ("invoices", 400, {"message": "Bad Request"}, {"": "refused"}),
    ("credit-notes", 406, regular("totalPrice.currency", "INVALID", "falsch"), {"currency": "invalid"}),
    ("credit-notes", 415, {"message": "Unsupported Media Type"}, {"": "refused"}),
    ("credit-notes", 406, "kein JSON", {}),
    ("bills", 406, legacy("voucherNumber", GONE), {"number": "required"}),
    ("bills", 406, legacy("contactId", "invalid_value"), {"seller.supplierId": "invalid"}),
    ("bills", 406, legacy("voucherItems[1].taxAmount", TAX_OFF), {"lines[1].amountTax": TAX_OFF}),
    ("bills", 406, legacy("voucherItems[0].taxRatePercent", GONE), {"lines[0].taxRate": "required"}),
    ("bills", 406, legacy("voucherStatus", "invalid_value"), {"needsReview": "invalid"}),
    ("vendor-credits", 406, legacy("voucherItems[2].categoryId", GONE), {"lines[2].accountId": "required"}),
    ("vendor-credits", 406, legacy("totalGrossAmount", SUM_OFF), {"lines": SUM_OFF}),
    ("vendor-credits", 406, legacy("contactName", NAMED_TWICE), {"seller.name": NAMED_TWICE}),
    ("sales-vouchers", 406, legacy("contactId", GONE), {"buyer.customerId": "required"}),
    ("sales-vouchers", 406, legacy("shippingDate", "invalid_value"), {"servicePeriod": "invalid"}),
    ("sales-vouchers", 406, regular("taxType", "NOTNULL", EMPTY), {"pricesIncludeTax": "required"}),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "status", "body", "expected"), REFUSALS, ids=lambda v: str(v)[:40])
async def test_a_refusal_of_any_shape_names_fields_in_unified_words(
    visitor: Visitor, resource: str, status: int, body: Any, expected: Fields
) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    visitor.stage.twin.twin.fault("status", "POST", NATIVE[resource], status=status, body=text)
    answer = await visitor.knock(found(f"POST /v1/accounting/{resource}"))

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["sent"]) == (422, "upstream_refused", "yes")
    assert {error["field"]: error["code"] for error in problem["errors"]} == expected
    assert problem["upstream"]["status"] == status


WHOLE = {"accounts", "payment-terms", "print-layouts", "tax-rates"}
"""Of these the vendor has lists only: a single one is looked for there."""
READS = [o for o in OPERATIONS if o.resource and o.method == "GET" and o.name != "meta"]
WRITES = [
    o
    for o in OPERATIONS
    if o.resource and o.name in ("create", "upload", "enclose") and LEXOFFICE.supports(o.resource, o.name)
]
ANSWERED_WHOLE = "POST /v1/accounting/transactions"
"""What it makes is in the vendor's answer, so that nothing is read back."""
FAILED_READS = {
    401: (424, "reconnect_required"),
    402: (424, "plan_insufficient"),
    403: (424, "permission_missing"),
    404: (404, "not_found"),
    408: (502, "upstream_broken"),
    418: (422, "upstream_refused"),
    429: (429, "upstream_busy"),
    500: (502, "upstream_broken"),
    502: (502, "upstream_broken"),
    503: (502, "upstream_broken"),
    504: (502, "upstream_broken"),
    301: (502, "upstream_broken"),
}
FAILED_WRITES = FAILED_READS | dict.fromkeys((301, 408, 500, 502, 503, 504), (504, "outcome_unknown"))


async def befallen(
    visitor: Visitor,
    operation: Operation,
    kind: str,
    status: int = 500,
    *,
    method: str = "*",
    path: str = "/v1/*",
) -> httpx2.Response:
    """The answer of somebody new, to whose calls it happens again and again; the twin is well afterwards."""
    twin, upstream = visitor.stage.twin, visitor.stage.rooms.upstream
    upstream.circuits.any.clear()  # of what befell others
    upstream.retries.delay_s = lambda *_: 0.0  # pyright: ignore[reportAttributeAccessIssue]
    somebody = await visitor.stage.party(visitor.party.tenant_id, partner=True)
    twin.settings.on_cut = lambda: httpx2.RemoteProtocolError("the line was cut")
    twin.twin.fault(kind, method, path, status=status, times=None)  # pyright: ignore[reportArgumentType]
    try:
        headers = {"X-ACCOUNT-KEY": somebody.account_key, "X-API-KEY": somebody.api_key}
        return await visitor.knock(operation, headers=headers)
    finally:
        twin.twin.faults.clear()
        upstream.circuits.any.clear()


@pytest.mark.parametrize("operation", READS, ids=str)
async def test_a_read_that_fails_at_the_vendor_says_who_can_do_what(
    visitor: Visitor, operation: Operation
) -> None:
    for status, expected in FAILED_READS.items() if visitor.can(operation) else ():
        if status == 404 and (operation.name in ("list", "count") or operation.resource in WHOLE):
            expected = (502, "upstream_broken")  # no object was asked for: the vendor's route is gone
        if status == 404 and str(operation) == "GET /v1/accounting/payments":
            assert (await befallen(visitor, operation, "status", status)).json()["data"] == []
            continue
        answer = await befallen(visitor, operation, "status", status)
        assert (answer.status_code, answer.json()["code"]) == expected, f"{status}: {answer.text}"


@pytest.mark.parametrize("operation", WRITES, ids=str)
async def test_a_write_that_fails_at_the_vendor_says_whether_it_may_be_booked(
    visitor: Visitor, operation: Operation
) -> None:
    for status, expected in FAILED_WRITES.items():
        answer = await befallen(visitor, operation, "status", status, method="POST")
        assert (answer.status_code, answer.json()["code"]) == expected, f"{status}: {answer.text}"


ACCIDENTS = ("drop_before", "drop_after", "reset_in_body", "truncate")


@pytest.mark.parametrize("kind", ACCIDENTS)
@pytest.mark.parametrize("operation", READS, ids=str)
async def test_a_read_whose_line_is_cut_is_broken(visitor: Visitor, operation: Operation, kind: str) -> None:
    if kind == "truncate" and operation.name in ("document", "content"):
        return  # half a PDF that says it is whole cannot be told from one
    if not visitor.can(operation):
        return

    answer = await befallen(visitor, operation, kind)

    assert (answer.status_code, answer.json()["code"], answer.json()["retry"]) == (
        502,
        "upstream_broken",
        "same_key",
    )


@pytest.mark.parametrize("kind", ACCIDENTS)
@pytest.mark.parametrize("operation", WRITES, ids=str)
async def test_a_write_whose_line_is_cut_has_an_unknown_outcome(
    visitor: Visitor, operation: Operation, kind: str
) -> None:
    answer = await befallen(visitor, operation, kind, method="POST")

    assert (answer.status_code, answer.json()["code"]) == (504, "outcome_unknown")
    assert (answer.json()["sent"], answer.json()["retry"]) == ("unknown", "same_key")


@pytest.mark.parametrize(
    "operation", [o for o in WRITES if not o.takes_form and str(o) != ANSWERED_WHOLE], ids=str
)
async def test_a_write_that_cannot_be_read_back_says_that_it_is_booked(
    visitor: Visitor, operation: Operation
) -> None:
    # Recorded documents are looked for before they are written: that look succeeds.
    path = "/v1/vouchers/*" if operation.resource in RECORDED else "/v1/*"
    answer = await befallen(visitor, operation, "status", 500, method="GET", path=path)

    assert (answer.status_code, answer.json()["code"], answer.json()["sent"]) == (
        502,
        "written_not_read",
        "yes",
    )
    visitor.stage.twin.twin.faults.clear()
    kept = await visitor.knock(found(f"GET {operation.path}/{{id}}"), id=answer.json()["id"])
    assert kept.status_code == 200
