"""Finance transactions (`/v1/finance/transactions`) and the hints that tell to which voucher one belongs."""

from decimal import Decimal
from typing import Any, cast

from sandbox.lexoffice import taxes
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, Violation, invalid, missing, not_found, refuse
from sandbox.lexoffice.paper.letter import german_number
from sandbox.lexoffice.partner import finance_accounts
from sandbox.lexoffice.routing import delete, get, post, put
from sandbox.lexoffice.shapes import Fields, Integer, Moment, Number, Text, Uuid, printed, read_body
from sandbox.lexoffice.state import Record
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/finance/transactions"
MOST_AT_ONCE = 25
SHAPE = Fields(
    {
        "valueDate": Moment(to_the_second=True),
        "bookingDate": Moment(to_the_second=True),
        "purpose": Text(required=True),
        "amount": Number(2, required=True),
        "additionalInfo": Text(),
        "recipientOrSenderName": Text(),
        "recipientOrSenderEmail": Text(),
        "recipientOrSenderIban": Text(34),
        "recipientOrSenderBic": Text(11),
        "financialAccountId": Uuid(required=True),
        "externalReference": Text(255),
        "endToEndId": Text(255),
        "feeAmount": Number(2),
        "feeTaxRatePercentage": Number(2),
        "feePostingCategoryId": Uuid(),
    }
)
UPDATE = Fields(SHAPE.of | {"lockVersion": Integer(0, required=True)})
FEE = ("feeAmount", "feeTaxRatePercentage", "feePostingCategoryId")
KNOWN_FEE_CATEGORIES = ("16d04a23-fd91-11e1-a21f-0800200c9a66", "113476af-ac83-4bf2-941d-0daa37022945")
IMMUTABLE = ("valueDate", "bookingDate")
# The members of an answer in the sample's order; null where nothing was sent.
SENT = tuple(name for name in SHAPE.of if name not in FEE)


def create(call: Call) -> Reply:
    """All or nothing: one bad entry refuses the batch. A known external reference gives the known record."""
    raw = call.json()
    if not isinstance(raw, list) or not raw or len(raw) > MOST_AT_ONCE:
        raise Refused(406, f"Between 1 and {MOST_AT_ONCE} transactions are expected.")
    bodies = [_read(call, entry, index) for index, entry in enumerate(raw)]
    return json_reply([_rendered(call, _book(call, body)) for body in bodies], 201)


def _read(call: Call, entry: Any, index: int) -> dict[str, Any]:
    try:
        body = read_body(SHAPE, entry)
        _demand_rules(call, body)
    except Refused as refused:
        at = [Violation(f"[{index}].{v.field}", v.code, v.message, v.key) for v in refused.violations]
        raise refuse(*at) from None
    return body


def _demand_rules(call: Call, body: dict[str, Any]) -> None:
    found: list[Violation] = []
    if "valueDate" not in body and "bookingDate" not in body:
        found.append(missing("valueDate"))
    account = call.organization.finance_accounts.get(body["financialAccountId"])
    if account is None:
        found.append(invalid("financialAccountId"))
    given = [name for name in FEE if name in body]
    if given:
        found += [missing(name) for name in FEE if name not in body]
        if account is not None and account.body["type"] != "PAYMENT_PROVIDER":
            found.append(invalid("feeAmount"))
        known_only = call.quirks.known_fee_categories_only
        if known_only and body.get("feePostingCategoryId") not in KNOWN_FEE_CATEGORIES:
            found.append(invalid("feePostingCategoryId"))
        if body.get("feeTaxRatePercentage") not in taxes.ANY_GERMAN:
            found.append(invalid("feeTaxRatePercentage"))
        # A fee is taken from money received; a fee given back comes with money paid out.
        if body.get("feeAmount", Decimal(0)) * body["amount"] > 0:
            found.append(invalid("feeAmount"))
    if found:
        raise refuse(*found)


def _book(call: Call, body: dict[str, Any]) -> Record:
    known = _by_reference(call, body.get("externalReference"))
    if known is not None:
        return known
    transaction = Record(
        id=call.twin.ids.uuid(),
        body={**printed(body), "virtualAccountId": call.twin.ids.uuid(), "assignments": []},
        version=0,
        created=call.now,
        updated=call.now,
    )
    call.organization.transactions[transaction.id] = transaction
    _follow_hints(call, transaction)
    return transaction


def _follow_hints(call: Call, transaction: Record) -> None:
    """Assign the line to the voucher that a hint names for its reference, where the automation is on."""
    hints = call.organization.hints.items() if call.quirks.hints_assign else ()
    for voucher_id, hint in hints:
        if any(value == transaction.body.get(name) for name, value in hint.items()):
            _assign(call, transaction, voucher_id)


def _assign(call: Call, transaction: Record, voucher_id: str) -> None:
    own = call.organization
    voucher = own.documents.get(voucher_id) or own.vouchers[voucher_id]
    if left_of(transaction) and voucher.open_amount and voucher.status != "draft":
        call.twin.assign_transaction(transaction.id, voucher_id)


