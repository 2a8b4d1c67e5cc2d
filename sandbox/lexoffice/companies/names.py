"""German names, places and numbers that look right and pass their check digits. None of them is a person."""

from typing import Any

from stdnum import iban
from stdnum.eu import vat
from stdnum.iso7064 import mod_11_10, mod_97_10

from sandbox.lexoffice.clock import Dice

WOMEN = (
    "Anna", "Clara", "Dörte", "Frieda", "Hanna", "Ida", "Käthe", "Mia", "Paula", "Ruth", "Thea", "Ute",
    "Wiebke", "Zoë",
)  # fmt: skip
MEN = ("Björn", "Emil", "Götz", "Jörg", "Lars", "Niklas", "Ole", "Sören", "Volker", "Yannick")
LAST_NAMES = (
    "Muster", "Mustermann", "Beispiel", "Müller-Muster", "Probst-Muster", "Weiß-Beispiel", "Groß-Muster",
    "Schön-Beispiel", "Jäger-Muster", "Krüger-Beispiel", "Böhm-Muster", "Häußler-Beispiel",
)  # fmt: skip
TRADES = (
    "Tischlerei", "Bäckerei", "Druckerei", "Gärtnerei", "Metallbau", "Feinkost", "Optik", "Zahntechnik",
    "Logistik", "Elektrotechnik", "Buchhandlung", "Kältetechnik", "Brauerei", "Schreinerei", "Glaserei",
    "Weinhandel",
)  # fmt: skip
WORDS = (
    "Sonnenfeld", "Lindenhof", "Nordlicht", "Süßenbach", "Brückentor", "Hafenrand", "Mühlgrund",
    "Ährengold", "Grünau", "Königsforst", "Rotbuche", "Möwenstein", "Talblick", "Weißdorn", "Heidekraut",
    "Kirschgarten",
)  # fmt: skip
FORMS = ("GmbH", "GmbH & Co. KG", "OHG", "e.K.", "AG", "UG (haftungsbeschränkt)")
PLACES = (
    ("10115", "Berlin"), ("20457", "Hamburg"), ("80331", "München"), ("50667", "Köln"),
    ("70173", "Stuttgart"), ("24103", "Kiel"), ("99084", "Erfurt"), ("01067", "Dresden"),
    ("90402", "Nürnberg"), ("48143", "Münster"), ("79098", "Freiburg im Breisgau"), ("23552", "Lübeck"),
    ("97070", "Würzburg"), ("37073", "Göttingen"),
)  # fmt: skip
STREETS = (
    "Hauptstraße", "Gartenweg", "Am Mühlbach", "Schloßallee", "Lange Gasse",
    "Bürgermeister-Muster-Straße", "An der Brücke", "Fährweg", "Goethestraße", "Übersee-Allee",
    "Zum Höfchen",
)  # fmt: skip
ABROAD = (
    ("AT", "1010", "Wien", "Mustergasse"), ("FR", "75001", "Paris", "Rue de l’Exemple"),
    ("NL", "1011 AB", "Amsterdam", "Voorbeeldstraat"), ("IT", "20121", "Milano", "Via Esempio"),
    ("ES", "28013", "Madrid", "Calle Ejemplo"), ("PL", "00-001", "Warszawa", "ul. Przykładowa"),
    ("DK", "1050", "København", "Eksempelvej"), ("BE", "1000", "Bruxelles", "Rue de l’Exemple"),
)  # fmt: skip
# How a country writes its VAT ids: `#` is a digit. The check digits are found by trying.
VAT_FORMS = {
    "AT": "U########", "FR": "###########", "NL": "#########B##", "IT": "###########", "ES": "B########",
    "PL": "##########", "DK": "########", "BE": "0#########",
}  # fmt: skip
BANKS = (
    ("Hansebank Beispiel", "HABSDEHHXXX"), ("Volksbank Beispielheim", "GENODEF1BSP"),
    ("Sparkasse Musterland", "MULADE21XXX"), ("Mainbank Beispiel", "MABSDEFFXXX"),
)  # fmt: skip


