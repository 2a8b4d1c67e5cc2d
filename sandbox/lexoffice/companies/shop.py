"""An online shop: gross prices, consumers all over the Union at their countries' rates (OSS, DESTINATION)."""

from decimal import Decimal
from typing import Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import Ware, Year
from sandbox.lexoffice.state import Letterhead
from sandbox.lexoffice.twin import Twin

LETTERHEAD = Letterhead(
    "Am Güterbahnhof 21", "04109", "Leipzig", phone="0341 5550-70",
    email="service@teehaus-aehrengold.example",
    website="www.teehaus-aehrengold.example", tax_number="232/111/22222", vat_id="DE129273398",
    bank="Messebank Beispiel", iban="DE75512108001245126199", bic="SOGEDEFFXXX",
)  # fmt: skip
WARES = (
    Ware("Grüner Tee Sencha, 250 g", "Packung", "14.90", 7, 3),
    Ware("Schwarzer Tee Ostfriesen, 500 g", "Packung", "16.50", 7, 2),
    Ware("Teekanne Gußeisen, 1,2 l", "Stück", "59", 19, 1),
    Ware("Tasse mit Sieb", "Stück", "24.95", 19, 2),
    Ware("Kandis braun, 500 g", "Packung", "4.20", 7, 4),
)
GOODS = "16d04a28-fd91-11e1-a21f-0800200c9a66"


def found(twin: Twin, seed: int = 1) -> Year:
    organization = twin.create_organization(
        "Teehaus Ährengold GmbH", letterhead=LETTERHEAD, tax_type="gross", distance_sales="DESTINATION",
    )  # fmt: skip
    year = Year(twin, organization, seed)
    with year.lived() as days:
        here = year.contacts(names.person, 40)
        abroad = year.contacts(lambda dice: names.person(dice, names.place_abroad(dice)), 25)
        vendors = year.vendors(4)
        for day in days:
            for _ in range(year.dice.between(0, 3)):
                _order(year, here, abroad)
            if day.weekday() == 0:
                year.bill(
                    year.dice.choice(vendors), GOODS, Decimal(year.dice.between(20000, 200000)) / 100, 7
                )
    return year


def _order(year: Year, here: list[str], abroad: list[str]) -> None:
    if year.dice.chance(70):
        body = year.document(year.dice.choice(here), WARES, tax="gross")
    else:
        body = _distance_sale(year, year.dice.choice(abroad))
    id = year.sell(body, draft=year.dice.chance(1))
    if year.dice.chance(6):
        year.credit(id)


def _distance_sale(year: Year, contact_id: str) -> dict[str, Any]:
    """Goods to a consumer abroad, at the standard rate there."""
    body = year.document(contact_id, WARES, tax="gross", sub_type="distanceSales")
    country = year.organization.contacts[contact_id].body["addresses"]["billing"][0]["countryCode"]
    for line in body["lineItems"]:
        line["unitPrice"]["taxRatePercentage"] = max(taxes.EU_RATES[country])
    return body
