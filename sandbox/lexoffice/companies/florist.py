"""A small business (§19 UStG): no VAT on anything, few customers, few invoices."""

from decimal import Decimal

from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import Ware, Year
from sandbox.lexoffice.state import Letterhead
from sandbox.lexoffice.twin import Twin

LETTERHEAD = Letterhead(
    "Gartenweg 3", "79098", "Freiburg im Breisgau", phone="0761 5550-33",
    email="post@blumen-weissdorn.example",
    tax_number="06123/45678", bank="Volksbank Beispiel", iban="DE89370400440532013000", bic="COBADEFFXXX",
)  # fmt: skip
WARES = (
    Ware("Tischgesteck der Saison", "Stück", "18.50", 0, 12),
    Ware("Strauß nach Wunsch", "Stück", "32", 0, 4),
    Ware("Trauerkranz", "Stück", "140", 0, 1),
    Ware("Kurs Blumenbinden", "Person", "45", 0, 8),
)
MATERIAL = "16d04a28-fd91-11e1-a21f-0800200c9a66"


def found(twin: Twin, seed: int = 1) -> Year:
    organization = twin.create_organization(
        "Blumen Weißdorn", letterhead=LETTERHEAD, tax_type="vatfree", small_business=True,
        legal_form="TRADER", features=["INVOICING", "BOOKKEEPING"],
    )  # fmt: skip
    year = Year(twin, organization, seed)
    with year.lived() as days:
        guests = year.contacts(names.customer, 5) + year.contacts(names.person, 10)
        vendors = year.vendors(3)
        for day in days:
            if day.weekday() < 6 and year.dice.chance(22):
                _sell(year, year.dice.choice(guests))
            if day.weekday() == 1:
                year.bill(
                    year.dice.choice(vendors), MATERIAL, Decimal(year.dice.between(4000, 30000)) / 100, 7
                )
    return year


def _sell(year: Year, guest: str) -> None:
    id = year.sell(year.document(guest, WARES, tax="vatfree"), draft=year.dice.chance(3))
    if year.dice.chance(6):
        year.credit(id)