def _by_reference(call: Call, reference: str | None) -> Record | None:
    if reference is None:
        return None
    transactions = call.organization.transactions.values()
    return next((t for t in transactions if t.body.get("externalReference") == reference), None)


def read(call: Call, id: str) -> Reply:
    return json_reply(_rendered(call, _find(call, id)))


def update(call: Call, id: str) -> Reply:
    """In the documentation of 2025, in that of 2026 no more. The dates stay as they were booked."""
    if not call.quirks.finance_transaction_update:
        raise Refused(404, "No message available")
    transaction = _find(call, id)
    body = read_body(UPDATE, call.json())
    _demand_rules(call, body)
    if body.pop("lockVersion") != transaction.version:
        raise Refused(409, "The transaction has been changed in the meantime.")
    changes = {name: value for name, value in printed(body).items() if name not in IMMUTABLE}
    transaction.body |= changes
    transaction.version += 1
    transaction.updated = call.now
    return call.action_result(
        PATH, id, shown(transaction.created), shown(transaction.updated), transaction.version, 200
    )


def remove(call: Call, id: str) -> Reply:
    if _find(call, id).body["assignments"]:
        raise Refused(406, "The transaction is assigned to a voucher.")
    del call.organization.transactions[id]
    return Reply(204)


def latest(call: Call) -> Reply:
    """The youngest transaction of an account, by its own date."""
    account = call.query.get("financialAccountId")
    if not account:
        raise Refused(400, "Required parameter 'financialAccountId' is not present.")
    own = [t for t in call.organization.transactions.values() if t.body["financialAccountId"] == account]
    if not own:
        raise not_found()
    return json_reply(
        _rendered(call, max(own, key=lambda transaction: (date_of(transaction), transaction.created)))
    )


def assignments(call: Call, id: str) -> Reply:
    return json_reply([{"id": a["id"], "type": a["type"]} for a in _find(call, id).body["assignments"]])


def _find(call: Call, id: str) -> Record:
    transaction = call.organization.transactions.get(id)
    if transaction is None:
        raise not_found()
    return transaction


def date_of(transaction: Record) -> str:
    """Its value date, else its booking date, as printed."""
    return transaction.body.get("valueDate") or cast(str, transaction.body["bookingDate"])


def left_of(transaction: Record) -> Decimal:
    """What of its amount is assigned to no voucher yet; never negative."""
    assigned = sum((Decimal(a["amount"]) for a in transaction.body["assignments"]), Decimal(0))
    return abs(transaction.body["amount"]) - assigned


def _rendered(call: Call, transaction: Record) -> dict[str, Any]:
    body = transaction.body
    left, assigned = left_of(transaction), bool(body["assignments"])
    state = "completely_assigned" if left == 0 else "partly_assigned" if assigned else None
    return {
        "financialTransactionId": transaction.id,
        **{name: body.get(name) for name in SENT},
        "transactionDate": date_of(transaction),
        "bookingText": None,
        "openAmount": left if assigned else None,
        "amountAsString": german_number(body["amount"]),
        "openAmountAsString": german_number(left) if assigned else None,
        "state": state,
        "virtualAccountId": body["virtualAccountId"],
        "ignore": False,
        "ignoreReason": None,
        "lockVersion": transaction.version,
        **{name: body.get(name) for name in FEE},
        "createdDate": finance_accounts.moment(call, transaction.created),
        "lastModifiedDate": finance_accounts.moment(call, transaction.updated),
    }


REFERENCE = Text(255, may_be_empty=False)
HINT = Fields({"voucherId": Uuid(required=True), "externalReference": REFERENCE, "endToEndId": REFERENCE})


def hint(call: Call) -> Reply:
    """One hint a voucher, by exactly one of the two references; answered with what was sent."""
    body = read_body(HINT, call.json())
    if ("externalReference" in body) == ("endToEndId" in body):
        raise Refused(406, "Exactly one of externalReference and endToEndId is expected.")
    voucher = body["voucherId"]
    if voucher not in call.organization.documents and voucher not in call.organization.vouchers:
        raise refuse(invalid("voucherId"))
    if voucher in call.organization.hints:
        raise Refused(406, "There is a hint for this voucher already.")
    call.organization.hints[voucher] = {name: value for name, value in body.items() if name != "voucherId"}
    for transaction in call.organization.transactions.values():
        _follow_hints(call, transaction)
    return json_reply(body, 201)


ROUTES = [
    get(f"{PATH}/latest-transaction", latest, "finance.read"),
    get(f"{PATH}/{{}}", read, "finance.read"),
    get(f"{PATH}/{{}}/assignments", assignments, "finance.read"),
    post(PATH, create, "finance.write"),
    put(f"{PATH}/{{}}", update, "finance.write"),
    delete(f"{PATH}/{{}}", remove, "finance.delete"),
    post("/v1/transaction-assignment-hint", hint, "transaction-assignment-hint.write"),
]