def company(dice: Dice) -> str:
    return f"{dice.choice(TRADES)} {dice.choice(WORDS)} {dice.choice(FORMS)}"


def place(dice: Dice) -> dict[str, str]:
    zip, city = dice.choice(PLACES)
    return {"street": street(dice), "zip": zip, "city": city, "countryCode": "DE"}


def place_abroad(dice: Dice) -> dict[str, str]:
    country, zip, city, street = dice.choice(ABROAD)
    return {
        "street": f"{street} {dice.between(1, 90)}",
        "zip": zip,
        "city": city,
        "countryCode": country,
    }


def street(dice: Dice) -> str:
    return f"{dice.choice(STREETS)} {dice.between(1, 140)}"


def vat_id(dice: Dice) -> str:
    digits = f"{dice.between(10_000_000, 99_999_999)}"
    return f"DE{digits}{mod_11_10.calc_check_digit(digits)}"


def vat_id_abroad(dice: Dice, country: str) -> str:
    """A VAT id of another member state that passes its check."""
    while True:
        id = "".join(str(dice.between(0, 9)) if sign == "#" else sign for sign in VAT_FORMS[country])
        if vat.is_valid(country + id):
            return country + id


def iban_of(dice: Dice) -> str:
    """A German IBAN with the check digits of its made-up account."""
    rest = f"{dice.between(10_000_000, 89_999_999)}{dice.between(0, 9_999_999_999):010d}"
    return f"DE{iban.calc_check_digits('DE00' + rest)}{rest}"


def bank_account(dice: Dice, holder: str) -> dict[str, str]:
    """A create body of a contact's bank account."""
    bank, bic = dice.choice(BANKS)
    return {"accountHolder": holder, "bankName": bank, "iban": iban_of(dice), "bic": bic}


def leitweg_id(dice: Dice) -> str:
    """The routing id of an authority: coarse part, fine part, check digits (ISO 7064 MOD 97-10)."""
    coarse, fine = f"0{dice.between(1, 9)}{dice.between(100_000, 999_999)}", f"{dice.between(10_000, 99_999)}"
    return f"{coarse}-{fine}-{mod_97_10.calc_check_digits(coarse + fine)}"


def someone(dice: Dice) -> dict[str, str]:
    salutation, names = dice.choice((("Frau", WOMEN), ("Herr", MEN)))
    return {
        "salutation": salutation,
        "firstName": dice.choice(names),
        "lastName": dice.choice(LAST_NAMES),
    }


def customer(dice: Dice, roles: tuple[str, ...] = ("customer",)) -> dict[str, Any]:
    """A create body of a company with one address and a contact person."""
    name = company(dice)
    host = "".join(sign for sign in name.split()[1].lower() if sign.isascii() and sign.isalnum())
    return {
        "version": 0,
        "roles": {role: {} for role in roles},
        "company": {
            "name": name,
            "vatRegistrationId": vat_id(dice),
            "contactPersons": [
                {
                    **someone(dice),
                    "primary": True,
                    "emailAddress": f"kontakt@{host}.example",
                }
            ],
        },
        "addresses": {"billing": [place(dice)]},
        "emailAddresses": {"business": [f"rechnung@{host}.example"]},
        "phoneNumbers": {"business": [f"0{dice.between(30, 999)} 5550-{dice.between(10, 999)}"]},
    }


def person(dice: Dice, where: dict[str, str] | None = None) -> dict[str, Any]:
    """A create body of a private person."""
    return {
        "version": 0,
        "roles": {"customer": {}},
        "person": someone(dice),
        "addresses": {"billing": [where or place(dice)]},
    }


def authority(dice: Dice) -> dict[str, Any]:
    """A create body of a public authority, which wants XRechnung."""
    where = place(dice)
    return {
        "version": 0,
        "roles": {"customer": {}},
        "company": {"name": f"Stadt {where['city']}, Amt für Beispiele"},
        "addresses": {"billing": [where]},
        "xRechnung": {
            "buyerReference": leitweg_id(dice),
            "vendorNumberAtCustomer": str(dice.between(10000, 99999)),
        },
        "emailAddresses": {"business": ["rechnung@stadt.example"]},
    }
