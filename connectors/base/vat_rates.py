"""VAT rates with the days on which they hold, as a dated table: no accounting system tells them whole.

A day before which nothing is known is left open. What was remembered and not read says so in its source.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

SOURCES = {
    "law": "§ 12 UStG as commonly known; not read again",
    "docs": "Lexware API documentation, tax rates and FAQ (read 2026-11-20)",
    "pv": "§ 12 (3) UStG; BMF letter, BStBl 2023 I p. 351",
    "client": "rates kept by a client of Lexware's API (lexware-php-api, February 2026)",
    "news": "lexware-php-api (February 2026); day of the change by vat-solutions.com",
    "about": "lexware-php-api (February 2026); level by easytax.co, day of the change not verified",
}

# country | category | rates | from | to | source
TABLE = """
DE standard 19           2007-01-01 2020-06-30 law
DE reduced  7            2007-01-01 2020-06-30 law
DE standard 16           2020-07-01 2020-12-31 docs
DE reduced  5            2020-07-01 2020-12-31 docs
DE standard 19           2021-01-01 -          docs
DE reduced  7            2021-01-01 -          docs
DE zero     0            2023-01-01 -          pv
AT standard 20           -          -          client
AT reduced  10,13        -          -          client
BE standard 21           -          -          client
BE reduced  6,12         -          -          client
BG standard 20           -          -          client
BG reduced  9            -          -          client
CY standard 19           -          -          client
CY reduced  5,9          -          -          client
CZ standard 21           -          -          client
CZ reduced  12           -          -          client
DK standard 25           -          -          client
EE standard 22           -          2025-06-30 news
EE standard 24           2025-07-01 -          news
EE reduced  9,13         -          -          client
ES standard 21           -          -          client
ES reduced  4,10         -          -          client
FI standard 24           -          2024-08-31 news
FI standard 25.5         2024-09-01 -          news
FI reduced  14           -          2025-12-31 client
FI reduced  10           -          -          client
FI reduced  13.5         2026-01-01 -          client
FR standard 20           -          -          client
FR reduced  2.1,5.5,10   -          -          client
GR standard 24           -          -          client
GR reduced  6,13         -          -          client
HR standard 25           -          -          client
HR reduced  5,13         -          -          client
HU standard 27           -          -          client
HU reduced  5,18         -          -          client
IE standard 23           -          -          client
IE reduced  4.8,9,13.5   -          -          client
IT standard 22           -          -          client
IT reduced  4,5,10       -          -          client
LT standard 21           -          -          client
LT reduced  9            -          2025-12-31 client
LT reduced  5            -          -          client
LT reduced  12           2026-01-01 -          client
LU standard 17           -          -          client
LU reduced  3,8,14       -          -          client
LV standard 21           -          -          client
LV reduced  5,12         -          -          client
MT standard 18           -          -          client
MT reduced  5,7          -          -          client
NL standard 21           -          -          client
NL reduced  9            -          -          client
PL standard 23           -          -          client
PL reduced  5,8          -          -          client
PT standard 23           -          -          client
PT reduced  6,13         -          -          client
RO standard 19           -          2025-07-31 about
RO standard 21           2025-08-01 -          about
RO reduced  5,9          -          2025-07-31 client
RO reduced  11           2025-08-01 -          client
SE standard 25           -          -          client
SE reduced  6,12         -          -          client
SI standard 22           -          -          client
SI reduced  5,9.5        -          -          client
SK standard 20           -          2024-12-31 news
SK standard 23           2025-01-01 -          news
SK reduced  10           -          2024-12-31 client
SK reduced  5            -          -          client
SK reduced  19           2025-01-01 -          client
"""
NOTES = {("DE", "zero"): "Photovoltaic systems for their operators, § 12 (3) UStG."}


class VatRate(Struct, frozen=True, kw_only=True):
    """A rate of one country over one span of days, both ends included."""

    country: str
    category: str
    """`standard`, `reduced` or `zero`."""
    rate: Decimal
    """In per cent."""
    valid_from: date | None
    """None: not known."""
    valid_to: date | None
    """None: in force."""
    source: str
    note: str | None

    @property
    def id(self) -> str:
        """`DE-standard-19-2021-01-01`, without a day where it is not known."""
        start = f"-{self.valid_from}" if self.valid_from else ""
        return f"{self.country}-{self.category}-{self.rate}{start}"

    def holds(self, day: date) -> bool:
        """Whether it is in force on the day, as far as is known."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


def _rows() -> Iterator[VatRate]:
    for line in TABLE.strip().splitlines():
        country, category, rates, start, end, source = line.split()
        for rate in rates.split(","):
            yield VatRate(
                country=country,
                category=category,
                rate=Decimal(rate),
                valid_from=_day(start),
                valid_to=_day(end),
                source=SOURCES[source],
                note=NOTES.get((country, category)),
            )


def _day(text: str) -> date | None:
    return None if text == "-" else date.fromisoformat(text)


VAT_RATES = tuple(_rows())
"""Germany's first, then the other member states of the EU by their codes."""
