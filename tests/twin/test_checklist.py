"""The emulator's checklist, by number: each item as it is worded; its details have rooms of their own.

Numbers follow the project's reference on the vendor's API, section "Emulator checklist".
"""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.lexoffice import jsontext
from sandbox.lexoffice.events import signing
from sandbox.lexoffice.routes import ROUTES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request
from tests.twin.conftest import Api, article, contact, credit_note, invoice, issues, line
from tests.twin.switches import UNKNOWN, Stage
from tests.twin.test_uploads import upload
from tests.twin.test_vouchers import voucher

ITEMS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
HOOK = "https://hooks.example.org/lexware"
SALES = ("invoices", "credit-notes", "delivery-notes", "dunnings", "order-confirmations", "quotations")


@pytest.mark.parametrize("number", ITEMS)
def test_an_item_has_a_test(number: int) -> None:
    assert re.search(rf"^def test_{number:02d}_", Path(__file__).read_text(), re.MULTILINE)


class TestGateway:
    """Item 1 in its parts."""

    def test_401(self, twin: Twin) -> None:
        reply = Api(twin, "x").get("profile")

        assert (reply.status, reply.body) == (401, b'{"message":"Unauthorized"}')
        assert reply.header("x-amzn-errortype") == "UnauthorizedException"

    def test_403(self, twin: Twin, company: Organization) -> None:
        assert Api(twin, twin.create_api_key(company.id, permissions=[])).get("profile").status == 403

    def test_404_of_an_unknown_route(self, api: Api) -> None:
        assert api.get("nothing/here").status == 404

    def test_415(self, api: Api) -> None:
        assert api.call("POST", "invoices", b"{}", headers={"content-type": ""}).status == 415


def test_01_the_gateway_comes_first_with_a_bucket_of_two_and_two_a_second(api: Api, twin: Twin) -> None:
    unlimited = [api.get("profile").status for _ in range(3)]
    twin.rate_limit(True)

    limited = [api.get("profile") for _ in range(3)]
    twin.advance(1)
    later = [api.get("profile").status for _ in range(3)]

    assert unlimited == [200, 200, 200]
    assert [reply.status for reply in limited] == later == [200, 200, 429]
    assert limited[2].body == b'{"message":"Rate limit exceeded"}'
    assert all(reply.header("x-amzn-requestid") and reply.header("x-amz-apigw-id") for reply in limited)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_02_each_resource_speaks_its_dialect(route: Any) -> None:
    resource = route.path.split("/")[2]

    assert (route.dialect == "legacy") == (resource in ("contacts", "files", "vouchers"))


def test_02_both_dialects_carry_a_request_id(api: Api) -> None:
    old, new = api.post("contacts", {}).json(), api.post("invoices", {}).json()

    assert (list(old), list(new)) == (
        ["requestId", "IssueList"],
        ["timestamp", "status", "error", "path", "traceId", "requestId", "message", "details"],
    )


def test_03_status_quirks_are_switches() -> None:
    other = Stage(
        contact_create_status=201,
        stale_contact_status=409,
        stale_article_status=406,
        stale_voucher_status=409,
        unchecked_voucher_post=True,
    ).api
    for api, statuses in ((Stage().api, [200, 406, 409, 406, 406]), (other, [201, 409, 406, 409, 201])):
        created = api.post("contacts", contact())
        stale = [
            api.put(f"{path}/{api.create(path, body())}", body(version=9)).status
            for path, body in (("contacts", contact), ("articles", article), ("vouchers", voucher))
        ]
        unchecked = api.post("vouchers", voucher(voucherStatus="unchecked")).status

        assert [created.status, *stale, unchecked] == statuses


class TestBodies:
    """Item 4 in its parts."""

    @pytest.mark.parametrize("path", ["invoices", "contacts", "vouchers"])
    def test_nulls_are_omitted(self, api: Api, path: str) -> None:
        body = {"invoices": invoice, "contacts": contact, "vouchers": voucher}[path]()

        answer = api.read(f"{path}/{api.create(path, body)}")

        assert _nulls(answer) == []

    def test_articles_keep_theirs(self, api: Api) -> None:
        answer = api.read(f"articles/{api.create('articles', article())}")

        assert _nulls(answer) == ["description", "articleNumber", "gtin", "note"]

    def test_moments_carry_milliseconds_and_the_offset_of_berlin(self, api: Api, twin: Twin) -> None:
        twin.advance(timedelta(days=60))

        answer = api.read(f"invoices/{api.create('invoices', invoice())}")

        assert answer["voucherDate"] == "2026-03-02T00:00:00.000+01:00"
        assert answer["createdDate"] == "2026-05-01T10:14:05.317+02:00"

    def test_ids_are_uuids(self, api: Api) -> None:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", api.create("invoices", invoice()))


def _nulls(value: dict[str, Any]) -> list[str]:
    return [name for name, member in value.items() if member is None]


def test_04_unknown_fields_and_nulls_for_read_only_ones_are_taken(api: Api) -> None:
    read_only = ("id", "organizationId", "createdDate", "updatedDate", "version", "archived", "voucherStatus",
                 "voucherNumber", "dueDate", "taxAmounts", "relatedVouchers", "files")  # fmt: skip

    assert api.post("invoices", invoice(**dict.fromkeys(read_only), neverHeardOf=1)).status == 201


