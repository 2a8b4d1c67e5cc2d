"""When two parties are one: the worked cases, with points by hand."""

import pytest

from gateway.matching.parties import compare, traits
from schemas.parties import (
    AddressInput,
    CompanyInput,
    ContactPersonInput,
    EmailsInput,
    PartyInput,
    PersonInput,
    PhonesInput,
)

NORTH = AddressInput(street="Hafenstraße 12", postal_code="20457", city="Hamburg", country_code="DE")
SOUTH = AddressInput(street="Isarweg 3", postal_code="80331", city="München", country_code="DE")
ZIP_ONLY = AddressInput(street="Anderer Weg 1", postal_code="20457", city="Hamburg", country_code="DE")
VAT, OTHER_VAT = "DE136695976", "DE129273398"


def company(
    name: str,
    *,
    address: AddressInput | None = None,
    mail: str | None = None,
    phone: str | None = None,
    vat_id: str | None = None,
) -> PartyInput:
    return PartyInput(
        company=CompanyInput(name=name, vat_id=vat_id),
        billing_addresses=[address] if address else [],
        emails=EmailsInput(business=[mail] if mail else []),
        phones=PhonesInput(business=[phone] if phone else []),
    )


def person(
    first: str | None,
    last: str,
    *,
    address: AddressInput | None = None,
    mail: str | None = None,
    phone: str | None = None,
) -> PartyInput:
    return PartyInput(
        person=PersonInput(first_name=first, last_name=last),
        billing_addresses=[address] if address else [],
        emails=EmailsInput(private=[mail] if mail else []),
        phones=PhonesInput(private=[phone] if phone else []),
    )


CASES = {
    "another legal form at one address is another legal person": (
        company("Müller Maschinenbau GmbH", address=NORTH),
        company("Mueller Maschinenbau GmbH & Co. KG", address=NORTH),
        (35, "different"),
    ),
    "a personal mailbox and the name make one": (
        company("Nordlicht Medien UG (haftungsbeschränkt)", mail="j.vogt@nordlicht.example"),
        company("Nordlicht Medien UG", mail="J.Vogt@nordlicht.example"),
        (80, "same"),
    ),
    "alike names in one street are a question": (
        company("Schmidt & Söhne GmbH", address=NORTH),
        company("Schmitt und Soehne GmbH", address=NORTH),
        (48, "possible"),
    ),
    "a name alone is a question": (
        person("Max", "Mustermann"),
        person(None, "Mustermann, Max"),
        (40, "possible"),
    ),
    "a VAT id and the name make one": (
        company("Köhler Druckerei e.K.", vat_id=VAT),
        company("KOEHLER DRUCKEREI", vat_id="DE 136 695 976"),
        (110, "same"),
    ),
    "a family name in common is nothing": (
        company("Weber Logistik GmbH", address=NORTH),
        company("Weber Elektrotechnik GmbH", address=ZIP_ONLY),
        (6, "different"),
    ),
    "what only sounds alike is nothing": (
        company("Bäckerei Huber", address=NORTH),
        company("Becker Huber", address=ZIP_ONLY),
        (20, "different"),
    ),
    "a further word is a question": (
        company("ABC Software GmbH", mail="anna@abc-software.example"),
        company("ABC Software Vertriebs GmbH", mail="bert@abc-software.example"),
        (36, "possible"),
    ),
    "two VAT ids are two": (
        company("Köhler Druckerei", vat_id=VAT),
        company("Köhler Druckerei", vat_id=OTHER_VAT),
        (-30, "different"),
    ),
    "a namesake whose everything differs is another": (
        person("Tomke", "Reimers", mail="tomke@web.de", phone="040 123456", address=NORTH),
        person("Tomke", "Reimers", mail="reimers@gmx.de", phone="089 654321", address=SOUTH),
        (40, "different"),
    ),
    "a namesake of whom little is known is a question": (
        person("Tomke", "Reimers", phone="040 123456", address=NORTH),
        person("Tomke", "Reimers", mail="reimers@gmx.de", phone="089 654321", address=SOUTH),
        (40, "possible"),
    ),
    "a shared mailbox is no proof": (
        company("Nordlicht Medien UG", mail="info@nordlicht.example", address=NORTH, phone="+49 40 123456"),
        company("Nordlicht Medien UG", mail="info@nordlicht.example", address=NORTH, phone="040 12 34 56"),
        (100, "possible"),
    ),
    "a malformed VAT id that differs is a contradiction": (
        company("Nordlicht Medien UG", mail="j.vogt@nordlicht.example", vat_id=VAT),
        company("Nordlicht Medien UG", mail="j.vogt@nordlicht.example", vat_id="DE12"),
        (80, "possible"),
    ),
    "a VAT id under a wholly different name is a question": (
        company("Köhler Druckerei", vat_id=VAT),
        company("Zentrale Holding Süd", vat_id=VAT),
        (70, "possible"),
    ),
    "two first names at one address are a question": (
        person("Anna", "Weber", address=NORTH),
        person("Peter", "Weber", address=NORTH),
        (20, "possible"),
    ),
    "senior and junior are not one": (
        person("Karl", "Weiß sen.", mail="weiss@web.de"),
        person("Karl", "Weiß jun.", mail="weiss@web.de"),
        (80, "possible"),
    ),
    "a person is not the company of the name": (
        person("Erika", "Vogt", mail="erika@vogt.example"),
        company("Erika Vogt", mail="erika@vogt.example"),
        (60, "possible"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_two_parties(case: str) -> None:
    one, other, expected = CASES[case]
    there, back = compare(traits(one), traits(other)), compare(traits(other), traits(one))

    assert (there.score, there.verdict) == expected
    assert (back.score, back.verdict) == expected


def test_a_namesake_is_told() -> None:
    one, other, _ = CASES["a namesake whose everything differs is another"]
    assert compare(traits(one), traits(other)).similar


def test_a_name_of_one_word_asks_nothing_yet_is_told() -> None:
    found = compare(traits(company("Siemens AG")), traits(company("Siemens")))

    assert (found.score, found.verdict, found.similar) == (25, "different", True)


def test_two_legal_forms_are_no_namesakes() -> None:
    assert not compare(traits(company("Weber GmbH")), traits(company("Weber GmbH & Co. KG"))).similar


def test_the_mailbox_of_a_contact_person_counts() -> None:
    asked = PartyInput(
        company=CompanyInput(
            name="Nordlicht Medien UG",
            contact_persons=[ContactPersonInput(last_name="Vogt", email="j.vogt@nordlicht.example")],
        )
    )
    held = company("Nordlicht Medien", mail="j.vogt@nordlicht.example")
    assert compare(traits(asked), traits(held)).verdict == "same"


def test_every_point_has_a_sentence() -> None:
    for one, other, _ in CASES.values():
        for found in compare(traits(one), traits(other)).evidence:
            assert found.detail.endswith(".")
            assert found.points != 0
