"""Names as they are compared. Expected values are written by hand from German company law and usage."""

import pytest

from gateway.matching.names import ComparedName, company_name, likeness, person_name


@pytest.mark.parametrize(
    ("name", "core", "form"),
    [
        ("Müller Maschinenbau GmbH", "mueller maschinenbau", "GmbH"),
        ("Mueller Maschinenbau GmbH & Co. KG", "mueller maschinenbau", "GmbH & Co. KG"),
        ("Nordlicht Medien UG (haftungsbeschränkt)", "nordlicht medien", "UG"),
        ("Schmidt & Söhne GmbH", "schmidt soehne", "GmbH"),
        ("Schmitt und Soehne GmbH", "schmitt soehne", "GmbH"),
        ("Köhler Druckerei e.K.", "koehler druckerei", "e.K."),
        ("KOEHLER DRUCKEREI", "koehler druckerei", None),
        ("Firma Hansen, z. Hd. Frau Petersen", "hansen", None),
        ("Boulangerie Crème S.à r.l.", "boulangerie creme", "SARL"),
        ("GmbH", "gmbh", None),
        ("Kegelverein Süd e. V.", "kegelverein sued", "e.V."),
        ("Holz GmbH Hamburg", "holz hamburg", "GmbH"),
        ("Kanzlei Vogt PartG mbB", "kanzlei vogt", "PartG mbB"),
    ],
)
def test_the_legal_form_is_taken_out_of_a_companys_name(name: str, core: str, form: str | None) -> None:
    assert company_name(name) == ComparedName(core=core, form=form)


def test_the_owner_is_told_apart() -> None:
    assert company_name("Bäckerei Huber Inh. Jana Huber") == ComparedName(
        core="baeckerei huber", owner="jana huber"
    )


@pytest.mark.parametrize(
    ("first", "last"), [("Max", "Mustermann"), (None, "Mustermann, Max"), ("Dr. Max", "Mustermann")]
)
def test_a_persons_name_is_the_same_in_any_order_and_with_any_title(first: str | None, last: str) -> None:
    assert person_name(first, last).core == "max mustermann"


def test_senior_and_junior_are_told_apart() -> None:
    assert person_name("Karl", "Weiß sen.") == ComparedName(core="karl weiss", generation="sen")
    assert person_name("Karl", "Weiss jun.").generation == "jun"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("schmidt soehne", "schmitt soehne", 0.942),
        ("weber logistik", "weber elektrotechnik", 0.806),
        ("baeckerei huber", "becker huber", 0.889),
        ("abc software", "abc software vertriebs", 0.950),
        ("max mustermann", "mustermann max", 1.000),
        ("", "abc", 0.0),
    ],
)
def test_likeness_is_the_better_of_words_and_letters(one: str, other: str, expected: float) -> None:
    assert round(likeness(one, other), 3) == expected
