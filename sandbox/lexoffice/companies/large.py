"""A wholesaler with 25,000 documents: for lists, first syncs, and what happens beyond the 10,000."""

from decimal import Decimal

from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import DAYS, Ware, Year
from sandbox.lexoffice.state import Letterhead
from sandbox.lexoffice.twin import Twin

DOCUMENTS = 25_000
LETTERHEAD = Letterhead(
    "Übersee-Allee 77", "20457", "Hamburg", phone="040 5550-700", email="buchhaltung@brueckentor.example",
    tax_number="27/123/45609", vat_id="DE129273398", bank="Hansebank Beispiel",
    iban="DE02120300000000202051", bic="BYLADEM1001", register="Amtsgericht Hamburg, HRB 77007",
)  # fmt: skip
WARES = (
    Ware("Schrauben M6, 200 Stück", "Karton", "12.80", 19, 20),
    Ware("Dübel 8 mm, 100 Stück", "Karton", "7.35", 19, 20),
    Ware("Montagekleber", "Kartusche", "5.95", 19, 48),
)
GOODS = "16d04a28-fd91-11e1-a21f-0800200c9a66"


def found(twin: Twin, seed: int = 1, documents: int = DOCUMENTS) -> Year:
    """Takes several seconds. Its payments are booked without bank lines: there would be as many again."""
    organization = twin.create_organization(
        "Eisenwaren Großhandel Brückentor AG", letterhead=LETTERHEAD, legal_form="LIMITED_COMPANY",
        branch=("Großhandel mit Metallwaren", "46.74"),
    )  # fmt: skip
    year = Year(twin, organization, seed, banked=False)
    with year.lived() as days:
        customers = year.contacts(names.customer, 200)
        vendors = year.vendors(10)
        for number, day in enumerate(days, 1):
            wanted = documents * number // (DAYS + 1)
            while len(organization.documents) < wanted:
                id = year.sell(year.document(year.dice.choice(customers), WARES))
                if year.dice.chance(2) and len(organization.documents) < wanted:
                    year.credit(id)
            if day.weekday() < 5:
                year.bill(year.dice.choice(vendors), GOODS, Decimal(year.dice.between(50000, 900000)) / 100)
    return year
