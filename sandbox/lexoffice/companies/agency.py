"""A GmbH that sells design and advice: offers that become orders and invoices, authorities, some abroad."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.lexoffice import dates
from sandbox.lexoffice.clock import Dice
from sandbox.lexoffice.companies import names
from sandbox.lexoffice.companies.year import Ware, Year
from sandbox.lexoffice.state import Letterhead
from sandbox.lexoffice.twin import Twin

LETTERHEAD = Letterhead(
    "Speicherstraße 8", "20457", "Hamburg", phone="040 5550-88", email="post@agentur-moewenstein.example",
    website="www.agentur-moewenstein.example", tax_number="48/321/54321", vat_id="DE136695976",
    bank="Hansebank Beispiel", iban="DE02120300000000202051", bic="BYLADEM1001",
    register="Amtsgericht Hamburg, HRB 54321",
)  # fmt: skip
WARES = (
    Ware("Konzeption", "Stunde", "110", 19, 16),
    Ware("Gestaltung", "Stunde", "95", 19, 24),
    Ware("Programmierung", "Stunde", "105", 19, 40),
    Ware("Schulung vor Ort", "Tag", "980", 19, 2),
    Ware("Broschüre, 16 Seiten", "Stück", "1.84", 7, 500),
    Ware("Pflegevertrag", "Monat", "240", 19, 3),
)
OFFICE = "16d04a28-fd91-11e1-a21f-0800200c9a66"


def found(twin: Twin, seed: int = 1) -> Year:
    organization = twin.create_organization(
        "Agentur Möwenstein GmbH", letterhead=LETTERHEAD, distance_sales="ORIGIN",
        branch=("Werbeagenturen", "73.11"),
    )  # fmt: skip
    year = Year(twin, organization, seed)
    with year.lived() as days:
        customers = year.contacts(names.customer, 24)
        offices = year.contacts(names.authority, 3)
        vendors = year.vendors(6)
        abroad = year.contacts(_business_abroad, 3)
        for day in days:
            if day.weekday() < 5:
                _work(year, customers, offices, abroad)
                if year.dice.chance(20):
                    year.bill(
                        year.dice.choice(vendors), OFFICE, Decimal(year.dice.between(2000, 90000)) / 100
                    )
        _contract(year, customers[0])
    return year


def _work(year: Year, customers: list[str], offices: list[str], abroad: list[str]) -> None:
    dice = year.dice
    fate = dice.between(1, 100)
    if fate <= 12:
        _quote(year, dice.choice(customers))
    elif fate <= 45:
        year.sell(year.document(dice.choice(customers), WARES))
    elif fate <= 50:
        year.sell(year.document(dice.choice(offices), WARES))
    elif fate <= 54:
        year.sell(year.document(dice.choice(abroad), WARES, tax="externalService13b"))
    elif fate <= 57:
        year.credit(year.sell(year.document(dice.choice(customers), WARES)))
    elif fate <= 58:
        year.sell(year.document(dice.choice(customers), WARES), draft=True)


def _quote(year: Year, customer: str) -> None:
    """An offer; accepted ones become orders, orders become invoices."""
    body = year.document(customer, WARES)
    until = dates.local_day(year.twin.clock.now()) + timedelta(days=30)
    offer = year.post(
        "quotations", {**body, "expirationDate": dates.shown(dates.midnight(until))}, finalize="true"
    )
    if year.dice.chance(60):
        year.twin.decide(offer, accepted=True)
        order = year.post("order-confirmations", body, finalize="true", precedingSalesVoucherId=offer)
        if year.dice.chance(80):
            year.sell(body, before=order)
    elif year.dice.chance(40):
        year.twin.decide(offer, accepted=False)


def _business_abroad(dice: Dice) -> dict[str, Any]:
    body = names.customer(dice)
    place = names.place_abroad(dice)
    body["addresses"]["billing"] = [place]
    body["company"]["vatRegistrationId"] = names.vat_id_abroad(dice, place["countryCode"])
    return body


def _contract(year: Year, customer: str) -> None:
    body = year.document(customer, [WARES[-1]])
    del body["voucherDate"], body["shippingConditions"]
    first = dates.local_day(year.twin.clock.now()).replace(day=1) + timedelta(days=32)
    year.twin.create_template(
        year.organization.id, body, start=first.replace(day=1), finalize=True, shipping_type="serviceperiod"
    )
