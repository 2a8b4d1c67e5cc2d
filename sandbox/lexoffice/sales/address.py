"""To whom a document goes: a contact's address, an override of it, or an address for this once."""

from typing import Any

from sandbox.lexoffice import countries
from sandbox.lexoffice.errors import Refused, Violation, empty, invalid, missing, refuse
from sandbox.lexoffice.sales.kinds import Kind
from sandbox.lexoffice.state import Contact, Organization

OWN_FIELDS = ("name", "supplement", "street", "city", "zip", "countryCode")


def resolve(
    organization: Organization, kind: Kind, given: dict[str, Any]
) -> tuple[dict[str, Any], Contact | None]:
    """The address as it is printed, and the contact behind it, if any."""
    contact = _contact(organization, given.get("contactId"))
    if contact is None:
        _demand_one_time_address(given)
        address = {name: given[name] for name in OWN_FIELDS if name in given}
    elif any(name in given for name in OWN_FIELDS):
        address = _override(contact, given)
    else:
        address = _of_contact(contact, kind)
    if (code := address.get("countryCode")) not in countries.COUNTRIES:
        known = ", ".join(countries.COUNTRIES)
        raise refuse(invalid("address.countryCode", f"{code} is none of [{known}]", "COUNTRYCODE"))
    if contact is not None and (person := contact_person(contact)):
        address["contactPerson"] = person
    return address, contact


def _contact(organization: Organization, id: str | None) -> Contact | None:
    if id is None:
        return None
    contact = organization.contacts.get(id)
    if contact is None or contact.customer_number is None:
        raise refuse(invalid("address.contactId"))
    return contact


def _demand_one_time_address(given: dict[str, Any]) -> None:
    found: list[Violation] = [
        missing(f"address.{name}") for name in ("name", "countryCode") if name not in given
    ]
    if "name" in given and not given["name"].strip():
        found.append(empty("address.name"))
    if found:
        raise refuse(*found)


def _override(contact: Contact, given: dict[str, Any]) -> dict[str, Any]:
    billing = contact.body.get("addresses", {}).get("billing", [])
    default = {"name": contact.name, "countryCode": billing[0]["countryCode"] if len(billing) == 1 else "DE"}
    own = {name: given.get(name, default.get(name)) for name in OWN_FIELDS}
    return {"contactId": contact.id} | {name: value for name, value in own.items() if value is not None}


def _of_contact(contact: Contact, kind: Kind) -> dict[str, Any]:
    addresses = contact.body.get("addresses", {})
    billing = addresses.get("billing", [])
    shipping = addresses.get("shipping", [])
    if kind.path == "delivery-notes" and len(shipping) == 1:
        chosen = shipping[0]
    elif len(billing) == 1:
        chosen = billing[0]
    else:
        raise Refused(
            406,
            "Referenced contact needs to have exactly one billing address, "
            f"but {len(billing)} addresses were found.",
        )
    parts = {name: chosen[name] for name in OWN_FIELDS if name in chosen}
    return {"contactId": contact.id, "name": contact.name, **parts}


def contact_person(contact: Contact) -> str | None:
    """The primary contact person of a company, as letters address them."""
    persons = contact.body.get("company", {}).get("contactPersons", [])
    primary = next((person for person in persons if person.get("primary")), None)
    if primary is None:
        return None
    return " ".join(primary[name] for name in ("salutation", "firstName", "lastName") if primary.get(name))
