"""Which tax type and rate is taken for whom, and when."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.state import Organization
from tests.twin.conftest import Api, contact, details, invoice, line

RATE = "lineItems[0].unitPrice.taxRatePercentage"


def abroad(api: Api, country: str, **company: Any) -> dict[str, str]:
    address = {"street": "1", "zip": "1", "city": "Dorf", "countryCode": country}
    body = contact(company={"name": "Ausland", **company}, addresses={"billing": [address]})
    return {"contactId": api.create("contacts", body)}


def sold_on(day: str, rate: int) -> dict[str, Any]:
    shipping = {"shippingType": "delivery", "shippingDate": f"{day}T12:00:00.000+02:00"}
    return invoice(lineItems=[line(rate=rate)], shippingConditions=shipping)


@pytest.mark.parametrize(
    ("day", "rate", "status"),
    [
        ("2020-06-30", 19, 201),
        ("2020-07-01", 19, 406),
        ("2020-07-01", 16, 201),
        ("2020-12-31", 5, 201),
        ("2021-01-01", 16, 406),
        ("2021-01-01", 7, 201),
        ("2026-03-01", 20, 406),
    ],
)
def test_the_rates_are_those_of_the_day_of_the_service(api: Api, day: str, rate: int, status: int) -> None:
    assert api.post("invoices", sold_on(day, rate)).status == status


def test_of_a_period_the_last_day_counts(api: Api) -> None:
    period = {
        "shippingType": "serviceperiod",
        "shippingDate": "2020-06-01T00:00:00.000+02:00",
        "shippingEndDate": "2020-07-31T00:00:00.000+02:00",
    }

    assert api.post("invoices", invoice(lineItems=[line(rate=16)], shippingConditions=period)).status == 201


@pytest.mark.parametrize(
    ("tax_type", "country", "status"),
    [
        ("intraCommunitySupply", "NL", 201),
        ("intraCommunitySupply", "CH", 406),
        ("intraCommunitySupply", "DE", 406),
        ("externalService13b", "AT", 201),
        ("externalService13b", "US", 406),
        ("constructionService13b", "PL", 201),
        ("constructionService13b", "DE", 201),
        ("thirdPartyCountryService", "CH", 201),
        ("thirdPartyCountryDelivery", "ES_CN", 201),
        ("thirdPartyCountryDelivery", "FR", 406),
        ("photovoltaicEquipment", "DE", 201),
        ("vatfree", "FR", 201),
    ],
)
def test_a_type_without_tax_serves_its_countries(api: Api, tax_type: str, country: str, status: int) -> None:
    body = invoice(
        address=abroad(api, country), lineItems=[line(rate=0)], taxConditions={"taxType": tax_type}
    )

    assert api.post("invoices", body).status == status


@pytest.mark.parametrize(
    "tax_type",
    ["intraCommunitySupply", "externalService13b", "thirdPartyCountryService", "thirdPartyCountryDelivery"],
)
def test_a_type_for_abroad_needs_a_contact(api: Api, tax_type: str) -> None:
    country = "CH" if tax_type.startswith("third") else "AT"
    body = invoice(
        address={"name": "Ausland", "countryCode": country},
        lineItems=[line(rate=0)],
        taxConditions={"taxType": tax_type},
    )

    assert details(api.post("invoices", body)) == [("NOTNULL", "address.contactId")]


def test_a_rate_with_a_type_without_tax_is_refused(api: Api) -> None:
    reply = api.post("invoices", invoice(taxConditions={"taxType": "vatfree"}))

    assert [field for _, field in details(reply)] == [RATE]


def test_a_small_business_writes_vatfree_only(api: Api, company: Organization) -> None:
    company.tax_type, company.small_business = "vatfree", True

    free = invoice(lineItems=[line(rate=0)], taxConditions={"taxType": "vatfree"})
    assert api.post("invoices", free).status == 201
    assert details(api.post("invoices", invoice()))[0][1] == "taxConditions.taxType"


def test_a_type_without_tax_explains_itself(api: Api) -> None:
    body = invoice(lineItems=[line(rate=0)], taxConditions={"taxType": "vatfree"})

    assert "§19" in api.read(f"invoices/{api.create('invoices', body)}")["taxConditions"]["taxTypeNote"]


class TestDistanceSales:
    def body(self, api: Api, rate: Any, country: str = "AT", **company: Any) -> dict[str, Any]:
        return invoice(
            address=abroad(api, country, **company),
            lineItems=[line(rate=rate)],
            taxConditions={"taxType": "net", "taxSubType": "distanceSales"},
        )

    @pytest.mark.parametrize(
        ("principle", "rate", "status"),
        [
            ("ORIGIN", 19, 201),
            ("ORIGIN", 20, 406),
            ("DESTINATION", 20, 201),
            ("DESTINATION", 19, 406),
            (None, 19, 406),
        ],
    )
    def test_the_principle_decides_whose_rates(
        self, api: Api, company: Organization, principle: str | None, rate: int, status: int
    ) -> None:
        company.distance_sales = principle

        assert api.post("invoices", self.body(api, rate)).status == status

    @pytest.mark.parametrize("country", ["DE", "CH"])
    def test_it_is_for_other_member_states(self, api: Api, country: str) -> None:
        assert api.post("invoices", self.body(api, 19, country)).status == 406

    def test_it_is_for_consumers(self, api: Api) -> None:
        assert api.post("invoices", self.body(api, 19, "AT", vatRegistrationId="ATU12345678")).status == 406

    @pytest.mark.parametrize(
        ("country", "last_day", "former", "then"),
        [
            ("SK", "2024-12-31", (20, 10, 5), (23, 19, 5)),
            ("EE", "2025-06-30", (22, 9, 13), (24, 9, 13)),
            ("RO", "2025-07-31", (19, 9, 5), (21, 11)),
            ("FI", "2025-12-31", ("25.5", 14, 10), ("25.5", "13.5", 10)),
            ("LT", "2025-12-31", (21, 9, 5), (21, 12, 5)),
        ],
    )
    def test_the_rates_of_the_destination_are_those_of_the_day(
        self, api: Api, company: Organization, country: str, last_day: str, former: Any, then: Any
    ) -> None:
        company.distance_sales = "DESTINATION"
        day = date.fromisoformat(last_day)

        for on, allowed, refused in (
            (day, former, set(then) - set(former)),
            (day + timedelta(days=1), then, set(former) - set(then)),
        ):
            shipping = {"shippingType": "delivery", "shippingDate": f"{on}T12:00:00.000+01:00"}
            for rates, status in ((allowed, 201), (refused, 406)):
                for rate in rates:
                    body = {**self.body(api, Decimal(rate), country), "shippingConditions": shipping}
                    assert api.post("invoices", body).status == status, (on, rate)

    def test_before_july_2021_there_was_no_destination(self, api: Api, company: Organization) -> None:
        company.distance_sales = "DESTINATION"
        shipping = {"shippingType": "delivery", "shippingDate": "2021-06-30T12:00:00.000+02:00"}

        statuses = [
            api.post("invoices", {**self.body(api, rate), "shippingConditions": shipping}).status
            for rate in (19, 20)
        ]

        assert statuses == [201, 406]
