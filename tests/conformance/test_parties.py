"""Customers and suppliers at the twin: two roles of one contact, changed without losing what is not ours."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.base.connector import Session
from connectors.base.errors import (
    FieldNotHeld,
    InvalidForTarget,
    NotWritable,
    RecordNotFound,
    StaleVersion,
    UpstreamRefused,
)
from connectors.base.paging import ListQuery
from connectors.lexoffice.parties.contacts import AS_SENT
from connectors.lexoffice.resources.customers import Customers
from connectors.lexoffice.resources.suppliers import Suppliers
from schemas.parties import AddressInput, CompanyInput, EmailsInput, PartyFilters, PersonInput
from tests.conformance import bodies
from tests.conformance.vendor import NOW, Books, Patch

pytestmark = pytest.mark.anyio


def query(limit: int = 25, continuation: str | None = None, **filters: Any) -> ListQuery:
    return ListQuery(filters=PartyFilters(**filters), limit=limit, continuation=continuation)


def strictly(books: Books, wire: Any = None) -> Session:
    """A session that refuses what has no place."""
    return msgspec.structs.replace(books.session(wire), strict=True)


class TestRoles:
    async def test_a_contact_of_both_roles_is_one_id_with_two_numbers(self, books: Books) -> None:
        id = await books.contact(customer={}, vendor={})

        customer = (await Customers(books.session()).get(id)).data
        supplier = (await Suppliers(books.session()).get(id)).data

        assert customer.id == supplier.id == id
        assert (customer.number, supplier.number) == ("10001", "70001")
        assert customer.is_supplier
        assert supplier.is_customer

    async def test_a_supplier_is_no_customer(self, books: Books) -> None:
        id = await books.contact(vendor={})

        with pytest.raises(RecordNotFound):
            await Customers(books.session()).get(id)

    async def test_lists_hold_their_role_only(self, books: Books) -> None:
        customer, supplier = await books.contact("A GmbH"), await books.contact("B GmbH", vendor={})

        customers = await Customers(books.session()).list(query())
        suppliers = await Suppliers(books.session()).list(query())

        assert [record.data.id for record in customers.records] == [customer]
        assert [record.data.id for record in suppliers.records] == [supplier]

    async def test_an_id_that_cannot_be_costs_no_call(self, books: Books) -> None:
        wire = books.wire()

        for id in ("4711", "../articles", "c2382a58-1248-4293-832f-562d45e6cc2a/..", ""):
            with pytest.raises(RecordNotFound):
                await Customers(books.session(wire)).get(id)

        assert wire.calls == []


class TestSearch:
    async def test_part_of_a_name(self, books: Books) -> None:
        found = await books.contact("Johnson & Partner <Holz>")
        await books.contact("Muster GmbH")

        page = await Customers(books.session()).list(query(name="son & partner <h"))

        assert [record.data.id for record in page.records] == [found]

    async def test_an_underscore_is_an_underscore(self, books: Books) -> None:
        found = await books.contact("A_B GmbH")
        await books.contact("AXB GmbH")

        page = await Customers(books.session()).list(query(name="A_B"))

        assert [record.data.id for record in page.records] == [found]

    async def test_a_per_cent_sign_is_one(self, books: Books) -> None:
        await books.contact("100 Prozent GmbH")

        page = await Customers(books.session()).list(query(name="100%"))

        assert page.records == ()

    async def test_what_is_too_short_for_the_vendor_is_told_without_a_call(self, books: Books) -> None:
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await Customers(books.session(wire)).list(query(name="AB"))

        assert told.value.errors[0].field == "name"
        assert wire.calls == []

    async def test_a_number_finds_the_number_of_that_role_only(self, books: Books) -> None:
        id = await books.contact(customer={}, vendor={})

        by_own = await Customers(books.session()).list(query(number="10001"))
        by_other = await Customers(books.session()).list(query(number="70001"))

        assert [record.data.id for record in by_own.records] == [id]
        assert by_other.records == ()

    async def test_changed_since_is_refused_by_name(self, books: Books) -> None:
        asked = ListQuery(filters=PartyFilters(), limit=25, updated_since=NOW)

        with pytest.raises(FieldNotHeld) as told:
            await Customers(books.session()).list(asked)

        assert told.value.errors[0].field == "updatedSince"


class TestPages:
    @pytest.mark.parametrize("limit", [1, 7, 25, 250])
    async def test_pages_hold_every_customer_once(self, books: Books, limit: int) -> None:
        made = {await books.contact(f"Kunde {number:03}") for number in range(40)}
        found: list[str] = []
        following = None

        while following is not None or not found:
            page = await Customers(books.session()).list(query(limit, following))
            found += [record.data.id for record in page.records]
            following = page.next

        assert len(found) == len(made)
        assert set(found) == made

    async def test_rows_come_as_the_vendor_sent_them(self, books: Books) -> None:
        await books.contact()

        record = (await Customers(books.session()).list(query())).records[0]

        assert record.raw is not None
        assert b'"organizationId"' in bytes(record.raw)


class TestUpdate:
    async def test_the_other_role_and_its_number_stay(self, books: Books) -> None:
        id = await books.contact(customer={}, vendor={})
        wire = books.wire()

        changed = (await Customers(books.session(wire)).update(id, Patch(note="neu"))).data

        sent = json.loads(wire.sent("PUT")[0].content or b"")
        assert sent["roles"] == {"customer": {"number": 10001}, "vendor": {"number": 70001}}
        assert changed.is_supplier
        assert (await Suppliers(books.session()).get(id)).data.number == "70001"

    async def test_what_was_taken_away_is_gone_at_the_vendor(self, books: Books) -> None:
        made = (await Customers(books.session()).create(bodies.customer(note="alt"))).data

        await Customers(books.session()).update(made.id, Patch(note=None, billing_addresses=[]))

        contact = await books.call("GET", f"contacts/{made.id}")
        assert "note" not in contact
        assert not contact.get("addresses")

    async def test_a_company_may_become_a_person(self, books: Books) -> None:
        made = (await Customers(books.session()).create(bodies.customer())).data
        person = PersonInput(first_name="Erika", last_name="Muster")

        changed = (await Customers(books.session()).update(made.id, Patch(company=None, person=person))).data

        assert changed.company is None
        assert changed.name == "Erika Muster"

    async def test_a_version_seen_before_another_change_is_stale(self, books: Books) -> None:
        made = (await Customers(books.session()).create(bodies.customer())).data
        await Customers(books.session()).update(made.id, Patch(seen=made.version, note="erste"))

        with pytest.raises(StaleVersion):
            await Customers(books.session()).update(made.id, Patch(seen=made.version, note="zweite"))

        assert (await Customers(books.session()).get(made.id)).data.note == "erste"

    async def test_a_change_between_read_and_write_is_stale_with_the_new_etag(self, books: Books) -> None:
        made = (await Customers(books.session()).create(bodies.customer())).data
        wire = books.wire()
        wire.before_call = lambda call, number: touch(books, made.id) if call.method == "PUT" else None

        with pytest.raises(StaleVersion) as told:
            await Customers(books.session(wire)).update(made.id, Patch(seen=made.version, note="neu"))

        assert told.value.headers["etag"] == '"2"'
        assert len(wire.sent("PUT")) == 1

    async def test_a_contact_with_two_entries_in_a_list_is_refused_with_reason_and_link(
        self, books: Books
    ) -> None:
        id = await books.contact()
        books.twin.add_entry(id, "addresses", "billing", {"street": "Weg 2", "countryCode": "DE"})
        wire = books.wire()

        with pytest.raises(NotWritable) as told:
            await Customers(books.session(wire)).update(id, Patch(note="neu"))

        assert "billingAddresses" in told.value.detail
        assert told.value.extra["link"] == f"https://app.example/permalink/contacts/view/{id}"
        assert wire.sent("PUT") == []

    async def test_it_says_so_before_anyone_tries(self, books: Books) -> None:
        id = await books.contact()
        books.twin.add_entry(id, "phoneNumbers", "fax", "1")
        books.twin.add_entry(id, "phoneNumbers", "fax", "2")

        customer = (await Customers(books.session()).get(id)).data
        update = next(found for found in customer.allowed_actions if found.action == "update")

        assert not update.allowed
        assert update.reason is not None
        assert "phones.fax" in update.reason

    async def test_a_second_entry_cannot_be_written(self, books: Books) -> None:
        made = (await Customers(books.session()).create(bodies.customer())).data
        two = [AddressInput(city="A", country_code="DE"), AddressInput(city="B", country_code="DE")]

        with pytest.raises(InvalidForTarget) as told:
            await Customers(strictly(books)).update(made.id, Patch(billing_addresses=two))

        assert told.value.errors[0].field == "billingAddresses"


def touch(books: Books, id: str) -> None:
    """Another user changes the contact in the application."""
    for contact in books.company.contacts.values():
        if contact.id == id:
            contact.version += 1


class TestCreate:
    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"company": None}, "company"),
            ({"person": PersonInput(last_name="Muster")}, "person"),
        ],
    )
    async def test_what_cannot_be_is_told_without_a_call(
        self, books: Books, more: dict[str, Any], field: str
    ) -> None:
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await Customers(books.session(wire)).create(bodies.customer(**more))

        assert [error.field for error in told.value.errors] == [field]
        assert wire.calls == []

    async def test_what_the_vendor_refuses_is_named_in_our_words(self, books: Books) -> None:
        body = bodies.customer(company=CompanyInput(name="A GmbH", vat_id="DE1"))

        with pytest.raises(UpstreamRefused) as told:
            await Customers(books.session()).create(body)

        assert told.value.errors[0].field == "company.vatId"


class TestNumbersTaken:
    BODY = '{"IssueList":[{"i18nKey":"account_number_already_exists","source":null}]}'

    async def test_a_contact_refused_for_a_number_just_taken_is_made_again(self, books: Books) -> None:
        books.twin.fault("status", method="POST", status=406, body=self.BODY)
        wire = books.wire()

        made = await Customers(books.session(wire)).create(bodies.customer())

        assert list(books.company.contacts) == [made.data.id]
        assert len(wire.sent("POST")) == 2

    async def test_but_once_only(self, books: Books) -> None:
        books.twin.fault("status", method="POST", status=406, body=self.BODY, times=None)
        wire = books.wire()

        with pytest.raises(UpstreamRefused):
            await Customers(books.session(wire)).create(bodies.customer())

        assert len(wire.sent("POST")) == 2


def test_decimals_are_not_lost_in_fields_of_tomorrow() -> None:
    assert AS_SENT.decode(b'{"limit": 1000.10}') == {"limit": Decimal("1000.10")}


class TestWhatHasNoPlace:
    async def test_of_two_entries_the_first_is_kept_and_the_caller_is_told(self, books: Books) -> None:
        emails = EmailsInput(business=["a@b.example", "c@d.example"])

        made = await Customers(books.session()).create(bodies.customer(emails=emails))

        assert made.data.emails.business == ["a@b.example"]
        assert [(warning.field, warning.code) for warning in made.warnings] == [
            ("emails.business", "field_not_held")
        ]

    async def test_strictly_they_are_refused_without_a_call(self, books: Books) -> None:
        wire = books.wire()
        emails = EmailsInput(business=["a@b.example", "c@d.example"])

        with pytest.raises(InvalidForTarget):
            await Customers(strictly(books, wire)).create(bodies.customer(emails=emails))

        assert wire.calls == []
