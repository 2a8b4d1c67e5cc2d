"""From the connect session to the first call, by OAuth, against the twin."""

import pytest

from tests.integration.onboarding.people import Person, Program

pytestmark = pytest.mark.anyio


async def test_an_end_customer_connects_and_the_account_key_works(tenant: Program, customer: Person) -> None:
    session = await tenant.session(label="Muster Handel GmbH", customerReference="K-10023")

    back = await customer.grant(session["url"])
    exchanged = await tenant.exchange(back.headers["location"])

    assert back.status_code == 303
    assert exchanged.status_code == 200
    connection = exchanged.json()["data"]["connection"]
    assert connection["state"] == "connected"
    assert connection["label"] == "Muster Handel GmbH"
    assert connection["customerReference"] == "K-10023"
    assert connection["organization"]["name"] == "Muster Handel GmbH"
    company = await tenant.call(
        "GET",
        "/v1/accounting/company",
        headers={"X-ACCOUNT-KEY": exchanged.json()["data"]["accountKey"]},
    )
    assert company.status_code == 200, company.text
    assert company.json()["data"]["name"] == "Muster Handel GmbH"
