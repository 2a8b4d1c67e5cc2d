"""What is made of the parties found."""

import msgspec
import pytest

from gateway.matching.search import decide, telling_word
from schemas.customers import Customer
from schemas.parties import CompanyInput, EmailsInput, PartyInput, PersonInput

NONE: list[str] = []
HELD = msgspec.convert(
    {
        "id": "1",
        "version": "0",
        "createdAt": None,
        "updatedAt": None,
        "archived": False,
        "links": {"view": None, "edit": None},
        "name": "Nordlicht Medien UG",
        "number": "10001",
        "company": {
            "name": "Nordlicht Medien UG",
            "taxNumber": None,
            "vatId": None,
            "taxFreeInvoicesAllowed": None,
            "contactPersons": [],
        },
        "person": None,
        "billingAddresses": [],
        "shippingAddresses": [],
        "emails": {"business": ["j.vogt@nordlicht.example"], "office": NONE, "private": NONE, "other": NONE},
        "phones": dict.fromkeys(("business", "office", "mobile", "private", "fax", "other"), NONE),
        "electronicInvoicing": None,
        "note": None,
        "isCustomer": True,
        "isSupplier": False,
        "allowedActions": [],
    },
    Customer,
)
ASKED = PartyInput(
    company=CompanyInput(name="Nordlicht Medien UG"),
    emails=EmailsInput(business=["j.vogt@nordlicht.example"]),
)


@pytest.mark.parametrize("number", [None, "10001"])
def test_an_archived_party_is_not_used_unasked(number: str | None) -> None:
    archived = msgspec.structs.replace(HELD, archived=True)

    assert decide(ASKED, [("row", HELD)], number).match is not None
    found = decide(ASKED, [("row", archived)], number)

    assert found.match is None
    assert found.doubtful[0].comparison.contradictions[-1] == "It is archived."


def test_two_certain_matches_are_a_question() -> None:
    twice = [("one", HELD), ("other", msgspec.structs.replace(HELD, id="2"))]

    found = decide(ASKED, twice, None)

    assert (found.match, len(found.doubtful)) == (None, 2)


@pytest.mark.parametrize(
    ("name", "word"), [("Müller Maschinenbau GmbH", "Maschinenbau"), ("Söhne GmbH", "Söhne"), ("Ei AG", None)]
)
def test_the_word_searched_for_tells_most_and_is_spelled_one_way(name: str, word: str | None) -> None:
    assert telling_word(PartyInput(company=CompanyInput(name=name))) == word


def test_of_a_person_the_family_name_is_searched_for() -> None:
    assert telling_word(PartyInput(person=PersonInput(first_name="Erika", last_name="Vogt"))) == "Vogt"
