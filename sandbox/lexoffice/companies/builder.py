"""A builder: down payments, closing work for other builders under reverse charge (§13b UStG), big bills."""

from decimal import Decimal

from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import Ware, Year
from sandbox.lexoffice.state import Letterhead
from sandbox.lexoffice.twin import Twin

LETTERHEAD = Letterhead(
    "Industrieweg 40", "97070", "Würzburg", phone="0931 5550-40", email="buero@bau-koenigsforst.example",
    tax_number="257/123/98765", vat_id="DE811193231", bank="Mainbank Beispiel",
    iban="DE21301204000000015228", bic="GENODED1DKD", register="Amtsgericht Würzburg, HRA 777",
)  # fmt: skip
WARES = (
    Ware("Maurerarbeiten", "Stunde", "58", 19, 80),
    Ware("Estrich einbringen", "m²", "31.40", 19, 120),
    Ware("Bagger mit Fahrer", "Stunde", "92.50", 19, 16),
    Ware("Abbruch und Entsorgung", "Pauschal", "1450", 19, 2),
)
MATERIAL = "16d04a28-fd91-11e1-a21f-0800200c9a66"


def found(twin: Twin, seed: int = 1) -> Year:
    organization = twin.create_organization(
        "Bau Königsforst GmbH & Co. KG", letterhead=LETTERHEAD, legal_form="GMBH_AND_CO_LIMITED_PARTNERSHIP",
        branch=("Errichtung von Gebäuden", "41.20"),
    )  # fmt: skip
    year = Year(twin, organization, seed)
    with year.lived() as days:
        builders = year.contacts(names.customer, 8)
        owners = year.contacts(names.person, 12) + year.contacts(names.customer, 6)
        vendors = year.vendors(5)
        for day in days:
            if day.weekday() < 5:
                _work(year, builders, owners)
                if year.dice.chance(45):
                    year.bill(
                        year.dice.choice(vendors), MATERIAL, Decimal(year.dice.between(15000, 900000)) / 100
                    )
    return year


def _work(year: Year, builders: list[str], owners: list[str]) -> None:
    fate = year.dice.between(1, 100)
    if fate <= 15:
        year.sell(year.document(year.dice.choice(builders), WARES, tax="constructionService13b"))
    elif fate <= 40:
        year.sell(year.document(year.dice.choice(owners), WARES))
    elif fate <= 46:
        body = year.document(year.dice.choice(owners), WARES)
        body["lineItems"] = body["lineItems"][:1]
        year.twin.create_down_payment_invoice(year.organization.id, {**body, "title": "Abschlagsrechnung"})
    elif fate <= 50:
        body = year.document(year.dice.choice(owners), WARES)
        year.post("delivery-notes", body, finalize="true")
    elif fate <= 54:
        year.credit(year.sell(year.document(year.dice.choice(owners), WARES)))
    elif fate <= 55:
        year.sell(year.document(year.dice.choice(owners), WARES), draft=True)
