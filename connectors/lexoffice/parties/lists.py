"""The 13 lists of a contact. Two entries in any of them, and the vendor refuses every change of the contact.

Source: "Contacts" (read 2026-11-20). People make such contacts in the application.
"""

from connectors.base.examination import Limit
from connectors.lexoffice.actions import allowed, impossible
from connectors.lexoffice.native import contacts as native
from schemas.base import AllowedAction
from schemas.parties import PartyInput

EMAIL_USES = ("business", "office", "private", "other")
PHONE_USES = ("business", "office", "mobile", "private", "fax", "other")

DELETE = impossible(
    "delete",
    "Lexware's API deletes no contacts.",
    "Archive it in Lexware Office; `links.view` leads there.",
)
UPDATE = [allowed("update"), DELETE]


ONE_ENTRY = "Lexware's API takes one entry in this list."
LISTS = (
    "billingAddresses",
    "shippingAddresses",
    "company.contactPersons",
    *(f"emails.{use}" for use in EMAIL_USES),
    *(f"phones.{use}" for use in PHONE_USES),
)
LIMITS = {name: Limit(most=1, reason=ONE_ENTRY) for name in LISTS}


def crowded(raw: native.Contact) -> list[str]:
    """Lists with more than one entry, in unified words."""
    addresses = raw.addresses or native.Addresses()
    emails = raw.email_addresses or native.EmailAddresses()
    phones = raw.phone_numbers or native.PhoneNumbers()
    lists = {
        "billingAddresses": addresses.billing,
        "shippingAddresses": addresses.shipping,
        "company.contactPersons": raw.company.contact_persons if raw.company else None,
        **{f"emails.{use}": getattr(emails, use) for use in EMAIL_USES},
        **{f"phones.{use}": getattr(phones, use) for use in PHONE_USES},
    }
    return _longer_than_one(lists)


def crowded_input(body: PartyInput) -> list[str]:
    """The same of a contact to write."""
    lists = {
        "billingAddresses": body.billing_addresses,
        "shippingAddresses": body.shipping_addresses,
        "company.contactPersons": body.company.contact_persons if body.company else None,
        **{f"emails.{use}": getattr(body.emails, use) for use in EMAIL_USES},
        **{f"phones.{use}": getattr(body.phones, use) for use in PHONE_USES},
    }
    return _longer_than_one(lists)


def refused_change(crowded: list[str]) -> str:
    """Why such a contact cannot be changed."""
    return f"Lexware's API changes no contact with more than one entry in a list ({', '.join(crowded)})."


def actions(raw: native.Contact) -> list[AllowedAction]:
    """What can be done with a contact."""
    found = crowded(raw)
    if not found:
        return UPDATE
    return [
        impossible("update", refused_change(found), "Change it in Lexware Office; `links.view` leads there."),
        DELETE,
    ]


def _longer_than_one(lists: dict[str, list[object] | None]) -> list[str]:
    return [name for name, entries in lists.items() if entries and len(entries) > 1]
