"""Contacts (`/v1/contacts`), with errors in the legacy shape. No delete, no archiving."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.lexoffice import countries
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Bare, Refused, Violation, invalid, legacy, missing, not_found, refuse
from sandbox.lexoffice.paging import DEFAULT_SIZE, Sort, Window, page, whole, within_reach
from sandbox.lexoffice.routing import get, post, put
from sandbox.lexoffice.search import Pattern
from sandbox.lexoffice.shapes import Fields, Flag, Integer, Many, Text, read_body
from sandbox.lexoffice.state import Contact
from sandbox.lexoffice.visibility import seen
from sandbox.lexoffice.wire import Reply, json_reply

MAIL_KINDS = ("business", "office", "private", "other")
PHONE_KINDS = ("business", "office", "mobile", "private", "fax", "other")
ADDRESS_KINDS = ("billing", "shipping")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
VAT_ID = re.compile(r"(?!DE)[A-Z]{2}[0-9A-Z+*]{2,13}|DE[0-9]{9}", re.ASCII)
MOST_SILENT, MOST_LOUD = 500, 999

ADDRESS = Fields(
    {
        "supplement": Text(255),
        "street": Text(255),
        "zip": Text(255),
        "city": Text(255),
        "countryCode": Text(required=True),
    }
)
PERSON = {"salutation": Text(25), "firstName": Text(255), "lastName": Text(255, required=True)}
CONTACT_PERSON = Fields({**PERSON, "primary": Flag(), "emailAddress": Text(255), "phoneNumber": Text(255)})


def _one_of_each(kinds: tuple[str, ...], item: Any) -> Fields:
    return Fields({kind: Many(item, most=1, size_field=True) for kind in kinds})


SHAPE = Fields(
    {
        "version": Integer(0, required=True),
        "roles": Fields({"customer": Fields({}), "vendor": Fields({})}, required=True),
        "company": Fields(
            {
                "name": Text(255, required=True),
                "taxNumber": Text(255),
                "vatRegistrationId": Text(255),
                "allowTaxFreeInvoices": Flag(),
                "contactPersons": Many(CONTACT_PERSON, most=1, size_field=True),
            }
        ),
        "person": Fields(PERSON),
        "addresses": _one_of_each(ADDRESS_KINDS, ADDRESS),
        "xRechnung": Fields({"buyerReference": Text(255), "vendorNumberAtCustomer": Text(255)}),
        "emailAddresses": _one_of_each(MAIL_KINDS, Text(255)),
        "phoneNumbers": _one_of_each(PHONE_KINDS, Text(255)),
        "note": Text(1000),
    }
)
SORT = Sort("name", ascending=True)


def list_contacts(call: Call) -> Reply:
    query = call.query
    tests = [
        test
        for name, make in FILTERS.items()
        if (text := query.get(name)) is not None and (text or name in TEXTS)
        for test in [make(text)]
    ]
    rows = [
        contact for contact in call.organization.contacts.values() if all(test(contact) for test in tests)
    ]
    rows.sort(key=lambda contact: contact.listed_name.casefold())
    cut = _window(call)
    return json_reply(page(rows, [rendered(call, contact) for contact in cut.cut(rows)], cut, SORT))


def _window(call: Call) -> Window:
    """Here an odd page or size is replaced by the default in silence, unless it is absurd (measured)."""
    query = call.query
    number, size = whole(query.get("page"), 0), whole(query.get("size"), DEFAULT_SIZE)
    if size is not None and size > MOST_LOUD:
        raise Refused(400, "parameter 'size' exceeds the limit")
    if size is None or not 1 <= size <= MOST_SILENT:
        size = DEFAULT_SIZE
    return within_reach(Window(number if number is not None and number >= 0 else 0, size), call.quirks)


def _pattern(text: str) -> Pattern:
    if not 3 <= len(text) <= 128:
        raise Refused(400, "size must be between 3 and 128")
    return Pattern(text)


def _by_name(text: str) -> Any:
    pattern = _pattern(text)
    return lambda contact: pattern.found_in(contact.name)


def _by_email(text: str) -> Any:
    pattern = _pattern(text)
    return lambda contact: pattern.found_in_any(_mails(contact))


def _by_number(text: str) -> Any:
    number = whole(text, -1)
    if number is None:
        raise _odd_filter("number")
    return lambda contact: number in (contact.customer_number, contact.vendor_number)


def _by_role(role: str) -> Any:
    def make(text: str) -> Any:
        if text.lower() not in ("true", "false"):
            raise _odd_filter(role)
        wanted = text.lower() == "true"
        return lambda contact: (getattr(contact, f"{role}_number") is not None) == wanted

    return make


def _odd_filter(name: str) -> Bare:
    """Nothing but the issue, and of it two members alone (measured on `number`)."""
    return Bare(400, {"IssueList": [{"source": name, "i18nKey": "invalid_value"}]})


FILTERS = {
    "name": _by_name,
    "email": _by_email,
    "number": _by_number,
    "customer": _by_role("customer"),
    "vendor": _by_role("vendor"),
}
TEXTS = ("name", "email")


def _mails(contact: Contact) -> Iterator[str]:
    for mails in contact.body.get("emailAddresses", {}).values():
        yield from mails
    for person in contact.body.get("company", {}).get("contactPersons", []):
        if mail := person.get("emailAddress"):
            yield mail


def read(call: Call, id: str) -> Reply:
    return json_reply(rendered(call, find(call, id)))


def create(call: Call) -> Reply:
    body = _read(call)
    if call.quirks.account_number_race:
        call.quirks.account_number_race -= 1
        role = next(iter(body["roles"]))
        raise refuse(legacy(f"roles.{role}.number", "account_number_already_exists"))
    contact = Contact(call.twin.ids.uuid(), {}, call.quirks.created_version, call.now)
    _write(call, contact, body)
    call.organization.contacts[contact.id] = contact
    call.emit("contact.created", contact.id)
    return _result(call, contact, call.quirks.contact_create_status)


def update(call: Call, id: str) -> Reply:
    """Full replacement; what is left out is emptied. Roles once given stay (guess)."""
    contact = find(call, id)
    body = _read(call)
    if body["version"] != contact.version:
        raise Refused(call.quirks.stale_contact_status, violations=[legacy("version", "invalid_value")])
    if several := _several_entries(contact):
        raise refuse(*(invalid(source) for source in several))
    _write(call, contact, body)
    contact.version += 1
    call.emit("contact.changed", id)
    return _result(call, contact, 200)


def find(call: Call, id: str) -> Contact:
    contact = call.organization.contacts.get(id)
    if contact is None or not seen(call, contact.created):
        raise not_found()
    return contact


def _several_entries(contact: Contact) -> list[str]:
    """Lists with more than one entry, as only the app can make them: such a contact cannot be written."""
    lists = [("company.contactPersons", contact.body.get("company", {}).get("contactPersons", []))]
    for group in ("addresses", "emailAddresses", "phoneNumbers"):
        lists += [(f"{group}.{kind}", entries) for kind, entries in contact.body.get(group, {}).items()]
    return [f"{path}.size" for path, entries in lists if len(entries) > 1]


def _read(call: Call) -> dict[str, Any]:
    body = read_body(SHAPE, call.json())
    found: list[Violation] = []
    if not body["roles"]:
        found.append(missing("roles.customer or roles.vendor"))
    if "company" in body and "person" in body:
        found.append(invalid("company and person"))
    elif "company" not in body and "person" not in body:
        found.append(missing("company or person"))
    found += _odd_details(body)
    if call.quirks.ids_for_tax_free_contacts:
        found += _lacking_ids(body.get("company", {}))
    if found:
        raise refuse(*found)
    return body


def _odd_details(body: dict[str, Any]) -> list[Violation]:
    found: list[Violation] = []
    addresses = [address for kind in body.get("addresses", {}).values() for address in kind]
    if any(address["countryCode"] not in countries.COUNTRIES for address in addresses):
        found.append(legacy("countryCode", "countrycode_is_not_valid"))
    vat_id = body.get("company", {}).get("vatRegistrationId")
    if vat_id and not VAT_ID.fullmatch(vat_id.replace(" ", "")):
        found.append(invalid("company.vatRegistrationId"))
    mails = [mail for kind in body.get("emailAddresses", {}).values() for mail in kind]
    for index, mail in enumerate(mails):
        if not MAIL.fullmatch(mail):
            found.append(invalid(f"emailAddresses[{index}].emailAddress"))
    return found


def _lacking_ids(company: dict[str, Any]) -> list[Violation]:
    if not company.get("allowTaxFreeInvoices"):
        return []
    return [
        missing(f"company.{name}") for name in ("vatRegistrationId", "taxNumber") if not company.get(name)
    ]


def _write(call: Call, contact: Contact, body: dict[str, Any]) -> None:
    organization, roles = call.organization, body["roles"]
    if "customer" in roles and contact.customer_number is None:
        contact.customer_number = organization.next_number("customers", call.quirks.first_customer_number)
    if "vendor" in roles and contact.vendor_number is None:
        contact.vendor_number = organization.next_number("vendors", call.quirks.first_vendor_number)
    if company := body.get("company"):
        company.setdefault("allowTaxFreeInvoices", False)
        for person in company.get("contactPersons", []):
            person.setdefault("primary", False)
    contact.body = {
        name: value for name, value in body.items() if name not in ("version", "roles") and value != {}
    }


def rendered(call: Call, contact: Contact) -> dict[str, Any]:
    numbers = {"customer": contact.customer_number, "vendor": contact.vendor_number}
    return {
        "id": contact.id,
        "organizationId": call.organization.id,
        "version": contact.version,
        "roles": {role: {"number": number} for role, number in numbers.items() if number is not None},
        **contact.body,
        "archived": contact.archived,
    }


def _result(call: Call, contact: Contact, status: int) -> Reply:
    # A contact has no dates of its own; the action result's are those of this very change.
    return call.action_result(
        "/v1/contacts", contact.id, shown(contact.created), shown(call.now), contact.version, status
    )


ROUTES = [
    get("/v1/contacts", list_contacts, "contacts.read", dialect="legacy"),
    get("/v1/contacts/{}", read, "contacts.read", dialect="legacy"),
    post("/v1/contacts", create, "contacts.write", dialect="legacy"),
    put("/v1/contacts/{}", update, "contacts.write", dialect="legacy"),
]
