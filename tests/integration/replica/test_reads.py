"""Reads of a connection that keeps a replica, as callers see them. Nothing is kept unasked (SEC-45)."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from schemas import RESOURCES
from tests.forms import PDF, encoded
from tests.integration.replica.reader import INVOICE, INVOICES, Reader, told
from tests.stage import Stage, staged

pytestmark = pytest.mark.anyio


@pytest.fixture
async def reader(stage: Stage) -> Reader:
    reader = Reader(stage, await stage.party())
    assert (await reader.keep()).status_code == 200
    return reader


async def test_nothing_is_kept_of_a_connection_unless_it_was_told_to(stage: Stage) -> None:
    reader = Reader(stage, await stage.party())
    (first, *_) = await reader.ids()

    answers = [await reader.get(f"{INVOICES}/{first}") for _ in range(2)]

    assert [told(answer) for answer in answers] == [(200, "live", "1")] * 2
    assert told(await reader.get(f"{INVOICES}/{first}", "only-if-cached")) == (504, "nothing_held", "0")


async def test_the_second_read_of_an_object_costs_no_call_and_is_the_same(reader: Reader) -> None:
    (first, *_) = await reader.ids()

    live = await reader.get(f"{INVOICES}/{first}", raw="true")
    kept = await reader.get(f"{INVOICES}/{first}", raw="true")

    assert [told(live), told(kept)] == [(200, "live", "1"), (200, "replica", "0")]
    assert kept.json()["data"] == live.json()["data"]
    assert kept.json()["raw"] == live.json()["raw"]
    assert kept.json()["meta"]["completeness"] == live.json()["meta"]["completeness"]
    assert kept.headers["etag"] == live.headers["etag"]
    assert kept.headers["age"] == str(kept.json()["meta"]["freshness"]["ageSeconds"])
    assert "age" not in live.headers


async def test_cache_control_says_how_new_an_answer_has_to_be(reader: Reader) -> None:
    (first, *_) = await reader.ids()
    await reader.get(f"{INVOICES}/{first}")
    sources = {}
    for cache in ("no-cache", "max-age=0", "max-age=60", "only-if-cached", "Max-Age=60, unheard-of=1", None):
        sources[cache] = told(await reader.get(f"{INVOICES}/{first}", cache))[1]

    assert sources == {
        "no-cache": "live",
        "max-age=0": "live",
        "max-age=60": "replica",
        "only-if-cached": "replica",
        "Max-Age=60, unheard-of=1": "replica",
        None: "replica",
    }


@pytest.mark.parametrize("cache", ["max-age", "max-age=soon", "max-age=-1", 'no-cache="', "=0"])
async def test_what_cannot_be_read_asks_the_accounting_system(reader: Reader, cache: str) -> None:
    (first, *_) = await reader.ids()
    await reader.get(f"{INVOICES}/{first}")

    assert told(await reader.get(f"{INVOICES}/{first}")) == (200, "replica", "0")
    assert told(await reader.get(f"{INVOICES}/{first}", cache)) == (200, "live", "1")


async def test_a_read_past_the_copy_refreshes_it(reader: Reader) -> None:
    (first, *_) = await reader.ids()
    await reader.get(f"{INVOICES}/{first}")
    seen = [
        (await reader.get(f"{INVOICES}/{first}", cache)).json()["meta"]["freshness"]["asOf"]
        for cache in ("only-if-cached", "no-cache", "only-if-cached")
    ]

    assert seen[2] > seen[0]


async def test_what_must_not_be_stored_is_not(reader: Reader) -> None:
    (first, *_) = await reader.ids()

    await reader.get(f"{INVOICES}/{first}", "no-store")

    assert told(await reader.get(f"{INVOICES}/{first}", "only-if-cached"))[1] == "nothing_held"


async def test_a_copy_older_than_the_promise_is_no_answer_unless_asked_for(tmp_path: Path) -> None:
    impatient = msgspec.structs.replace(RESOURCES["invoices"], fresh_for_s=-1.0)
    async with staged(tmp_path, resources={**RESOURCES, "invoices": impatient}) as stage:
        reader = Reader(stage, await stage.party())
        await reader.keep()
        (first, *_) = await reader.ids()
        await reader.get(f"{INVOICES}/{first}")

        assert told(await reader.get(f"{INVOICES}/{first}"))[1] == "live"
        assert told(await reader.get(f"{INVOICES}/{first}", "max-age=60"))[1] == "replica"


@pytest.mark.parametrize(
    "path", ["", "/{id}", "/{id}/document", "?fields=summary", "/e9066f04-8cc7-4616-93f8-ac9ecc8479ff"]
)
async def test_what_is_not_held_is_said_to_be_so_and_nobody_is_asked(reader: Reader, path: str) -> None:
    (first, *_) = await reader.ids()

    answer = await reader.get(INVOICES + path.format(id=first), "only-if-cached")

    assert told(answer) == (504, "nothing_held", "0")


async def test_lists_are_live_until_the_copy_is_complete(reader: Reader) -> None:
    before = await reader.get(INVOICES, limit=250)
    await reader.complete()
    after = await reader.get(INVOICES, limit=250)

    assert told(before)[1] == "live"
    assert told(after) == (200, "replica", "0")
    by_id = {row["id"]: row for row in before.json()["data"]}
    assert by_id
    assert {row["id"]: row for row in after.json()["data"]} == by_id
    days = [row["issuedOn"] for row in after.json()["data"]]
    assert days == sorted(days, reverse=True)


async def test_a_page_holds_100_from_the_replica_and_25_live_unless_told(reader: Reader) -> None:
    await reader.complete()

    limits = [(await reader.get(INVOICES, cache)).json()["page"]["limit"] for cache in (None, "no-cache")]

    assert limits == [100, 25]


async def test_a_cursor_goes_on_where_it_came_from_whatever_is_asked(reader: Reader) -> None:
    await reader.complete()
    sources = {}
    for source, cache in (("replica", None), ("live", "no-cache")):
        first = await reader.get(INVOICES, cache, limit=1)
        cursor = first.json()["page"]["next"]
        for next_cache in (None, "no-cache"):
            second = await reader.get(INVOICES, next_cache, limit=1, cursor=cursor)
            sources[source, next_cache] = told(second)[1]
            assert second.json()["data"][0]["id"] != first.json()["data"][0]["id"]

    assert sources == {
        ("replica", None): "replica",
        ("replica", "no-cache"): "replica",
        ("live", None): "live",
        ("live", "no-cache"): "live",
    }


async def test_a_cursor_of_another_connection_is_none(reader: Reader) -> None:
    await reader.complete()
    other = Reader(reader.stage, await reader.stage.party(reader.party.tenant_id))
    await other.keep()
    await other.complete()
    cursor = (await reader.get(INVOICES, limit=1)).json()["page"]["next"]

    foreign = await other.get(INVOICES, limit=1, cursor=cursor)
    garbage = await other.get(INVOICES, limit=1, cursor="AAAA")

    assert told(foreign) == (422, "invalid", "0")
    assert foreign.json()["errors"] == garbage.json()["errors"]


async def test_what_one_connection_holds_another_does_not(reader: Reader) -> None:
    (first, *_) = await reader.ids()
    await reader.get(f"{INVOICES}/{first}")
    other = Reader(reader.stage, await reader.stage.party(reader.party.tenant_id))
    await other.keep()

    assert told(await other.get(f"{INVOICES}/{first}", "only-if-cached"))[1] == "nothing_held"


async def test_what_the_replica_cannot_select_by_is_live_and_501_where_nobody_may_be_asked(
    reader: Reader,
) -> None:
    path = "/v1/accounting/tax-rates"
    await reader.complete("tax-rates")

    assert told(await reader.get(path, countryCode="DE"))[1] == "replica"
    assert told(await reader.get(path, validOn="2026-01-01"))[1] == "live"
    refused = await reader.get(path, "only-if-cached", validOn="2026-01-01")
    assert told(refused)[:2] == (501, "not_supported")
    assert "validOn" in refused.json()["detail"]


async def test_an_object_that_is_gone_is_told_by_lists_of_changes(reader: Reader) -> None:
    made = await write(reader, "POST", "/v1/accounting/items", {"name": "A", "type": "service"} | ITEM)
    id, etag = made.json()["data"]["id"], made.headers["etag"]
    await reader.complete("items")

    gone = await reader.stage.call(
        "DELETE", f"/v1/accounting/items/{id}", reader.party, headers={"If-Match": etag}
    )
    listed = await reader.get("/v1/accounting/items", updatedSince="2020-01-01T00:00:00Z", limit=250)

    assert gone.status_code == 204
    assert told(listed)[1] == "replica"
    assert [one["id"] for one in listed.json()["meta"]["deleted"]] == [id]
    assert id not in {row["id"] for row in listed.json()["data"]}
    assert told(await reader.get(f"/v1/accounting/items/{id}", "only-if-cached"))[:2] == (404, "not_found")


ITEM = {"unitName": "Stück", "price": "10", "taxRate": "19"}


async def write(
    reader: Reader, method: str, path: str, body: Mapping[str, Any], key: str = "k-1"
) -> httpx2.Response:
    answer = await reader.stage.call(method, path, reader.party, key=key, json=body)
    assert answer.status_code < 300, answer.text
    return answer


async def test_what_was_written_is_held_at_once_and_stands_in_the_lists(reader: Reader) -> None:
    await reader.complete()

    made = await write(reader, "POST", INVOICES, INVOICE)

    read = await reader.get(f"{INVOICES}/{made.json()['data']['id']}")
    assert told(read) == (200, "replica", "0")
    assert read.json()["data"] == made.json()["data"]
    listed = await reader.get(INVOICES, limit=250)
    assert told(listed)[1] == "replica"
    assert made.json()["data"]["id"] in {row["id"] for row in listed.json()["data"]}


async def test_what_an_action_changed_is_read_live_once(reader: Reader) -> None:
    made = (await write(reader, "POST", INVOICES, INVOICE | {"finalize": True})).json()["data"]["id"]
    await reader.complete()

    await write(reader, "POST", f"{INVOICES}/{made}/cancel", {}, "k-2")

    assert told(await reader.get(INVOICES, "only-if-cached"))[1] == "nothing_held"
    assert told(await reader.get(f"{INVOICES}/{made}"))[1] == "live"
    assert told(await reader.get(f"{INVOICES}/{made}"))[1] == "replica"
    assert told(await reader.get(INVOICES))[1] == "replica"


async def test_a_write_in_the_vendors_own_words_puts_everything_in_doubt(reader: Reader) -> None:
    await reader.complete()
    (first, *_) = await reader.ids()
    body = {"method": "POST", "path": "/v1/articles", "body": ARTICLE}

    await write(reader, "POST", "/v1/passthrough", body)

    assert told(await reader.get(INVOICES, limit=1))[1] == "live"
    assert told(await reader.get(f"{INVOICES}/{first}"))[1] == "replica"  # read anew by the list


async def test_an_upload_that_is_booked_puts_everything_in_doubt(reader: Reader) -> None:
    await reader.complete("bills")
    content, media_type = encoded({"file": PDF})

    sent = {"content": content, "headers": {"Content-Type": media_type}}
    made = await reader.stage.call("POST", "/v1/accounting/files", reader.party, key="k-1", **sent)

    assert made.json()["data"]["documentId"] is not None
    assert told(await reader.get("/v1/accounting/bills", "only-if-cached"))[1] == "nothing_held"


ARTICLE = {
    "title": "A",
    "type": "SERVICE",
    "unitName": "h",
    "price": {"netPrice": 1, "leadingPrice": "NET", "taxRate": 19},
}


async def test_a_connection_that_keeps_nothing_any_more_has_nothing(reader: Reader) -> None:
    (first, *_) = await reader.ids()
    await reader.get(f"{INVOICES}/{first}")

    changed = await reader.keep(False)
    await reader.keep(True)

    assert changed.json()["data"]["keepsReplica"] is False
    assert told(await reader.get(f"{INVOICES}/{first}", "only-if-cached"))[1] == "nothing_held"


@pytest.fixture
async def sealed(tmp_path: Path) -> AsyncIterator[Reader]:
    async with staged(tmp_path, replica_sealed="test") as stage:
        reader = Reader(stage, await stage.party())
        await reader.keep()
        yield reader


async def test_a_sealed_copy_answers_the_same(sealed: Reader) -> None:
    before = (await sealed.get(INVOICES, "no-cache", limit=250)).json()["data"]
    await sealed.complete()
    number = next(row["number"] for row in before if row["number"])

    after = await sealed.get(INVOICES, limit=250, raw="true")
    one = await sealed.get(INVOICES, number=number)

    assert told(after) == (200, "replica", "0")
    assert {row["id"]: row for row in after.json()["data"]} == {row["id"]: row for row in before}
    assert told(one)[1] == "replica"
    assert {row["number"] for row in one.json()["data"]} == {number}


async def test_a_sealed_copy_cannot_be_searched_for_a_part_or_sorted_by_text(sealed: Reader) -> None:
    await sealed.complete()
    await sealed.complete("customers")

    assert told(await sealed.get(INVOICES, sort="number"))[1] == "live"
    assert told(await sealed.get("/v1/accounting/customers", name="mus"))[1] == "live"
    refused = await sealed.get("/v1/accounting/customers", "only-if-cached", name="mus")
    assert told(refused)[:2] == (501, "not_supported")


async def test_no_text_of_a_customer_stands_readable_in_a_sealed_copy(sealed: Reader) -> None:
    await sealed.complete()
    row = (await sealed.get(INVOICES, limit=1)).json()["data"][0]

    stored = b"".join(p.read_bytes() for p in Path(sealed.stage.rooms.settings.data_dir).glob("kontor.db*"))

    assert row["id"].encode() in stored
    for text in (row["number"], row["buyer"]["name"]):
        assert text.encode() not in stored