def test_05_a_draft_has_a_number_but_neither_due_date_layout_nor_paper(
    api: Api, company: Organization
) -> None:
    id = api.create("invoices", invoice(printLayoutId=company.print_layouts[0].id))
    draft = api.read(f"invoices/{id}")

    assert draft["voucherNumber"] == "RE0001"
    assert not {"dueDate", "printLayoutId", "files"} & draft.keys()
    assert [api.get(f"invoices/{id}/{end}", accept="*/*").status for end in ("document", "file")] == [
        406,
        409,
    ]


def test_05_once_finalized_it_has_them(api: Api, company: Organization) -> None:
    id = api.create("invoices", invoice(printLayoutId=company.print_layouts[0].id), finalize="true")

    assert {"dueDate", "printLayoutId", "files"} <= api.read(f"invoices/{id}").keys()


def test_05_the_file_of_a_dunning_works_although_it_is_a_draft(api: Api) -> None:
    owed = api.create("invoices", invoice(), finalize="true")
    id = api.create("dunnings", invoice(), precedingSalesVoucherId=owed)

    assert api.get(f"dunnings/{id}/file", accept="*/*").status == 200


@pytest.mark.parametrize("kind", SALES)
def test_06_sales_vouchers_have_neither_update_nor_delete_nor_list(api: Api, kind: str) -> None:
    statuses = [
        api.call(method, path, {}).status
        for method, path in (("PUT", f"{kind}/{UNKNOWN}"), ("DELETE", f"{kind}/{UNKNOWN}"), ("GET", kind))
    ]

    assert statuses == [404, 404, 404]


def test_07_what_only_the_user_can_do_fires_its_events(api: Api, twin: Twin) -> None:
    owed, draft = api.create("invoices", invoice(), finalize="true"), api.create("invoices", invoice())
    offer = {**invoice(), "expirationDate": "2026-04-01T00:00:00.000+02:00"}
    quotation = api.create("quotations", offer, finalize="true")
    person = api.create("contacts", contact())
    fired = {}
    for name, act in (
        ("finalize", lambda: twin.finalize(draft)),
        ("back to draft", lambda: twin.back_to_draft(draft)),
        ("mark paid", lambda: twin.mark_paid(owed)),
        ("void", lambda: twin.void(owed)),
        ("accept", lambda: twin.decide(quotation)),
        ("delete", lambda: twin.delete_document(draft)),
        ("archive", lambda: twin.archive_contact(person)),
        ("revoke", lambda: twin.revoke(twin.connection_of(api.key).id)),
    ):
        before = len(twin.events)
        act()
        fired[name] = {event.type for event in list(twin.events)[before:]}

    assert {
        "finalize": {"invoice.status.changed"},
        "back to draft": {"invoice.status.changed", "payment.changed"},
        "mark paid": {"invoice.status.changed", "payment.changed"},
        "void": {"invoice.status.changed", "payment.changed"},
        "accept": {"quotation.status.changed"},
        "delete": {"invoice.deleted"},
        "archive": {"contact.changed"},
        "revoke": {"token.revoked"},
    }.items() <= {
        name: types - {"invoice.changed", "quotation.changed"} for name, types in fired.items()
    }.items()


def test_08_the_voucher_list_wants_both_filters_knows_overdue_its_cap_and_days_in_berlin(
    api: Api, twin: Twin
) -> None:
    api.create("invoices", invoice(voucherDate="2026-03-01T23:30:00.000Z"), finalize="true")
    twin.advance(timedelta(days=30))

    def listed(**query: str) -> Any:
        return api.get("voucherlist", **{"voucherType": "any", "voucherStatus": "any", **query})

    [row] = listed(voucherDateFrom="2026-03-02", voucherDateTo="2026-03-02").json()["content"]
    assert row["voucherStatus"] == "overdue"
    assert listed(voucherDateTo="2026-03-01").json()["content"] == []
    assert [api.get("voucherlist", **{name: "any"}).status for name in ("voucherType", "voucherStatus")] == [
        400
    ] * 2
    assert [listed(size="250", page=page).status for page in ("39", "40")] == [200, 400]


def test_09_a_finalized_credit_note_is_set_off_against_its_invoice(api: Api) -> None:
    owed = api.create("invoices", invoice(), finalize="true")
    body = credit_note(lineItems=[line(1, 100)])
    credit = api.create("credit-notes", body, finalize="true", precedingSalesVoucherId=owed)
    payments = api.read(f"payments/{owed}")

    # 226.10 less 119.00
    assert payments["openAmount"] == Decimal("107.10")
    assert [(item["paymentItemType"], item["amount"]) for item in payments["paymentItems"]] == [
        ("partPaymentCreditNote", 119)
    ]
    assert api.read(f"credit-notes/{credit}")["voucherStatus"] == "paidoff"
    assert api.post("credit-notes", body, precedingSalesVoucherId=owed).status == 406


