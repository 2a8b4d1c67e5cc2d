"""Bank accounts of contacts (`/v1/contacts/{id}/bankaccounts`). Their version is the contact's."""

from typing import Any

from stdnum import iban

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, invalid, legacy, missing, not_found, refuse
from sandbox.lexoffice.resources.contacts import find
from sandbox.lexoffice.routing import delete, get, post, put
from sandbox.lexoffice.shapes import Fields, Integer, Text, read_body
from sandbox.lexoffice.state import Contact
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/contacts/{}/bankaccounts"
SHAPE = Fields(
    {
        "accountHolder": Text(255, required=True),
        "bankName": Text(255, required=True),
        "iban": Text(34, required=True),
        "bic": Text(11, required=True),
        "version": Integer(0),
    }
)


def list_all(call: Call, contact_id: str) -> Reply:
    contact = find(call, contact_id)
    return json_reply([_rendered(contact, id) for id in contact.bank_accounts])


def read(call: Call, contact_id: str, id: str) -> Reply:
    return json_reply(_rendered(_holder(call, contact_id, id), id))


def create(call: Call, contact_id: str) -> Reply:
    contact = find(call, contact_id)
    body = _read(call)
    return _result(call, contact, call.twin.ids.uuid(), body, call.quirks.create_status)


def update(call: Call, contact_id: str, id: str) -> Reply:
    contact = _holder(call, contact_id, id)
    body = _read(call)
    if "version" not in body:
        raise refuse(missing("version"))
    if body["version"] != contact.version:
        raise Refused(call.quirks.stale_contact_status, violations=[legacy("version", "invalid_value")])
    return _result(call, contact, id, body, 200)


def remove(call: Call, contact_id: str, id: str) -> Reply:
    contact = _holder(call, contact_id, id)
    del contact.bank_accounts[id]
    contact.version += 1
    call.emit("contact.changed", contact.id)
    return Reply(204)


def _holder(call: Call, contact_id: str, id: str) -> Contact:
    contact = find(call, contact_id)
    if id not in contact.bank_accounts:
        raise not_found()
    return contact


def _read(call: Call) -> dict[str, Any]:
    body = read_body(SHAPE, call.json())
    if not iban.is_valid(body["iban"]):
        raise refuse(invalid("iban"))
    return body


def _result(call: Call, contact: Contact, id: str, body: dict[str, Any], status: int) -> Reply:
    contact.bank_accounts[id] = {name: value for name, value in body.items() if name != "version"}
    contact.version += 1
    call.emit("contact.changed", contact.id)
    now = shown(call.now)
    return call.action_result(PATH.format(contact.id), id, now, now, contact.version, status)


def _rendered(contact: Contact, id: str) -> dict[str, Any]:
    return {"id": id, **contact.bank_accounts[id], "version": contact.version}


READ, WRITE = "contacts.bankaccounts.read", "contacts.bankaccounts.write"
ROUTES = [
    get(PATH, list_all, READ, dialect="legacy"),
    get(f"{PATH}/{{}}", read, READ, dialect="legacy"),
    post(PATH, create, WRITE, dialect="legacy"),
    put(f"{PATH}/{{}}", update, WRITE, dialect="legacy"),
    delete(f"{PATH}/{{}}", remove, WRITE, dialect="legacy"),
]
