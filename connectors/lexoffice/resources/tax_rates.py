"""Tax rates: Kontor's dated table, for the countries that Lexware Office lists. Source: "Countries".

Lexware has no list of rates: it takes the German ones of the day of supply, and those of another member state
only for distance sales and electronic services of a company that taxes them at their destination.
"""

from collections.abc import Iterator

from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.errors import RecordNotFound
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.vat_rates import VAT_RATES, VatRate
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.native import masterdata as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.paging import Listed
from connectors.lexoffice.whole_lists import cut, refuse_order
from schemas.tax_rates import TaxCategory, TaxRate, TaxRateFilters, TaxRegime

DECODER = decoder(native.Country)
Rates = list[tuple[VatRate, Listed[Record[TaxRate]]]]
IDS = {rate.id for rate in VAT_RATES}
REGIME = {"de": TaxRegime.DOMESTIC, "intraCommunity": TaxRegime.DESTINATION}


class TaxRates:
    """Tax rates of one connection."""

    def __init__(self, session: Session) -> None:
        self._wire = session.wire
        self._client = LexofficeClient(session)

    async def list(self, query: ListQuery) -> Page[TaxRate]:
        """Germany's rates, then those of the other member states, oldest first. One call a page."""
        refuse_order(query)
        filters = query.filters
        assert isinstance(filters, TaxRateFilters)
        rows = [listed for rate, listed in await self._rates("list") if holds(rate, filters)]
        return await cut(rows, query, self._wire)

    async def get(self, id: str) -> Record[TaxRate]:
        """One rate, one call; none when no country ever had such a rate."""
        if id in IDS:
            for rate, listed in await self._rates("get"):
                if rate.id == id:
                    return listed.row
        raise RecordNotFound("Kontor knows no such rate of a country that Lexware Office lists.")

    async def _rates(self, operation: str) -> Rates:
        countries = await self._client.rows("countries", f"tax-rates.{operation}", _country)
        return list(_joined(dict(countries)))


def holds(rate: VatRate, filters: TaxRateFilters) -> bool:
    """Whether the rate is what was asked for."""
    if filters.country_code not in (None, rate.country):
        return False
    return filters.valid_on is None or rate.holds(filters.valid_on)


def _country(raw: Raw) -> tuple[str, tuple[native.Country, Raw]]:
    country = DECODER.decode(raw)
    return country.country_code, (country, raw)


def _joined(
    countries: dict[str, tuple[native.Country, Raw]],
) -> Iterator[tuple[VatRate, Listed[Record[TaxRate]]]]:
    for rate in VAT_RATES:
        if rate.country in countries:
            country, raw = countries[rate.country]
            record = Record(data=to_unified(rate, country), raw=raw)
            yield rate, Listed(id=rate.id, row=record, raw=raw)


def to_unified(rate: VatRate, country: native.Country) -> TaxRate:
    """A rate of the table, with what the vendor says about the country as of today."""
    return TaxRate(
        id=rate.id,
        country_code=rate.country,
        country_name=country.country_name,
        category=TaxCategory(rate.category),
        rate=rate.rate,
        valid_from=rate.valid_from,
        valid_to=rate.valid_to,
        regime=REGIME.get(country.tax_classification, TaxRegime.UNKNOWN),
        note=rate.note,
        source=rate.source,
    )
