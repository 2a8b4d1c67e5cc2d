"""`/v1/return-urls`."""

import pytest

from tests.integration.onboarding.people import RETURN_URL, Program, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

URL = "https://www.muster-software.example/zurueck"


async def test_a_return_url_is_kept_byte_for_byte(tenant: Program) -> None:
    made = await tenant.call("POST", "/v1/return-urls", json={"url": URL})

    assert made.status_code == 201
    assert [row["url"] for row in (await tenant.call("GET", "/v1/return-urls")).json()["data"]] == [
        RETURN_URL,
        URL,
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://www.muster-software.example/zurueck",
        URL + "#teil",
        URL.replace("www", "user@www"),
        "javascript:alert(1)",
        "/zurueck",
        URL + "?code=1",
        URL + "?error=1",
        URL + "?a=1&connectSession=2",
        URL + "?c%6Fde=1",
    ],
)
async def test_an_unfit_return_url_is_refused_with_its_reason(tenant: Program, url: str) -> None:
    answer = await tenant.call("POST", "/v1/return-urls", json={"url": url})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["url"]
    assert len((await tenant.call("GET", "/v1/return-urls")).json()["data"]) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:3000/zurueck", "http://localhost:3000/", "http://[::1]:3000/"]
)
async def test_loopback_may_be_plain_http(tenant: Program, url: str) -> None:
    assert (await tenant.call("POST", "/v1/return-urls", json={"url": url})).status_code == 201


async def test_the_same_url_twice_is_a_conflict(tenant: Program) -> None:
    assert (await tenant.call("POST", "/v1/return-urls", json={"url": RETURN_URL})).status_code == 409


async def test_a_removed_return_url_is_gone(tenant: Program) -> None:
    (row,) = (await tenant.call("GET", "/v1/return-urls")).json()["data"]

    removed = await tenant.call("DELETE", f"/v1/return-urls/{row['id']}")
    again = await tenant.call("DELETE", f"/v1/return-urls/{row['id']}")

    assert (removed.status_code, again.status_code) == (204, 404)
    assert (await tenant.call("GET", "/v1/return-urls")).json()["data"] == []


async def test_environments_have_return_urls_of_their_own(tenant: Program, stage: Stage) -> None:
    live = await program(
        stage, tenant_id=tenant.tenant_id, environment="live", target="lexoffice", partner_app=False
    )
    (row,) = (await live.call("GET", "/v1/return-urls")).json()["data"]

    assert (await tenant.call("DELETE", f"/v1/return-urls/{row['id']}")).status_code == 404
