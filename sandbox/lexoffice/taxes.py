"""Which tax type takes which rate, for whom, and on which day.

Source: the vendor's rules for sales vouchers; the rates of other member states as one of its clients keeps
them (February 2026), with the rates that held before (the standard rate of Romania by its own law).
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

GERMAN = frozenset(map(Decimal, (0, 7, 19)))
GERMAN_2020 = frozenset(map(Decimal, (0, 5, 16)))
CUT_FROM, CUT_TO = date(2020, 7, 1), date(2020, 12, 31)
ANY_GERMAN = frozenset(map(Decimal, (0, 5, 7, 16, 19)))
OSS_SINCE = date(2021, 7, 1)


def _rates(text: str) -> frozenset[Decimal]:
    return frozenset(map(Decimal, text.split()))


EU_RATES = {
    country: _rates(rates)
    for country, _, rates in (
        line.partition(" ")
        for line in """\
AT 0 10 13 20
BE 0 6 12 21
BG 0 9 20
CY 0 5 9 19
CZ 0 12 21
DE 0 7 19
DK 0 25
EE 0 9 13 24
ES 0 4 10 21
FI 0 10 13.5 25.5
FR 0 2.1 5.5 10 20
GR 0 6 13 24
HR 0 5 13 25
HU 0 5 18 27
IE 0 4.8 9 13.5 23
IT 0 4 5 10 22
LT 0 5 12 21
LU 0 3 8 14 17
LV 0 5 12 21
MT 0 5 7 18
NL 0 9 21
PL 0 5 8 23
PT 0 6 13 23
RO 0 11 21
SE 0 6 12 25
SI 0 5 9.5 22
SK 0 5 19 23""".splitlines()
    )
}
# What held until a day, exclusive.
FORMER_EU_RATES = {
    "EE": (date(2025, 7, 1), _rates("0 9 13 22")),
    "FI": (date(2026, 1, 1), _rates("0 10 14 25.5")),
    "LT": (date(2026, 1, 1), _rates("0 5 9 21")),
    "RO": (date(2025, 8, 1), _rates("0 5 9 19")),
    "SK": (date(2025, 1, 1), _rates("0 5 10 20")),
}
ANY_EU = frozenset().union(*EU_RATES.values(), *(rates for _, rates in FORMER_EU_RATES.values()))


class TaxType(msgspec.Struct, frozen=True):
    """`classes`: tax classes of the recipient's country that are served; empty means any."""

    name: str
    gross: bool = False
    free: bool = True
    needs_contact: bool = False
    classes: Sequence[str] = ()
    note: str | None = None


TAX_TYPES = {
    kind.name: kind
    for kind in (
        TaxType("net", free=False),
        TaxType("gross", gross=True, free=False),
        TaxType("vatfree", note="Umsatzsteuerfreie Leistung gemäß §19 UStG."),
        TaxType(
            "intraCommunitySupply",
            needs_contact=True,
            classes=("intraCommunity",),
            note="Steuerfreie innergemeinschaftliche Lieferung.",
        ),
        TaxType(
            "constructionService13b",
            needs_contact=True,
            classes=("intraCommunity",),
            note="Steuerschuldnerschaft des Leistungsempfängers gemäß §13b UStG.",
        ),
        TaxType(
            "externalService13b",
            needs_contact=True,
            classes=("intraCommunity",),
            note="Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge).",
        ),
        TaxType(
            "thirdPartyCountryService",
            needs_contact=True,
            classes=("thirdPartyCountry",),
            note="Nicht im Inland steuerbare Leistung.",
        ),
        TaxType(
            "thirdPartyCountryDelivery",
            needs_contact=True,
            classes=("thirdPartyCountry",),
            note="Steuerfreie Ausfuhrlieferung.",
        ),
        TaxType(
            "photovoltaicEquipment",
            classes=("de",),
            note="Umsatzsteuersatz von 0 % für Photovoltaikanlagen gemäß §12 Abs. 3 UStG.",
        ),
    )
}
TAX_SUB_TYPES = ("distanceSales", "electronicServices")


def eu_rates(country: str, day: date) -> frozenset[Decimal]:
    """Rates of a member state on that day; of other countries none but 0."""
    until, former = FORMER_EU_RATES.get(country, (date.min, frozenset()))
    return former if day < until else EU_RATES.get(country, frozenset([Decimal(0)]))


def german_rates(day: date) -> frozenset[Decimal]:
    """Rates of Germany on the relevant date of a document."""
    return GERMAN_2020 if CUT_FROM <= day <= CUT_TO else GERMAN
