"""A vendor that misbehaves never becomes a 500 of ours: the table of odd answers, asked through the door."""

from pathlib import Path

import httpx2
import pytest

from gateway.upstream.transport import Transports
from tests.integration.upstream.test_odd_answers import ANSWERED, LOST
from tests.integration.upstream.vendor import Answering, answer, saying, vendor
from tests.stage import Party, Stage, staged

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

ID = "97dcc1f6-e8d2-4d68-badb-71865edbf62f"
INVOICE = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {"type": "custom", "name": "Beratung", "quantity": "1", "unitName": "Stunde", "unitPrice": "95",
         "taxRate": "19"}
    ],
}  # fmt: skip
SAID: dict[str, Answering] = {
    f"{status}": saying(answer(f"{status} Said", body))
    for status, body in (
        (400, b'{"status":400,"message":"bad"}'),
        (402, b"{}"),
        (404, b"<html>"),
        (406, b'{"IssueList":[{"i18nKey":"missing_entity","source":"lineItems"}]}'),
        (406, b'{"IssueList":null}'),
        (409, b"\xff"),
        (410, b""),
        (413, b"[]"),
        (415, b"null"),
        (418, b"{"),
        (451, b'"text"'),
        (501, b"{}"),
        (505, b""),
        (507, b"[1]"),
        (599, b"{}"),
    )
}
ODD: dict[str, Answering] = {
    **{name: answering for name, (answering, _, _) in ANSWERED.items()},
    **LOST,
    **{f"status {name}": answering for name, answering in SAID.items()},
}
READS = {404, 406, 412, 422, 424, 429, 502, 503, 504}
"""What a read of an object that no answer of the table shows may end in."""
WRITES = READS | {409}


async def asked(stage: Stage, party: Party, write: bool, name: str) -> httpx2.Response:
    if write:
        # Each another one: of two alike nobody could tell which was booked, so the second would be refused.
        own = {**INVOICE, "title": name[:25]}
        return await stage.call("POST", "/v1/accounting/invoices", party, key=name, json=own)
    return await stage.call("GET", f"/v1/accounting/invoices/{ID}", party)


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
async def test_no_odd_answer_becomes_a_fault(tmp_path: Path, write: bool) -> None:
    async with vendor() as upstream:
        lines = Transports()
        async with staged(tmp_path, transports=lines, twin_url=upstream.url, deadline_s=2.5) as stage:
            party = await stage.party()
            ended: dict[str, httpx2.Response] = {}
            for name, answering in ODD.items():
                upstream.answering = answering
                stage.rooms.upstream.circuits.any.clear()  # else it would be left alone after five of them
                ended[name] = await asked(stage, party, write, name)

    print(f"{len(ended)} odd answers to a {'write' if write else 'read'}")
    assert len(ended) >= 40
    for name, response in ended.items():
        assert response.status_code in (WRITES if write else READS), (name, response.text)
        assert response.headers["content-type"] == "application/problem+json", name
        problem = response.json()
        assert problem["code"] != "fault", name
        if write and (name in LOST or (name in ANSWERED and ANSWERED[name][1] in (200, 204, 299))):
            assert (problem["code"], problem["sent"]) == ("outcome_unknown", "unknown"), name
