"""Changes of recorded documents: the vendor replaces the whole voucher, so nothing may be left out."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.base.errors import NotWritable, OutcomeUnknown, StaleVersion, WrittenButNotRead
from connectors.base.wire import Answer, Call
from connectors.lexoffice.resources.bills import Bills
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.sales_vouchers import SalesVouchers
from schemas.terms import ServicePeriodInput
from schemas.trade_parties import SellerInput
from tests.conformance import bodies
from tests.conformance.vendor import Books, Patch, TwinWire

pytestmark = pytest.mark.anyio

D = Decimal


class Tomorrow(TwinWire):
    """A vendor that has fields which nobody knows yet, on vouchers and on their items."""

    def __init__(self, books: Books) -> None:
        super().__init__(books.app, books.key)

    async def _answer(self, call: Call) -> Answer:
        answer = await super()._answer(call)
        if call.method != "GET" or not call.path.startswith("/v1/vouchers/"):
            return answer
        voucher = json.loads(answer.content)
        voucher["costCentre"] = {"code": "K1", "share": 0.25}
        for number, item in enumerate(voucher["voucherItems"]):
            item["projectId"] = f"P{number}"
        return replace(answer, content=json.dumps(voucher).encode())


async def bill(books: Books, **more: Any) -> Any:
    return (await Bills(books.session()).create(bodies.bill(**more))).data


async def change(books: Books, made: Any, wire: TwinWire | None = None, **fields: Any) -> Any:
    """What left for the vendor, and the document afterwards."""
    wire = wire or books.wire()
    changed = (await Bills(books.session(wire)).update(made.id, Patch(seen=made.version, **fields))).data
    (put,) = wire.sent("PUT")
    return json.loads(put.content or b"", parse_float=D), changed


async def with_files(books: Books, **more: Any) -> tuple[Any, list[str]]:
    """A bill with two files, as it is then."""
    made = await bill(books, **more)
    bills = Bills(books.session())
    ids = [
        (await bills.attach(made.id, bodies.upload(bodies.PDF + number))).data.id for number in (b"1", b"2")
    ]
    return (await bills.get(made.id)).data, ids


class TestFiles:
    @pytest.mark.parametrize(
        "fields",
        [
            {"remark": "neu"},
            {"remark": None},
            {"number": "ER-2", "issued_on": date(2026, 11, 2), "due_on": None},
            {"lines": [bodies.booked("59.50")]},
            {"seller": SellerInput(name="Papier Bernd")},
            {"prices_include_tax": False, "lines": [bodies.booked("100.00")]},
        ],
        ids=str,
    )
    async def test_every_change_keeps_all_files(self, books: Books, fields: dict[str, Any]) -> None:
        made, ids = await with_files(books)

        sent, changed = await change(books, made, **fields)

        assert sent["files"] == ids
        assert [file.id for file in changed.files] == ids
        assert (await Files(books.session()).content(ids[1], "*/*")).content == bodies.PDF + b"2"

    async def test_a_file_attached_between_reading_and_writing_is_not_lost(self, books: Books) -> None:
        made, ids = await with_files(books)
        wire = books.wire()
        attached: list[str] = []

        async def attach() -> None:
            record = await Bills(books.session()).attach(made.id, bodies.upload(bodies.PDF + b"3"))
            attached.append(record.data.id)

        async def send(call: Call) -> Answer:
            if call.method == "PUT" and not attached:
                await attach()
            return await TwinWire.send(wire, call)

        wire.send = send  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(StaleVersion) as told:
            await Bills(books.session(wire)).update(made.id, Patch(seen=made.version, remark="neu"))

        after = (await Bills(books.session()).get(made.id)).data
        assert [file.id for file in after.files] == [*ids, *attached]
        assert told.value.headers["etag"] == f'"{after.version}"'

    async def test_a_repeated_file_and_one_gone_at_the_vendor_do_not_confuse_it(self, books: Books) -> None:
        made, ids = await with_files(books)
        await Bills(books.session()).attach(made.id, bodies.upload(bodies.PDF + b"1"))
        made = (await Bills(books.session()).get(made.id)).data

        sent, _ = await change(books, made, remark="neu")

        assert sent["files"] == ids


class TestWhatStays:
    async def test_fields_that_nobody_knows_yet_are_sent_back(self, books: Books) -> None:
        made = await bill(books, lines=[bodies.booked("10.00"), bodies.booked("20.00")])

        sent, _ = await change(books, made, Tomorrow(books), remark="neu")

        assert sent["costCentre"] == {"code": "K1", "share": D("0.25")}
        assert [item["projectId"] for item in sent["voucherItems"]] == ["P0", "P1"]

    @pytest.mark.parametrize(
        ("amounts", "projects"),
        [
            (["20.00", "10.00"], ["P1", "P0"]),
            (["20.00"], ["P1"]),
            (["10.00", "25.00"], ["P0", "P1"]),
            (["5.00", "10.00", "20.00"], [None, "P0", "P1"]),
            (["25.00"], [None]),
        ],
    )
    async def test_what_hangs_on_a_line_goes_with_it(
        self, books: Books, amounts: list[str], projects: list[str | None]
    ) -> None:
        made = await bill(books, lines=[bodies.booked("10.00"), bodies.booked("20.00")])

        sent, _ = await change(
            books, made, Tomorrow(books), lines=[bodies.booked(amount) for amount in amounts]
        )

        assert [item.get("projectId") for item in sent["voucherItems"]] == projects

    async def test_what_is_not_named_stays(self, books: Books) -> None:
        supplier = await books.contact(vendor={})
        made = await bill(
            books,
            seller=SellerInput(supplier_id=supplier),
            due_on=date(2026, 12, 4),
            remark="Büro",
            lines=[bodies.booked("59.50"), bodies.booked("53.50", "7")],
        )

        _, changed = await change(books, made, remark="neu")

        moved = {"version", "updated_at", "remark"}
        assert {n: getattr(changed, n) for n in made.__struct_fields__ if n not in moved} == {
            n: getattr(made, n) for n in made.__struct_fields__ if n not in moved
        }
        assert (changed.remark, changed.version) == ("neu", "2")

    async def test_sums_stay_the_vendors_while_the_lines_do(self, books: Books) -> None:
        made = await bill(books)
        books.twin.quirks.voucher_tolerance_cents = 5
        books.company.vouchers[made.id].body["totalTaxAmount"] = D("19.02")  # as somebody entered it there
        made = (await Bills(books.session()).get(made.id)).data

        kept, _ = await change(books, made, remark="neu")
        made = (await Bills(books.session()).get(made.id)).data
        anew, _ = await change(books, made, lines=[bodies.booked("238.00")])

        assert (kept["totalTaxAmount"], anew["totalTaxAmount"]) == (D("19.02"), 38)

    async def test_neither_status_nor_what_the_vendor_sets_is_sent_back(self, books: Books) -> None:
        sent, _ = await change(books, await bill(books), remark="neu")

        assert not sent.keys() & {"voucherStatus", "organizationId", "createdDate", "updatedDate"}
        assert (sent["version"], sent["voucherDate"], sent["dueDate"]) == (1, "2026-11-20", "2026-11-20")

    async def test_a_name_used_once_stays_and_that_of_the_collective_contact_is_not_made_one(
        self, books: Books
    ) -> None:
        named = await bill(books)
        nameless = await bill(books, seller=SellerInput(), collective=True, number="2")

        kept, _ = await change(books, named, remark="neu")
        none, changed = await change(books, nameless, remark="neu")

        assert (kept["contactName"], kept["useCollectiveContact"]) == ("Papier Anders e.K.", True)
        assert "contactName" not in none
        assert changed.collective

    async def test_naming_a_supplier_leaves_the_collective_one(self, books: Books) -> None:
        supplier = await books.contact(vendor={})

        sent, changed = await change(books, await bill(books), seller=SellerInput(supplier_id=supplier))

        assert (sent["useCollectiveContact"], sent["contactId"]) == (False, supplier)
        assert "contactName" not in sent
        assert (changed.collective, changed.seller.supplier_id) == (False, supplier)

    async def test_the_day_of_supply_stays_and_can_be_taken_away(self, books: Books) -> None:
        sales = SalesVouchers(books.session())
        period = ServicePeriodInput(kind="delivery", starts_on=date(2026, 11, 18))
        made = (await sales.create(bodies.sales_voucher(service_period=period))).data

        kept = (await sales.update(made.id, Patch(remark="neu"))).data
        gone = (await sales.update(made.id, Patch(service_period=None))).data

        assert kept.service_period == made.service_period
        assert gone.service_period is None


class TestRefusals:
    @pytest.mark.parametrize("status", [406, 409])
    async def test_a_change_meanwhile_is_stale_whatever_the_vendor_calls_it(self, status: int) -> None:
        books = Books(stale_voucher_status=status)
        made = await bill(books)
        await change(books, made, remark="von jemand anderem")
        wire = books.wire()

        with pytest.raises(StaleVersion) as told:
            await Bills(books.session(wire)).update(made.id, Patch(seen=made.version, remark="von uns"))

        assert told.value.headers["etag"] == '"2"'
        assert wire.sent("PUT") == []

    async def test_a_void_document_is_not_changed(self, books: Books) -> None:
        made = await bill(books)
        books.twin.set_voucher_status(made.id, "voided")
        wire = books.wire()

        with pytest.raises(NotWritable) as told:
            await Bills(books.session(wire)).update(made.id, Patch(remark="neu"))

        assert told.value.extra == {"link": f"https://app.example/permalink/vouchers/view/{made.id}"}
        assert wire.sent("PUT") == []

    async def test_a_lost_answer_leaves_the_outcome_unknown_and_is_not_repeated(self, books: Books) -> None:
        made, ids = await with_files(books)
        books.twin.fault("status_after", method="PUT", status=504)
        wire = books.wire()

        with pytest.raises(OutcomeUnknown):
            await Bills(books.session(wire)).update(made.id, Patch(remark="neu"))

        assert len(wire.sent("PUT")) == 1
        assert [file.id for file in (await Bills(books.session()).get(made.id)).data.files] == ids

    async def test_one_that_shows_up_late_is_waited_for_and_named_when_it_does_not(self) -> None:
        late = await Bills(Books(read_lag_s=1.5).session()).create(bodies.bill())
        with pytest.raises(WrittenButNotRead):
            await Bills(Books(read_lag_s=60).session()).create(bodies.bill())

        assert late.data.number == "ER-2026-0417"
