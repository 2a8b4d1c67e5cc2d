"""Finance accounts (`/v1/finance/accounts`): bank accounts, cards and payment providers fed by partners."""

from datetime import UTC, datetime
from typing import Any

from sandbox.lexoffice import dates
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Refused, Violation, invalid, missing, not_found, refuse
from sandbox.lexoffice.routing import delete, get, post, put
from sandbox.lexoffice.shapes import Choice, Fields, Integer, Number, Text, printed, read_body
from sandbox.lexoffice.state import Record
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/finance/accounts"
BANK_TYPES = ("GIRO", "SAVINGS", "FIXEDTERM", "SECURITIES", "LOAN")
TYPES = (*BANK_TYPES, "CREDITCARD", "CASH", "PAYMENT_PROVIDER")
PROVIDERS = ("VISA", "MASTERCARD", "AMEX", "DINERSCLUB")
FIELDS: dict[str, Any] = {
    "type": Choice(TYPES, required=True),
    "accountSystem": Text(255, required=True),
    "name": Text(255, required=True),
    "bankName": Text(255, required=True),
    "accountHolder": Text(255),
    "balance": Number(2, required=True),
    "externalReference": Text(255),
    "iban": Text(34, may_be_empty=False),
    "bic": Text(11, may_be_empty=False),
    "provider": Choice(PROVIDERS),
    "creditCardNumber": Text(255, may_be_empty=False),
}
CREATE = Fields(FIELDS)
UPDATE = Fields(
    {
        **FIELDS,
        "accountSystem": Text(),
        "bankName": Text(255),
        "lockVersion": Integer(0, required=True),
    }
)
IMMUTABLE = ("accountSystem", "bic", "creditCardNumber")


def is_bank(account: Record) -> bool:
    return account.body["type"] in BANK_TYPES


def list_some(call: Call) -> Reply:
    """By IBAN or by external reference, which cannot be combined; without either, all (guess)."""
    wanted = {name: call.query[name] for name in ("iban", "externalReference") if call.query.get(name)}
    if len(wanted) > 1:
        raise Refused(400, "The filters iban and externalReference cannot be combined.")
    rows = [
        account
        for account in call.organization.finance_accounts.values()
        if all(account.body.get(name) == value for name, value in wanted.items())
    ]
    return json_reply([rendered(call, account) for account in rows])


def read(call: Call, id: str) -> Reply:
    return json_reply(rendered(call, find(call, id)))


def create(call: Call) -> Reply:
    account = _create(call)
    return _result(call, account, 201)


def create_whole(call: Call) -> Reply:
    """The older path, which answers with the whole account."""
    return json_reply(rendered(call, _create(call)), 201)


def _create(call: Call) -> Record:
    body = read_body(CREATE, call.json())
    if call.quirks.account_system not in ("", body["accountSystem"]):
        raise refuse(invalid("accountSystem"))
    _demand_details(body, ("iban", "bic"), ("provider", "creditCardNumber"))
    account = Record(
        id=call.twin.ids.uuid(), body=printed(body), version=1, created=call.now, updated=call.now
    )
    call.organization.finance_accounts[account.id] = account
    return account


def update(call: Call, id: str) -> Reply:
    """What may not change is ignored without a word."""
    account = find(call, id)
    body = read_body(UPDATE, call.json())
    _demand_details(body, ("iban",), ("provider",))
    if body.pop("lockVersion") != account.version:
        raise Refused(409, "The account has been changed in the meantime.")
    kept = {name: account.body[name] for name in (*IMMUTABLE, "bankName") if name in account.body}
    changes = {name: value for name, value in printed(body).items() if name not in IMMUTABLE}
    account.body = {**kept, **changes}
    account.version += 1
    account.updated = call.now
    return _result(call, account, 200)


def remove(call: Call, id: str) -> Reply:
    find(call, id)
    own = [t for t in call.organization.transactions.values() if t.body["financialAccountId"] == id]
    if any(transaction.body["assignments"] for transaction in own):
        raise Refused(406, "Transactions of the account are assigned to vouchers.")
    del call.organization.finance_accounts[id]
    for transaction in own:
        del call.organization.transactions[transaction.id]
    return Reply(204)


def find(call: Call, id: str) -> Record:
    account = call.organization.finance_accounts.get(id)
    if account is None:
        raise not_found()
    return account


def _demand_details(body: dict[str, Any], of_bank: tuple[str, ...], of_card: tuple[str, ...]) -> None:
    needed = of_bank if body["type"] in BANK_TYPES else of_card if body["type"] == "CREDITCARD" else ()
    found: list[Violation] = [missing(name) for name in needed if name not in body]
    if found:
        raise refuse(*found)


def moment(call: Call, instant: datetime) -> str:
    """In finance, live answers were recorded in UTC against the documentation."""
    if call.quirks.finance_live_shape:
        return instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return dates.shown(instant)


def rendered(call: Call, account: Record) -> dict[str, Any]:
    body = account.body
    out: dict[str, Any] = {
        "financialAccountId": account.id,
        "createdDate": moment(call, account.created),
        "lastModifiedDate": moment(call, account.updated),
        "lockVersion": account.version,
        **{name: body[name] for name in ("type", "accountSystem", "name", "bankName")},
        "accountHolder": body.get("accountHolder"),
        "balance": body["balance"],
        "externalReference": body.get("externalReference"),
    }
    details = ("iban", "bic") if is_bank(account) else ("provider", "creditCardNumber")
    out |= {name: body[name] for name in details if name in body}
    out |= {"deactivated": False, "state": None, "initialSyncDate": None}
    if call.quirks.finance_live_shape:
        idle = {
            "organizationId": call.organization.id,
            "status": "IDLE",
            "errorMessage": None,
            "errorOnSync": False,
        }
        out |= {"organizationId": call.organization.id, "state": idle, "connected": True}
    return out


def _result(call: Call, account: Record, status: int) -> Reply:
    created, updated = moment(call, account.created), moment(call, account.updated)
    return call.action_result(PATH, account.id, created, updated, account.version, status)


ROUTES = [
    get(PATH, list_some, "finance.read"),
    get(f"{PATH}/{{}}", read, "finance.read"),
    post(PATH, create, "finance.write"),
    post("/v1/finance/financial-accounts", create_whole, "finance.write"),
    put(f"{PATH}/{{}}", update, "finance.write"),
    delete(f"{PATH}/{{}}", remove, "finance.delete"),
]
