"""A wholesaler with 25,000 documents: for lists, first syncs, and what happens beyond the 10,000."""

from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import DAYS, Ware, Year
from sandbox.lexoffice.twin import Twin

DOCUMENTS = 25_000
WARES = (
    Ware("Schrauben M6, 200 Stück", "Karton", "12.80", 19, 20),
    Ware("Dübel 8 mm, 100 Stück", "Karton", "7.35", 19, 20),
    Ware("Montagekleber", "Kartusche", "5.95", 19, 48),
)


def found(twin: Twin, seed: int = 1, documents: int = DOCUMENTS) -> Year:
    """Takes several seconds."""
    organization = twin.create_organization("Eisenwaren Großhandel Brückentor AG")
    year = Year(twin, organization, seed)
    with year.lived() as days:
        customers = year.contacts(names.customer, 200)
        for number, _ in enumerate(days, 1):
            while len(organization.documents) < documents * number // (DAYS + 1):
                year.sell(year.document(year.dice.choice(customers), WARES))
    return year
