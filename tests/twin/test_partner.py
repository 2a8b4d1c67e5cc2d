"""What only partners may call: bank accounts, mailing, finance, hints, organization, cash boxes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, contact, details, fixture, invoice, issues, shape
from tests.twin.test_uploads import upload

IBAN = "DE02120300000000202051"
UNKNOWN = "6d0b7a4e-0a5b-4b3f-9d3b-0c4f3d6a1b2c"


class TestBankAccounts:
    ACCOUNT = {"accountHolder": "Brandt", "bankName": "Bank", "iban": IBAN, "bic": "BYLADEM1001"}

    def test_their_version_is_the_contact_s(self, api: Api, customer: str) -> None:
        id = api.create(f"contacts/{customer}/bankaccounts", self.ACCOUNT)

        account = api.read(f"contacts/{customer}/bankaccounts/{id}")

        assert account == {"id": id, **self.ACCOUNT, "version": api.read(f"contacts/{customer}")["version"]}
        assert api.read(f"contacts/{customer}/bankaccounts") == [account]

    def test_they_are_replaced_with_the_current_version_only(self, api: Api, customer: str) -> None:
        id = api.create(f"contacts/{customer}/bankaccounts", self.ACCOUNT)
        path = f"contacts/{customer}/bankaccounts/{id}"

        without = api.put(path, self.ACCOUNT)
        stale = api.put(path, {**self.ACCOUNT, "version": 0})
        good = api.put(path, {**self.ACCOUNT, "bankName": "Neu", "version": api.read(path)["version"]})

        assert issues(without) == [("missing_entity", "version")]
        assert issues(stale) == [("invalid_value", "version")]
        assert (good.status, api.read(path)["bankName"]) == (200, "Neu")

    def test_they_can_be_deleted(self, api: Api, customer: str) -> None:
        id = api.create(f"contacts/{customer}/bankaccounts", self.ACCOUNT)
        path = f"contacts/{customer}/bankaccounts/{id}"

        assert [api.delete(path).status for _ in range(2)] == [204, 404]

    @pytest.mark.parametrize("field", ["accountHolder", "bankName", "iban", "bic"])
    def test_every_member_is_needed(self, api: Api, customer: str, field: str) -> None:
        reply = api.post(f"contacts/{customer}/bankaccounts", {**self.ACCOUNT, field: None})

        assert issues(reply) == [("missing_entity", field)]

    def test_the_iban_is_checked(self, api: Api, customer: str) -> None:
        reply = api.post(f"contacts/{customer}/bankaccounts", {**self.ACCOUNT, "iban": IBAN[:-1] + "2"})

        assert issues(reply) == [("invalid_value", "iban")]


class TestMailing:
    @pytest.fixture
    def finished(self, api: Api) -> str:
        return api.create("invoices", invoice(), finalize="true")

    def test_is_accepted_with_202_and_kept(self, api: Api, finished: str, company: Organization) -> None:
        body = {"recipients": ["a@b.example"], "message": "Hier: {sharedLink}"}

        reply = api.post(f"invoices/{finished}/sendmail", body)

        [mail] = company.mails
        assert (reply.status, reply.body) == (202, b"")
        assert (mail.recipients, mail.subject) == (["a@b.example"], "Rechnung RE0001")
        assert mail.message == f"Hier: http://twin.local/permalink/invoices/view/{finished}"

    def test_takes_uploaded_attachments_only(self, api: Api, finished: str, company: Organization) -> None:
        file = upload(api, type="attachment").json()["id"]
        entry = {"id": file, "fileName": "AGB", "fileExtension": "pdf"}
        path = f"invoices/{finished}/sendmail"

        good = api.post(path, {"recipients": ["a@b.example"], "attachments": [entry]})
        bad = api.post(path, {"recipients": ["a@b.example"], "attachments": [{**entry, "id": UNKNOWN}]})

        assert (good.status, company.mails[0].attachments) == (202, [file])
        assert details(bad) == [("INVALIDVALUE", "attachments[0].id")]

    def test_a_draft_is_not_mailed(self, api: Api) -> None:
        id = api.create("invoices", invoice())

        assert api.post(f"invoices/{id}/sendmail", {"recipients": ["a@b.example"]}).status == 406

    @pytest.mark.parametrize("body", [{}, {"recipients": []}])
    def test_somebody_has_to_receive_it(self, api: Api, finished: str, body: Any) -> None:
        assert [field for _, field in details(api.post(f"invoices/{finished}/sendmail", body))] == [
            "recipients"
        ]

    def test_twenty_a_minute_are_enough(self, api: Api, twin: Twin, finished: str) -> None:
        twin.rate_limit(True)
        statuses = []
        for _ in range(21):
            statuses.append(api.post(f"invoices/{finished}/sendmail", {"recipients": ["a@b.example"]}).status)
            twin.advance(1)
        twin.advance(60)

        assert statuses == [202] * 20 + [429]
        assert api.post(f"invoices/{finished}/sendmail", {"recipients": ["a@b.example"]}).status == 202


class TestInteraction:
    @pytest.fixture
    def handed_over(self, api: Api) -> str:
        address = {"street": "Platz 1", "zip": "89073", "city": "Ulm", "countryCode": "DE"}
        reference = {"buyerReference": "991-1-1", "vendorNumberAtCustomer": "7"}
        authority = api.create("contacts", contact(addresses={"billing": [address]}, xRechnung=reference))
        return api.create("invoices", invoice(address={"contactId": authority}), finalize="true")

    def test_begins_transmitted_and_may_be_decided(self, api: Api, handed_over: str) -> None:
        path = f"invoices/{handed_over}/interaction-status"
        first = api.read(path)

        reply = api.put(path, {"status": "accepted", "version": first["version"]})

        assert list(first) == [
            "resourceId",
            "organizationId",
            "createdDate",
            "updatedDate",
            "status",
            "version",
        ]
        assert (first["status"], reply.status, api.read(path)["status"]) == ("transmitted", 200, "accepted")

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"status": "transmitted", "version": 1}, 406),
            ({"status": "accepted"}, 406),
            ({"status": "accepted", "version": 9}, 409),
        ],
    )
    def test_never_goes_back(self, api: Api, handed_over: str, body: Any, status: int) -> None:
        assert api.put(f"invoices/{handed_over}/interaction-status", body).status == status

    def test_a_plain_invoice_has_none(self, api: Api) -> None:
        id = api.create("invoices", invoice(), finalize="true")

        assert api.get(f"invoices/{id}/interaction-status").status == 404


class TestFinance:
    @pytest.fixture
    def account(self, api: Api) -> str:
        return api.create("finance/accounts", fixture("finance-account.create"))

    def entry(self, account: str, **changes: Any) -> dict[str, Any]:
        return {**fixture("finance-transaction.create")[0], "financialAccountId": account, **changes}

    def book(self, api: Api, account: str, **changes: Any) -> dict[str, Any]:
        reply = api.post("finance/transactions", [self.entry(account, **changes)])
        assert reply.status == 201, reply.body
        return reply.json()[0]

    def test_an_account_has_the_members_of_the_sample(self, api: Api, account: str) -> None:
        assert shape(api.read(f"finance/accounts/{account}")) == shape(fixture("finance-account.response"))

    def test_the_older_path_answers_with_the_whole_account(self, api: Api) -> None:
        reply = api.post("finance/financial-accounts", fixture("finance-account.create"))

        assert (reply.status, reply.json()["lockVersion"]) == (201, 1)

    @pytest.mark.parametrize("filter", [{"iban": IBAN}, {"externalReference": "giro-001"}])
    def test_accounts_are_found_by_one_of_two_filters(
        self, api: Api, account: str, filter: dict[str, str]
    ) -> None:
        found = [row["financialAccountId"] for row in api.get("finance/accounts", **filter).json()]

        assert found == [account]
        assert api.get("finance/accounts", iban=IBAN, externalReference="x").status == 400

    def test_an_update_ignores_what_may_not_change(self, api: Api, account: str) -> None:
        body = {**api.read(f"finance/accounts/{account}"), "balance": 5, "accountSystem": "Anders"}

        reply = api.put(f"finance/accounts/{account}", body)

        answer = api.read(f"finance/accounts/{account}")
        assert (reply.status, answer["balance"], answer["accountSystem"]) == (200, 5, "PaymentProvider")

    def test_a_stale_lock_version_is_409(self, api: Api, account: str) -> None:
        body = {**api.read(f"finance/accounts/{account}"), "lockVersion": 7}

        assert api.put(f"finance/accounts/{account}", body).status == 409

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"iban": None}, "iban"), ({"type": "CREDITCARD"}, "provider"), ({"balance": None}, "balance")],
    )
    def test_a_kind_of_account_needs_its_details(self, api: Api, change: Any, field: str) -> None:
        reply = api.post("finance/accounts", {**fixture("finance-account.create"), **change})

        assert (reply.status, details(reply)[0]) == (406, ("NOTNULL", field))

    def test_a_transaction_has_the_members_of_the_sample(self, api: Api, account: str) -> None:
        answer = self.book(api, account)

        assert shape(answer) == shape(fixture("finance-transaction.response")[0])
        assert answer["amountAsString"] == "300,00"
        assert api.read(f"finance/transactions/{answer['financialTransactionId']}") == answer

    def test_one_bad_entry_refuses_the_batch(self, api: Api, account: str, company: Organization) -> None:
        reply = api.post("finance/transactions", [self.entry(account), self.entry(account, amount=None)])

        assert (reply.status, details(reply)) == (406, [("NOTNULL", "[1].amount")])
        assert company.transactions == {}

    def test_26_at_once_are_too_many(self, api: Api, account: str) -> None:
        assert api.post("finance/transactions", [self.entry(account)] * 26).status == 406

    def test_a_known_reference_gives_the_known_record(self, api: Api, account: str) -> None:
        first, second = self.book(api, account), self.book(api, account, amount=1)

        assert second == first

    def test_fees_come_whole_to_payment_providers_and_with_the_other_sign(
        self, api: Api, account: str
    ) -> None:
        provider = api.create(
            "finance/accounts",
            {**fixture("finance-account.create"), "type": "PAYMENT_PROVIDER", "iban": None},
        )
        fee = {"feeAmount": -1, "feeTaxRatePercentage": 19, "feePostingCategoryId": UNKNOWN}
        statuses = [
            api.post("finance/transactions", [self.entry(to, externalReference=str(n), **given)]).status
            for n, (to, given) in enumerate(
                [
                    (provider, fee),
                    (provider, {**fee, "feeAmount": 1}),
                    (provider, {**fee, "feeAmount": 1, "amount": -300}),
                    (provider, {"feeAmount": -1}),
                    (account, fee),
                ]
            )
        ]

        assert statuses == [201, 406, 201, 406, 406]

    def test_its_dates_may_lack_the_milliseconds(self, api: Api, account: str) -> None:
        answer = self.book(api, account, valueDate="2026-03-20T00:00:00+01:00", bookingDate=None)

        assert answer["valueDate"] == "2026-03-20T00:00:00.000+01:00"
        assert answer["transactionDate"] == answer["valueDate"]

    def test_the_latest_is_the_youngest_by_its_own_date(self, api: Api, account: str) -> None:
        new = self.book(api, account, externalReference="a", valueDate="2026-03-21T00:00:00.000+01:00")
        self.book(api, account, externalReference="b", valueDate="2026-03-20T00:00:00.000+01:00")

        latest = api.get("finance/transactions/latest-transaction", financialAccountId=account).json()

        assert latest["financialTransactionId"] == new["financialTransactionId"]

    def test_assigned_by_the_user_it_pays_the_invoice(self, api: Api, twin: Twin, account: str) -> None:
        owed = api.create("invoices", invoice(), finalize="true")
        id = self.book(api, account)["financialTransactionId"]

        twin.assign_transaction(id, owed)

        assert (
            api.read(f"payments/{owed}")["paymentItems"][0]["paymentItemType"]
            == "partPaymentFinancialTransaction"
        )
        assert api.read(f"invoices/{owed}")["voucherStatus"] == "paid"
        assert api.read(f"finance/transactions/{id}/assignments") == [{"id": owed, "type": "invoice"}]
        after = api.read(f"finance/transactions/{id}")
        assert (after["state"], after["openAmountAsString"]) == ("partly_assigned", "73,90")
        assert api.delete(f"finance/accounts/{account}").status == 406
        assert api.delete(f"finance/transactions/{id}").status == 406

    def test_it_is_free_again_when_the_invoice_is_voided(self, api: Api, twin: Twin, account: str) -> None:
        owed = api.create("invoices", invoice(), finalize="true")
        id = self.book(api, account)["financialTransactionId"]
        twin.assign_transaction(id, owed)

        twin.void(owed)

        assert api.read(f"finance/transactions/{id}/assignments") == []
        assert api.read(f"finance/transactions/{id}")["state"] is None
        assert api.delete(f"finance/transactions/{id}").status == 204

    def test_unassigned_it_goes_with_its_account(self, api: Api, account: str, company: Organization) -> None:
        self.book(api, account)

        assert api.delete(f"finance/accounts/{account}").status == 204
        assert company.transactions == {}


class TestHints:
    def test_are_answered_with_what_was_sent(self, api: Api) -> None:
        body = {"voucherId": api.create("invoices", invoice()), "externalReference": "tx-1"}

        reply = api.post("transaction-assignment-hint", body)

        assert (reply.status, reply.json()) == (201, body)

    def test_there_is_one_a_voucher_by_one_reference(self, api: Api) -> None:
        id = api.create("invoices", invoice())
        both = api.post(
            "transaction-assignment-hint", {"voucherId": id, "externalReference": "a", "endToEndId": "b"}
        )
        none = api.post("transaction-assignment-hint", {"voucherId": id})
        api.post("transaction-assignment-hint", {"voucherId": id, "endToEndId": "b"})
        again = api.post("transaction-assignment-hint", {"voucherId": id, "externalReference": "a"})

        assert [both.status, none.status, again.status] == [406, 406, 406]


class TestHintsThatAssign:
    """With the app's automation on, a line and a hint that name the same reference pay the voucher."""

    @pytest.fixture(autouse=True)
    def automation(self, twin: Twin) -> None:
        twin.quirks.hints_assign = True

    def line(self, api: Api, **changes: Any) -> str:
        account = api.create("finance/accounts", fixture("finance-account.create"))
        entry = {**fixture("finance-transaction.create")[0], "financialAccountId": account, **changes}
        return api.post("finance/transactions", [entry]).json()[0]["financialTransactionId"]

    @pytest.mark.parametrize("name", ["externalReference", "endToEndId"])
    @pytest.mark.parametrize("hint_first", [True, False])
    def test_whichever_comes_first(self, api: Api, name: str, hint_first: bool) -> None:
        owed = api.create("invoices", invoice(), finalize="true")
        hint = {"voucherId": owed, name: "ref-1"}
        if hint_first:
            api.post("transaction-assignment-hint", hint)
        line = self.line(api, **{"externalReference": "other", name: "ref-1", "amount": Decimal("226.10")})
        if not hint_first:
            api.post("transaction-assignment-hint", hint)

        assert api.read(f"invoices/{owed}")["voucherStatus"] == "paid"
        assert api.read(f"finance/transactions/{line}/assignments") == [{"id": owed, "type": "invoice"}]

    def test_a_draft_is_not_paid(self, api: Api) -> None:
        draft = api.create("invoices", invoice())
        api.post("transaction-assignment-hint", {"voucherId": draft, "endToEndId": "ref-1"})
        line = self.line(api, endToEndId="ref-1")

        assert api.read(f"finance/transactions/{line}/assignments") == []

    def test_without_the_automation_nothing_is_paid(self, api: Api, twin: Twin) -> None:
        twin.quirks.hints_assign = False
        owed = api.create("invoices", invoice(), finalize="true")
        api.post("transaction-assignment-hint", {"voucherId": owed, "endToEndId": "ref-1"})
        self.line(api, endToEndId="ref-1")

        assert api.read(f"invoices/{owed}")["voucherStatus"] == "open"


