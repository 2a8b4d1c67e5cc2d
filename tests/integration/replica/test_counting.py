"""Counts and searches as callers see them: who answers, and what to do where nobody can."""

from typing import Any

import pytest

from tests.integration.replica.reader import INVOICE, INVOICES, Reader, told

pytestmark = pytest.mark.anyio

COUNT = f"{INVOICES}/count"


async def totals(reader: Reader, **params: Any) -> tuple[int, list[dict[str, Any]]]:
    data = (await reader.get(COUNT, "only-if-cached", **params)).json()["data"]
    return data["count"], data["totals"]


async def test_a_whole_copy_counts_and_sums_without_a_call(reader: Reader) -> None:
    await reader.complete()
    listed = (await reader.get(INVOICES, "only-if-cached", limit=250)).json()["data"]

    answer = await reader.get(COUNT, status="open", overdue="false")

    fitting = [one for one in listed if one["status"] == "open" and not one["overdue"]]
    cents = sum(int(one["totals"]["gross"].replace(".", "")) for one in fitting)
    assert told(answer) == (200, "replica", "0")
    assert answer.json()["data"]["count"] == len(fitting) > 0
    assert answer.json()["data"]["totals"][0]["sums"]["totals.gross"] == f"{cents // 100}.{cents % 100:02}"
    assert answer.headers["age"] == str(answer.json()["meta"]["freshness"]["ageSeconds"])


async def test_a_write_is_in_the_count_and_in_the_sums_at_once(reader: Reader) -> None:
    await reader.complete()
    before, _ = await totals(reader, search="unerhört")
    zoe = {**INVOICE["buyer"], "name": "Zoë Muster"}
    body = {**INVOICE, "remark": "Unerhört lange Beratung", "buyer": zoe}
    made = await reader.stage.call("POST", INVOICES, reader.party, key="one", json=body)
    found = await reader.get(INVOICES, "only-if-cached", search="zoe BERATUNG")

    assert (before, made.status_code) == (0, 201)
    assert [one["id"] for one in found.json()["data"]] == [made.json()["data"]["id"]]
    assert told(found) == (200, "replica", "0")
    assert await totals(reader, search="unerhort") == (
        1,
        [
            {
                "currency": "EUR",
                "count": 1,
                "sums": {"totals.net": "95.00", "totals.gross": "113.05", "totals.open": None},
            }
        ],
    )


async def test_the_accounting_system_counts_where_nothing_is_kept(passing: Reader) -> None:
    drafts = (await passing.get(INVOICES, fields="summary", status="draft", limit=250)).json()["data"]

    answer = await passing.get(COUNT, status="draft")

    assert told(answer) == (200, "live", "1")
    assert answer.json()["data"] == {"count": len(drafts), "totals": None}
    assert answer.json()["meta"]["completeness"]["fieldsUnavailable"] == ["totals"]


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"status": "open"}, "by `status`"),
        ({"overdue": "false"}, "by `overdue`"),
        ({"updatedSince": "2026-11-01T00:00:00Z"}, "by `updatedSince`"),
        ({"search": "muster"}, "by `search`"),
    ],
)
async def test_what_its_count_does_not_heed_is_refused_by_name(
    passing: Reader, params: dict[str, str], named: str
) -> None:
    answer = await passing.get(COUNT, **params)

    assert told(answer) == (501, "not_supported", "0")
    assert named in answer.json()["detail"]
    assert "keepsReplica" in answer.json()["alternative"]


async def test_what_is_counted_by_nobody_says_so(passing: Reader) -> None:
    answer = await passing.get("/v1/accounting/customers/count")

    assert told(answer) == (501, "not_supported", "0")
    assert "does not count customers" in answer.json()["detail"]


async def test_a_copy_that_is_not_whole_yet_says_so_instead_of_counting_a_part(reader: Reader) -> None:
    await reader.get(INVOICES, limit=1)

    counted = await reader.get(COUNT, status="open")
    searched = await reader.get(INVOICES, search="muster")
    held = [await reader.get(path, "only-if-cached", search="muster") for path in (COUNT, INVOICES)]

    assert [told(answer) for answer in (counted, searched)] == [(409, "copy_not_ready", "0")] * 2
    assert [answer.json()["retry"] for answer in (counted, searched)] == ["after_delay"] * 2
    assert [told(answer) for answer in held] == [(504, "nothing_held", "0")] * 2


async def test_a_copy_that_never_will_be_whole_is_not_waited_for(reader: Reader) -> None:
    answer = await reader.get("/v1/accounting/payments/count", documentId=(await reader.ids())[0])

    assert told(answer) == (501, "not_supported", "0")


async def test_a_search_without_a_copy_says_what_to_do(passing: Reader) -> None:
    answer = await passing.get(INVOICES, search="muster")

    assert told(answer) == (501, "not_supported", "0")
    assert "keepsReplica" in answer.json()["alternative"]


async def test_a_search_is_asked_of_the_copy_and_of_no_one_else(reader: Reader) -> None:
    await reader.complete()

    answers = [
        await reader.get(INVOICES, "no-cache", search="muster"),
        await reader.get(INVOICES, search="muster", fields="summary"),
    ]

    assert [told(answer) for answer in answers] == [(501, "not_supported", "0")] * 2


async def test_a_page_of_a_search_belongs_to_that_search(reader: Reader) -> None:
    await reader.complete()
    first = (await reader.get(INVOICES, search="r", limit=1)).json()["page"]["next"]

    answer = await reader.get(INVOICES, search="other", limit=1, cursor=first)

    assert first is not None
    assert answer.status_code == 422