def test_10_a_callback_is_compact_signed_and_one_for_each_subscription(api: Api, twin: Twin) -> None:
    for type in ("contact.created", "contact.changed"):
        api.create("event-subscriptions", {"eventType": type, "callbackUrl": HOOK})
    api.create("contacts", contact())
    twin.catch_up()

    [posting] = twin.collect_postings()

    assert re.fullmatch(rb'\{"organizationId":"[^ ]+"\}', posting.body)
    assert posting.headers[signing.HEADER] == signing.sign(twin.webhook_key(), posting.body)
    assert signing.HEADER.lower() == "x-lxo-signature"


def test_10_an_address_that_answers_no_head_is_refused(twin: Twin, api: Api) -> None:
    body = jsontext.encode({"eventType": "contact.created", "callbackUrl": HOOK})
    headers = {"authorization": f"Bearer {api.key}", "content-type": "application/json"}
    request = Request("POST", "/v1/event-subscriptions", (), headers, body, reachable=False)

    assert twin.handle(request).reply.status == 406


@pytest.mark.parametrize("answer", [404, 410])
def test_10_who_is_gone_is_not_told_again(api: Api, twin: Twin, company: Organization, answer: int) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": HOOK})
    api.create("contacts", contact())
    twin.catch_up()
    kept = []
    for _ in range(26 if answer == 404 else 1):
        kept.append(len(company.subscriptions))
        [posting] = twin.collect_postings()
        twin.settle_posting(posting.delivery_id, answer)
        twin.advance(7200)

    assert (set(kept), company.subscriptions) == ({1}, {})


def test_10_the_plan_runs_by_the_twin_s_clock(api: Api, twin: Twin) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": HOOK})
    api.create("contacts", contact())
    twin.catch_up()

    tries = 0
    for wait in (0, 10, 20, 40, 80, 160, 30 * 60, *[2 * 3600] * 19):
        twin.advance(wait)
        [posting] = twin.collect_postings()
        twin.settle_posting(posting.delivery_id, 500)
        tries += 1
    twin.advance(timedelta(days=30))

    assert (tries, twin.collect_postings()) == (26, [])


def test_11_an_upload_is_202_deduplicated_and_blank_until_it_is_recognized(api: Api, twin: Twin) -> None:
    first, again = upload(api, type="voucher"), upload(api, type="voucher")
    voucher_id = first.json()["voucherId"]
    at_once = api.read(f"vouchers/{voucher_id}")["voucherStatus"]
    before = len(twin.events)
    twin.advance(3)

    assert (first.status, first.json()) == (202, again.json())
    assert [at_once, api.read(f"vouchers/{voucher_id}")["voucherStatus"]] == ["blank", "unchecked"]
    assert [event.type for event in list(twin.events)[before:]] == ["voucher.created"]


def test_12_the_oauth_server_keeps_the_rules() -> None:
    partner = Stage().partner()
    code = partner.code(scope="contacts.read", connection_name="Büro (Süd)")
    tokens = partner.redeem(code).json()
    late = partner.code()
    partner.twin.advance(301)

    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 14399, "contacts.read")
    assert (len(code), len(tokens["refresh_token"])) == (128, 128)
    assert partner.redeem(late).status == 400
    assert partner.redeem(partner.code(), code_verifier="wrong").status == 400
    assert partner.redeem(code).status == 400
    assert partner.api(tokens).get("contacts").status == 401


def test_12_rotation_and_revocation_end_the_old_tokens() -> None:
    partner = Stage().partner()
    old = partner.connect()
    new = partner.refresh(old["refresh_token"]).json()
    alive = [partner.api(tokens).get("profile").status for tokens in (old, new)]
    partner.revoke(new["refresh_token"])

    assert alive == [401, 200]
    assert partner.api(new).get("profile").status == 401
    assert [partner.refresh(tokens["refresh_token"]).status for tokens in (old, new)] == [400, 400]


def test_13_what_was_created_may_be_404_for_two_seconds() -> None:
    stage = Stage(read_lag_s=2)
    bodies = {"contacts": contact(), "articles": article(), "invoices": invoice(), "vouchers": voucher()}
    created = [f"{path}/{stage.api.create(path, body)}" for path, body in bodies.items()]

    at_once = [stage.api.get(path).status for path in created]
    stage.twin.advance(2)

    assert at_once == [404] * 4
    assert [stage.api.get(path).status for path in created] == [200] * 4


def test_14_faults_a_504_after_success_a_disguised_limit_a_taken_number() -> None:
    stage = Stage()
    stage.twin.fault("status_after", "POST", "/v1/contacts", status=504)
    lost = stage.api.post("contacts", contact())
    stage.twin.quirks.account_number_race = 1
    taken = stage.api.post("contacts", contact())
    stage.twin.quirks.disguised_rate_limit = True
    stage.twin.rate_limit(True)
    disguised = [stage.api.get("profile") for _ in range(3)][-1]

    assert (lost.status, len(stage.company.contacts)) == (504, 1)
    assert (taken.status, issues(taken)[0][0]) == (406, "account_number_already_exists")
    assert (disguised.status, disguised.body) == (
        500,
        b'{"message":"Internal server error or rate limit exceeded"}',
    )