def test_the_organization_has_the_members_of_the_sample(api: Api, company: Organization) -> None:
    company.legal_form, company.branch = "TRADER", ("Reparatur von Maschinen", "33.12")
    from msgspec.structs import replace

    company.letterhead = replace(company.letterhead, website="https://werkstatt-lindner.example")

    answer = api.read("organization")

    assert shape(answer) == shape(fixture("organization.response"))
    assert answer["organizationType"] == "Einzelunternehmen"


def test_an_integration_begins_connected_and_answers_whole(api: Api) -> None:
    first = api.read("partner-integrations")

    reply = api.put("partner-integrations", {"status": "ACTIVE", "version": first["version"]})

    assert first["status"] == "OAUTH_CONNECTED"
    assert (reply.status, reply.json()["status"], reply.json()["version"]) == (
        200,
        "ACTIVE",
        first["version"] + 1,
    )
    assert api.put("partner-integrations", {"status": "ACTIVE", "version": 9}).status == 409


class TestCashBoxes:
    BOX = {
        "cashBoxName": "Laden",
        "openingDate": "2026-01-01",
        "openingAmount": 100,
        "currency": "EUR",
        "identifier": "K1",
    }
    POSITION = {
        "paymentType": "cash",
        "categoryId": "8f8664a8-fd86-11e1-a21f-0800200c9a66",
        "amount": "119.00",
        "taxRatePercentage": "19",
        "currency": "EUR",
        "taxType": "gross",
        "voucherType": "revenue",
    }

    @pytest.fixture
    def box(self, api: Api) -> str:
        return api.create("cash-boxes", self.BOX)

    def closing(self, **changes: Any) -> dict[str, Any]:
        return {"voucherNumber": "Z1", "voucherDate": "2026-03-01", "positions": [self.POSITION], **changes}

    def test_the_list_has_no_pages(self, api: Api, box: str) -> None:
        assert api.read("cash-boxes") == {"content": [api.read(f"cash-boxes/{box}")]}

    @pytest.mark.parametrize("name", ["Laden", "Hauptkasse"])
    def test_a_name_is_free_or_refused(self, api: Api, box: str, name: str) -> None:
        assert api.post("cash-boxes", {**self.BOX, "cashBoxName": name}).status == 406

    def test_only_its_name_changes(self, api: Api, box: str) -> None:
        good = api.put(f"cash-boxes/{box}", {"cashBoxName": "Markt", "openingAmount": 5, "version": 1})
        stale = api.put(f"cash-boxes/{box}", {"cashBoxName": "Markt", "version": 1})

        answer = api.read(f"cash-boxes/{box}")
        assert [good.status, stale.status] == [200, 409]
        assert (answer["cashBoxName"], answer["openingAmount"]) == ("Markt", 100)

    def test_a_closing_is_kept_with_numbers(self, api: Api, box: str) -> None:
        reply = api.post(f"cash-boxes/{box}/balances", self.closing())

        [row] = api.read(f"cash-boxes/{box}/balances")["content"]
        assert reply.status == 201
        assert (row["positions"][0]["amount"], row["positions"][0]["voucherStatus"]) == (119, "paid")

    def test_number_and_date_are_one_of_a_pair(self, api: Api, box: str) -> None:
        bodies = [self.closing(), self.closing(), self.closing(voucherDate="2026-03-02")]

        assert [api.post(f"cash-boxes/{box}/balances", body).status for body in bodies] == [201, 406, 201]

    def test_closings_are_found_by_day_and_number(self, api: Api, box: str) -> None:
        for day in ("2026-03-01", "2026-03-02"):
            api.post(f"cash-boxes/{box}/balances", self.closing(voucherDate=day))

        found = api.get(f"cash-boxes/{box}/balances", dateFrom="2026-03-02", voucherNumber="Z1").json()

        assert [row["voucherDate"][:10] for row in found["content"]] == ["2026-03-02"]
        assert api.get(f"cash-boxes/{box}/balances", size="101").status == 400

    def test_one_with_closings_stays(self, api: Api, box: str) -> None:
        empty = api.create("cash-boxes", {**self.BOX, "cashBoxName": "Leer"})
        api.post(f"cash-boxes/{box}/balances", self.closing())

        assert [api.delete(f"cash-boxes/{id}").status for id in (box, empty)] == [409, 204]


def test_a_down_payment_invoice_has_the_members_of_the_sample(
    api: Api, twin: Twin, company: Organization, sample: Callable[[str], Any], customer: str
) -> None:
    body = sample("invoice")
    body["lineItems"] = [
        {
            "type": "custom",
            "name": "Pauschaler Abschlag Umbau Werkstatt",
            "quantity": 1,
            "unitName": "Pauschal",
            "unitPrice": {"currency": "EUR", "grossAmount": 2380, "taxRatePercentage": 19},
        }
    ]
    body["taxConditions"] = {"taxType": "gross"}
    body["shippingConditions"] = {"shippingType": "none"}
    del body["xRechnung"]

    id = twin.create_down_payment_invoice(company.id, body).id

    answer, theirs = api.read(f"down-payment-invoices/{id}"), fixture("down-payment-invoice.response")
    assert shape({name: answer[name] for name in answer if name != "files"}) == shape(theirs)
    assert (answer["totalPrice"], answer["taxAmounts"]) == (theirs["totalPrice"], theirs["taxAmounts"])
    [row] = api.get("voucherlist", voucherType="downpaymentinvoice", voucherStatus="any").json()["content"]
    assert (row["id"], row["totalAmount"]) == (id, Decimal(2380))
