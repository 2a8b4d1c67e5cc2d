"""Bank accounts, transactions and payments for documents at the twin, over a partner's connection."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.base.errors import (
    InvalidForTarget,
    NotWritable,
    OutcomeUnknown,
    RecordNotFound,
    ReferenceTaken,
    StaleVersion,
    UpstreamRefused,
)
from connectors.base.needs import Access, unmet
from connectors.base.paging import ListQuery
from connectors.base.wire import Answer, Call
from connectors.lexoffice import CONNECTOR
from connectors.lexoffice.resources.bank_accounts import BankAccounts
from connectors.lexoffice.resources.company import Company
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.payments import Payments
from connectors.lexoffice.resources.transactions import Transactions
from schemas.bank_accounts import BankAccountFilters
from schemas.documents import DocumentStatus
from schemas.transactions import AssignmentStatus, TransactionBatchInput
from tests.conformance import bodies
from tests.conformance.vendor import Books, Patch, TwinWire

pytestmark = pytest.mark.anyio

UNKNOWN = "c2382a58-1248-4293-832f-562d45e6cc2a"


async def account(books: Books, **more: Any) -> str:
    return (await BankAccounts(books.session()).create(bodies.bank_account(**more))).data.id


class OlderPath(TwinWire):
    """The vendor as a client of 2025 knew it: a new account is answered whole."""

    async def send(self, call: Call) -> Answer:
        if call.method == "POST":
            call = replace(call, path="/v1/finance/financial-accounts")
        return await super().send(call)


class TestBankAccounts:
    async def found(self, books: Books, **asked: Any) -> list[str]:
        query = ListQuery(filters=BankAccountFilters(**asked), limit=25)
        return [record.data.id for record in (await BankAccounts(books.session()).list(query)).records]

    async def test_all_are_listed_or_those_of_one_filter(self, books: Books) -> None:
        first = await account(books, external_reference="giro-001")
        second = await account(books, iban="DE89370400440532013000")

        assert await self.found(books) == [first, second]
        assert await self.found(books, external_reference="giro-001") == [first]
        assert await self.found(books, iban="DE89370400440532013000") == [second]

    async def test_both_filters_at_once_are_refused_by_name(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await self.found(books, iban="DE89370400440532013000", external_reference="a")

        assert told.value.errors[0].field == "externalReference"

    @pytest.mark.parametrize("older", [False, True])
    async def test_either_answer_to_a_new_one_is_read(self, older: bool) -> None:
        """The documented action result, and the whole account that was recorded of an older path."""
        books = Books(finance_live_shape=older)
        wire = OlderPath(books.app, books.key) if older else books.wire()

        made = (await BankAccounts(books.session(wire)).create(bodies.bank_account())).data

        assert (made.name, made.balance) == ("Geschäftskonto", Decimal("1099.35"))

    async def test_what_cannot_be_changed_is_refused_rather_than_ignored(self, books: Books) -> None:
        id = await account(books)
        wire = books.wire()

        with pytest.raises(InvalidForTarget) as told:
            await BankAccounts(books.session(wire)).update(id, Patch(system="Anders", bic="COBADEFFXXX"))

        assert [error.field for error in told.value.errors] == ["system", "bic"]
        assert wire.sent("PUT") == []

    async def test_a_change_between_read_and_write_is_stale(self, books: Books) -> None:
        id = await account(books)
        wire = books.wire()

        def touch(call: Any, number: int) -> None:
            if call.method == "PUT":
                books.company.finance_accounts[id].version += 1

        wire.before_call = touch

        with pytest.raises(StaleVersion) as told:
            await BankAccounts(books.session(wire)).update(id, Patch(seen="1", balance=Decimal(5)))

        assert "etag" in told.value.headers

    async def test_one_with_assigned_transactions_stays(self, books: Books) -> None:
        id = await account(books)
        paid = (await Transactions(books.session()).create(bodies.transaction(bank_account_id=id))).data
        books.twin.assign_transaction(paid.id, await books.invoice())

        with pytest.raises(UpstreamRefused):
            await BankAccounts(books.session()).delete(id, Patch())


class TestTransactions:
    async def test_one_brought_in_twice_is_there_once(self, books: Books) -> None:
        body = bodies.transaction(bank_account_id=await account(books))

        first = (await Transactions(books.session()).create(body)).data
        second = (await Transactions(books.session()).create(body)).data

        assert first == second
        assert len(books.company.transactions) == 1

    async def test_a_reference_of_another_movement_is_taken(self, books: Books) -> None:
        id = await account(books)
        first = (await Transactions(books.session()).create(bodies.transaction(bank_account_id=id))).data

        with pytest.raises(ReferenceTaken) as told:
            await Transactions(books.session()).create(
                bodies.transaction(bank_account_id=id, amount=Decimal(5))
            )

        assert told.value.extra == {"id": first.id}
        assert len(books.company.transactions) == 1

    async def test_25_are_one_call_in_their_order(self, books: Books) -> None:
        id, wire = await account(books), books.wire()
        entries = [
            bodies.transaction(bank_account_id=id, external_reference=f"tx-{number}") for number in range(25)
        ]

        batch = (
            await Transactions(books.session(wire)).batch(TransactionBatchInput(transactions=entries))
        ).data

        assert [made.external_reference for made in batch.transactions] == [
            f"tx-{number}" for number in range(25)
        ]
        assert batch.not_booked == []
        assert len(wire.calls) == 1

    async def test_a_batch_tells_which_references_were_taken(self, books: Books) -> None:
        id = await account(books)
        await Transactions(books.session()).create(bodies.transaction(bank_account_id=id))
        entries = [
            bodies.transaction(bank_account_id=id, external_reference="tx-2"),
            bodies.transaction(bank_account_id=id, amount=Decimal(7)),
            bodies.transaction(bank_account_id=id),
        ]

        batch = (await Transactions(books.session()).batch(TransactionBatchInput(transactions=entries))).data

        assert batch.not_booked == [1]
        assert [made.amount for made in batch.transactions] == [Decimal(119)] * 3
        assert len(books.company.transactions) == 2

    async def test_one_bad_entry_refuses_all_by_its_place(self, books: Books) -> None:
        entries = [
            bodies.transaction(bank_account_id=await account(books)),
            bodies.transaction(bank_account_id=UNKNOWN),
        ]

        with pytest.raises(UpstreamRefused) as told:
            await Transactions(books.session()).batch(TransactionBatchInput(transactions=entries))

        assert [error.field for error in told.value.errors] == ["transactions[1].bankAccountId"]
        assert books.company.transactions == {}

    async def test_an_account_that_does_not_exist_is_named(self, books: Books) -> None:
        with pytest.raises(UpstreamRefused) as told:
            await Transactions(books.session()).create(bodies.transaction(bank_account_id=UNKNOWN))

        assert [error.field for error in told.value.errors] == ["bankAccountId"]

    async def test_its_documents_are_told_once_it_is_assigned(self, books: Books) -> None:
        id = await account(books)
        body = bodies.transaction(bank_account_id=id, amount=Decimal("300.00"))
        made = (await Transactions(books.session()).create(body)).data
        invoice = await books.invoice()
        books.twin.assign_transaction(made.id, invoice)

        read = (await Transactions(books.session()).get(made.id)).data

        assert made.assigned_documents == []
        assert (read.assignment_status, read.open) == (
            AssignmentStatus.PARTIALLY_ASSIGNED,
            Decimal("181.00"),
        )
        assert [(d.id, d.resource) for d in read.assigned_documents or ()] == [(invoice, "invoices")]

    async def test_an_assigned_one_is_not_deleted(self, books: Books) -> None:
        made = (
            await Transactions(books.session()).create(
                bodies.transaction(bank_account_id=await account(books))
            )
        ).data
        books.twin.assign_transaction(made.id, await books.invoice())
        wire = books.wire()

        with pytest.raises(NotWritable):
            await Transactions(books.session(wire)).delete(made.id, Patch())

        assert wire.sent("DELETE") == []

    async def test_the_youngest_goes_by_its_own_day(self, books: Books) -> None:
        id = await account(books)
        new = bodies.transaction(bank_account_id=id, valued_on=date(2026, 11, 19), external_reference="new")
        old = bodies.transaction(bank_account_id=id, valued_on=date(2026, 11, 18), external_reference="old")
        await Transactions(books.session()).batch(TransactionBatchInput(transactions=[new, old]))

        read = (await BankAccounts(books.session()).latest(id)).data

        assert read.external_reference == "new"

    async def test_an_account_without_any_has_no_youngest(self, books: Books) -> None:
        with pytest.raises(RecordNotFound):
            await BankAccounts(books.session()).latest(await account(books))


class TestSettlements:
    async def settle(self, books: Books, invoice: str, wire: Any = None, **more: Any) -> Any:
        given = {"bank_account_id": await account(books)} | more
        return (await Invoices(books.session(wire)).settle(invoice, bodies.payment(**given))).data

    async def test_it_is_pushed_and_nothing_is_paid_by_that(self, books: Books) -> None:
        invoice = await books.invoice()

        told = await self.settle(books, invoice)

        assert (told.state, told.assignment) == ("pushed", "hinted")
        assert told.reason
        assert books.company.hints == {invoice: {"externalReference": "payment-0815"}}
        read = (await Payments(books.session()).get(invoice)).data
        assert (read.document_status, read.open) == (DocumentStatus.OPEN, Decimal("119.00"))

    async def test_it_costs_a_read_and_two_writes(self, books: Books) -> None:
        invoice, id, wire = await books.invoice(), await account(books), books.wire()

        await self.settle(books, invoice, wire, bank_account_id=id)

        assert [(call.method, call.writes) for call in wire.calls] == [
            ("GET", False),
            ("POST", True),
            ("POST", True),
        ]

    async def test_told_again_it_is_confirmed_once_the_vendors_payments_say_so(self, books: Books) -> None:
        invoice, id = await books.invoice(), await account(books)
        payment = {"bank_account_id": id, "amount": Decimal(50)}
        first = await self.settle(books, invoice, **payment)
        books.twin.assign_transaction(first.id, invoice)

        again = await self.settle(books, invoice, **payment)

        assert (again.id, again.state, again.reason) == (first.id, "confirmed", None)
        assert len(books.company.transactions) == 1

    async def test_assigned_to_another_document_it_is_not_confirmed(self, books: Books) -> None:
        invoice, other, id = await books.invoice(), await books.invoice(), await account(books)
        payment = {"bank_account_id": id, "amount": Decimal(50)}
        first = await self.settle(books, invoice, **payment)
        books.twin.assign_transaction(first.id, other)
        books.twin.mark_paid(invoice, Decimal(10), type="partPaymentFinancialTransaction")

        again = await self.settle(books, invoice, **payment)

        assert again.state == "pushed"

    async def test_what_cannot_be_looked_at_is_not_confirmed(self, books: Books) -> None:
        invoice, id, wire = await books.invoice(), await account(books), books.wire()
        payment = {"bank_account_id": id, "amount": Decimal(50)}
        first = await self.settle(books, invoice, **payment)
        books.twin.assign_transaction(first.id, invoice)

        def trouble(call: Call, number: int) -> None:
            if call.path.endswith("/assignments"):
                books.twin.fault("status", path="/v1/payments/*", status=500)

        wire.before_call = trouble

        assert (await self.settle(books, invoice, wire, **payment)).state == "pushed"

    async def test_a_second_hint_is_refused_and_said_so(self, books: Books) -> None:
        invoice, id = await books.invoice(), await account(books)
        await self.settle(books, invoice, bank_account_id=id, amount=Decimal(50))

        second = await self.settle(
            books, invoice, bank_account_id=id, amount=Decimal(69), external_reference="payment-0816"
        )

        assert (second.state, second.assignment) == ("pushed", "refused")
        assert second.reason
        assert len(books.company.transactions) == 2

    @pytest.mark.parametrize(
        ("kind", "assignment"), [("status", "unknown"), ("drop_after", "unknown"), ("busy", "not_sent")]
    )
    async def test_a_hint_that_fails_does_not_hide_the_booking(
        self, books: Books, kind: str, assignment: str
    ) -> None:
        invoice, id = await books.invoice(), await account(books)
        status = 429 if kind == "busy" else 504
        fault: Any = "drop_after" if kind == "drop_after" else "status"
        books.twin.fault(fault, path="/v1/transaction-assignment-hint", status=status)

        told = await self.settle(books, invoice, bank_account_id=id)

        assert (told.state, told.assignment) == ("pushed", assignment)
        assert "same externalReference" in (told.reason or "")
        assert set(books.company.transactions) == {told.id}

    async def test_a_lost_answer_to_the_booking_may_be_told_again(self, books: Books) -> None:
        invoice, id = await books.invoice(), await account(books)
        books.twin.fault("drop_after", path="/v1/finance/transactions")

        with pytest.raises(OutcomeUnknown) as lost:
            await self.settle(books, invoice, bank_account_id=id)
        told = await self.settle(books, invoice, bank_account_id=id)

        assert "same externalReference" in lost.value.hint_text
        assert set(books.company.transactions) == {told.id}
        assert told.assignment == "hinted"

    @pytest.mark.parametrize("state", ["draft", "paid", "void"])
    async def test_what_cannot_be_paid_is_left_alone(self, books: Books, state: str) -> None:
        invoice, id, wire = await books.invoice(final=state != "draft"), await account(books), books.wire()
        if state == "paid":
            books.twin.mark_paid(invoice)
        if state == "void":
            books.twin.void(invoice)

        before = (await Invoices(books.session()).get(invoice)).data.allowed_actions
        with pytest.raises(NotWritable) as told:
            await self.settle(books, invoice, wire, bank_account_id=id)

        assert [(one.allowed, bool(one.reason)) for one in before if one.action == "settle"] == [
            (False, True)
        ]
        assert told.value.extra["link"] == f"https://app.example/permalink/invoices/view/{invoice}"
        assert wire.sent("POST") == []

    async def test_a_document_that_does_not_exist_is_not_found(self, books: Books) -> None:
        with pytest.raises(RecordNotFound):
            await self.settle(books, UNKNOWN)

    async def test_what_cannot_be_a_payment_is_named(self, books: Books) -> None:
        with pytest.raises(InvalidForTarget) as told:
            await self.settle(books, UNKNOWN, bank_account_id=None, amount=Decimal(0))

        assert [error.field for error in told.value.errors] == ["bankAccountId", "amount"]


class TestNeeds:
    @pytest.mark.parametrize(
        ("resource", "operation"),
        [
            ("bank-accounts", "list"),
            ("bank-accounts", "get"),
            ("bank-accounts", "create"),
            ("bank-accounts", "update"),
            ("bank-accounts", "delete"),
            ("bank-accounts", "latest"),
            ("transactions", "get"),
            ("transactions", "create"),
            ("transactions", "batch"),
            ("transactions", "delete"),
            ("invoices", "settle"),
        ],
    )
    def test_only_partners_can(self, resource: str, operation: str) -> None:
        need = CONNECTOR.need(resource, operation)

        assert need is not None
        error = unmet(need, Access(credential="api_key"))
        assert error is not None
        assert (error.status, error.extra["alternative"]) == (501, need.alternative)
        assert unmet(need, Access(credential="oauth")) is None


class TestCompany:
    async def test_partners_are_told_more(self, books: Books) -> None:
        record = await Company(books.session()).get()

        assert record.data.address is not None
        assert record.fields_unavailable == ()

    @pytest.mark.parametrize("credential", ["api_key", "oauth"])
    async def test_without_key_or_scope_for_it_the_rest_is_told_and_named(
        self, books: Books, credential: str
    ) -> None:
        if credential == "oauth":
            books.twin.fault("status", path="/v1/organization", status=403)

        record = await Company(books.session(access=Access(credential=credential))).get()

        assert record.data.name == "Muster Handel GmbH"
        assert record.data.address is None
        assert "address" in record.fields_unavailable
