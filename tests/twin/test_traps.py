"""The traps that clients of the vendor fell into, by number: the twin has each of them.

Numbers follow the project's reference on the vendor's API, section "Known traps". Where a trap is one of the
client alone, the test shows what it meets when it falls in.
"""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.lexoffice.resources.categories import CATEGORIES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from sandbox.lexoffice.wire import Request
from tests.twin.conftest import Api, article, contact, details, invoice, issues
from tests.twin.switches import GERMAN_ADDRESS, Stage
from tests.twin.test_uploads import PDF, multipart, upload
from tests.twin.test_vouchers import THIRD_COUNTRY, item, sale, voucher

TRAPS = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 34, 35,
)  # fmt: skip


@pytest.mark.parametrize("number", TRAPS)
def test_a_trap_has_a_test(number: int) -> None:
    assert re.search(rf"^def test_{number:02d}_", Path(__file__).read_text(), re.MULTILINE)


def test_01_validation_is_406_but_400_for_the_enums_of_articles(api: Api) -> None:
    statuses = [
        api.post("invoices", invoice(voucherDate=None)).status,
        api.post("contacts", contact(roles=None)).status,
        api.post("articles", article(type="x")).status,
    ]

    assert statuses == [406, 406, 400]


def test_02_a_stale_version_is_406_for_contacts_409_for_articles_and_a_draft_s_file_is_409_too(
    api: Api,
) -> None:
    person, thing = api.create("contacts", contact()), api.create("articles", article())
    draft = api.create("invoices", invoice())

    assert api.put(f"contacts/{person}", contact(version=9)).status == 406
    assert api.put(f"articles/{thing}", article(version=9)).status == 409
    assert api.get(f"invoices/{draft}/file", accept="*/*").status == 409


def test_03_the_same_create_twice_makes_two(api: Api, company: Organization) -> None:
    for _ in range(2):
        api.call("POST", "invoices", invoice(), headers={"idempotency-key": "k1"})

    assert len(company.documents) == 2


def test_03_a_504_may_have_booked_what_a_retry_books_again(
    api: Api, twin: Twin, company: Organization
) -> None:
    twin.fault("status_after", "POST", "/v1/vouchers", status=504)

    assert [api.post("vouchers", voucher(remark="key-1")).status for _ in range(2)] == [504, 201]
    assert [booked.body["remark"] for booked in company.vouchers.values()] == ["key-1", "key-1"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_04_a_sales_voucher_cannot_be_changed(api: Api, method: str) -> None:
    assert api.call(method, f"invoices/{api.create('invoices', invoice())}", {}).status == 404


@pytest.mark.parametrize("query", [{"voucherType": "any"}, {"voucherStatus": "any"}])
def test_05_both_filters_of_the_voucher_list_are_mandatory(api: Api, query: dict[str, str]) -> None:
    assert api.get("voucherlist", **query).status == 400


def test_05_overdue_comes_back_under_open(api: Api, twin: Twin) -> None:
    api.create("invoices", invoice(), finalize="true")
    twin.advance(timedelta(days=30))

    rows = api.get("voucherlist", voucherType="invoice", voucherStatus="open").json()["content"]

    assert [row["voucherStatus"] for row in rows] == ["overdue"]


def test_06_beyond_10000_hits_the_search_fails(api: Api) -> None:
    assert api.get("voucherlist", voucherType="any", voucherStatus="any", page="400").status == 400


def test_07_an_update_without_files_deletes_the_receipt(api: Api) -> None:
    id = api.create("vouchers", voucher())
    file = upload(api, path=f"vouchers/{id}/files").json()["id"]
    api.put(f"vouchers/{id}", voucher(version=api.read(f"vouchers/{id}")["version"]))

    assert api.get(f"files/{file}", accept="*/*").status == 404


def test_08_a_contact_with_two_mails_of_a_kind_cannot_be_written(api: Api, twin: Twin) -> None:
    id = api.create("contacts", contact(emailAddresses={"business": ["a@b.example"]}))
    twin.add_entry(id, "emailAddresses", "business", "c@d.example")

    assert issues(api.put(f"contacts/{id}", contact(version=2))) == [
        ("invalid_value", "emailAddresses.business.size")
    ]


def test_09_what_an_update_leaves_out_is_emptied(api: Api) -> None:
    id = api.create("contacts", contact(note="bleibt nicht"))
    api.put(f"contacts/{id}", contact(version=1))

    assert "note" not in api.read(f"contacts/{id}")


def test_10_an_invoice_needs_one_billing_address_on_its_contact(api: Api) -> None:
    assert (
        api.post("invoices", invoice(address={"contactId": api.create("contacts", contact())})).status == 406
    )


def test_11_a_search_is_html_encoded_and_three_signs_long(api: Api) -> None:
    api.create("contacts", contact(company={"name": "A & B"}))

    assert [api.get("contacts", name=name).json()["totalElements"] for name in ("a &amp; b", "a & b")] == [
        1,
        0,
    ]
    assert api.get("contacts", name="a ").status == 400


@pytest.mark.parametrize(
    "moment", ["2026-03-02T00:00:00+01:00", "2026-03-02T00:00:00.000+0100", "2026-03-02T00:00:00.00Z"]
)
def test_12_a_moment_has_three_digits_of_milliseconds_and_a_colon(api: Api, moment: str) -> None:
    assert details(api.post("invoices", invoice(voucherDate=moment)))[0][1] == "voucherDate"


def test_13_names_differ_from_resource_to_resource(api: Api) -> None:
    sale = api.read(f"invoices/{api.create('invoices', invoice())}")
    bill = api.read(f"vouchers/{api.create('vouchers', voucher())}")

    assert "taxRatePercentage" in sale["lineItems"][0]["unitPrice"]
    assert "taxRatePercent" in bill["voucherItems"][0]


def test_13_so_do_ids_versions_and_the_case_of_types(api: Api) -> None:
    body = {"eventType": "contact.created", "callbackUrl": "https://a.example"}
    created = api.post("event-subscriptions", body).json()
    service = api.create("articles", article(type="SERVICE"))
    small = {**invoice()["lineItems"][0], "id": service, "type": "service"}

    assert "subscriptionId" not in created
    assert api.read(f"event-subscriptions/{created['id']}")["subscriptionId"] == created["id"]
    assert api.post("invoices", invoice(lineItems=[small])).status == 201
    assert api.post("invoices", invoice(lineItems=[{**small, "type": "SERVICE"}])).status == 406
    assert api.post("articles", article(type="service")).status == 400


def test_14_an_upload_needs_its_type_and_an_attachment_to_a_voucher_takes_none(api: Api) -> None:
    bill = api.create("vouchers", voucher())

    assert upload(api).status == 400
    assert upload(api, None, type="voucher").status == 500
    assert upload(api, path=f"vouchers/{bill}/files").status == 202


def test_15_a_retry_with_a_stream_that_was_read_before_uploads_nothing(
    api: Api, company: Organization
) -> None:
    body, headers = multipart(content=PDF, type="voucher")

    assert api.call("POST", "files", b"", headers=headers).status >= 400
    assert (company.files, company.vouchers) == ({}, {})
    assert api.call("POST", "files", body, headers=headers).status == 202


def test_16_what_is_new_may_be_404_for_seconds(api: Api, twin: Twin) -> None:
    twin.quirks.read_lag_s = 2

    assert api.get(f"contacts/{api.create('contacts', contact())}").status == 404


def test_17_contacts_made_at_once_may_collide(api: Api, twin: Twin) -> None:
    twin.quirks.account_number_race = 1
    collided = api.post("contacts", contact())

    assert (collided.status, issues(collided)) == (
        406,
        [("account_number_already_exists", "roles.customer.number")],
    )
    assert api.post("contacts", contact()).status == 200


def test_18_archived_is_written_in_vain(api: Api) -> None:
    id = api.create("contacts", contact(archived=True))

    assert api.read(f"contacts/{id}")["archived"] is False


def test_19_a_name_beside_a_contact_is_refused(api: Api, customer: str) -> None:
    body = voucher(useCollectiveContact=False, contactId=customer, contactName="Kiosk")

    assert api.post("vouchers", body).status == 406
    one_off = voucher(useCollectiveContact=True, contactName="Kiosk")
    assert api.post("vouchers", one_off).status == 201


def test_20_a_dunning_needs_its_invoice_and_stays_a_draft(api: Api) -> None:
    owed = api.create("invoices", invoice(), finalize="true")
    id = api.create("dunnings", invoice(), finalize="true", precedingSalesVoucherId=owed)

    assert api.post("dunnings", invoice()).status == 406
    assert api.read(f"dunnings/{id}")["voucherStatus"] == "draft"


def test_21_terms_without_a_label_are_refused(api: Api) -> None:
    assert api.post("invoices", invoice(paymentConditions={"paymentTermDuration": 7})).status == 406


def test_22_a_deleted_key_takes_its_subscriptions_along(api: Api, twin: Twin, company: Organization) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": "https://a.example"})
    twin.revoke(twin.connection_of(api.key).id)

    assert company.subscriptions == {}


@pytest.mark.parametrize(("answer", "tries"), [(404, 26), (410, 1)])
def test_22_an_endpoint_that_is_gone_loses_its_subscription(
    api: Api, twin: Twin, company: Organization, answer: int, tries: int
) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": "https://a.example"})
    api.create("contacts", contact())
    twin.catch_up()

    made = 0
    while company.subscriptions:
        [posting] = twin.collect_postings()
        twin.settle_posting(posting.delivery_id, answer)
        twin.advance(7200)
        made += 1

    assert made == tries


def test_23_the_signed_body_is_compact(api: Api, twin: Twin) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": "https://a.example"})
    api.create("contacts", contact())
    twin.catch_up()

    assert b": " not in twin.collect_postings()[0].body


def test_24_the_second_of_two_refreshes_with_one_token_has_nothing_to_go_on_with() -> None:
    partner = Stage().partner()
    token = partner.connect()["refresh_token"]
    first, second = partner.refresh(token), partner.refresh(token)

    assert first.json()["refresh_token"] != token
    assert (second.status, second.json()["error"]) == (400, "invalid_grant")


def test_25_an_access_token_may_die_early_and_one_refresh_heals_it() -> None:
    partner = Stage().partner()
    tokens = partner.connect()
    api = partner.api(tokens)
    partner.twin.end_access(partner.twin.connection_of(tokens["access_token"]).id)

    renewed = partner.refresh(tokens["refresh_token"])

    assert api.get("profile").status == 401
    assert partner.api(renewed.json()).get("profile").status == 200


def test_26_the_category_of_small_businesses_is_the_new_one() -> None:
    assert "f5c7fee8-f184-4e7a-ab04-8f7e7ad6c207" in CATEGORIES
    assert "7a1efa0e-6283-4cbf-9583-8e88d3ba5960" not in CATEGORIES


def test_27_an_unchecked_voucher_is_written_to_open_only(api: Api, twin: Twin) -> None:
    id = upload(api, type="voucher").json()["voucherId"]
    twin.advance(3)
    version = api.read(f"vouchers/{id}")["version"]

    assert api.put(f"vouchers/{id}", voucher(version=version, voucherStatus="unchecked")).status == 406
    assert api.put(f"vouchers/{id}", voucher(version=version, voucherStatus="open")).status == 200


@pytest.mark.parametrize("field", ["createdDateTo", "updatedDateTo"])
def test_28_the_end_of_a_range_is_inclusive(api: Api, field: str) -> None:
    api.create("invoices", invoice())

    page = api.get("voucherlist", voucherType="any", voucherStatus="any", **{field: "2026-03-02"}).json()

    assert page["totalElements"] == 1


def test_29_an_xrechnung_is_xml_as_the_invoice_s_file_and_pdf_as_a_file(api: Api) -> None:
    leitweg = {"buyerReference": "991-12345-67", "vendorNumberAtCustomer": "70123456"}
    body = contact(addresses={"billing": [GERMAN_ADDRESS]}, xRechnung=leitweg)
    address = {"contactId": api.create("contacts", body)}
    id = api.create("invoices", invoice(address=address), finalize="true")
    file = api.read(f"invoices/{id}")["files"]["documentFileId"]

    types = [
        api.get(path, accept="*/*").header("content-type")
        for path in (f"invoices/{id}/file", f"files/{file}")
    ]

    assert types == ["application/xml", "application/pdf"]


def test_30_the_path_of_an_article_is_in_the_plural(api: Api) -> None:
    id = api.create("articles", article())

    assert [api.put(f"{path}/{id}", article(version=0)).status for path in ("article", "articles")] == [
        404,
        200,
    ]


def test_31_a_person_buys_no_services_in_a_third_country(api: Api) -> None:
    person = api.create("contacts", contact(company=None, person={"lastName": "Muster"}))
    body = {**sale(useCollectiveContact=False, contactId=person, totalTaxAmount=0, totalGrossAmount=100),
            "voucherItems": [item(100, 0, 0, THIRD_COUNTRY)]}  # fmt: skip

    refused = api.post("vouchers", body)

    assert (refused.status, issues(refused)[0][0]) == (
        406,
        "individual_person_not_applicable_service_third_party",
    )


def test_32_an_open_amount_may_be_null(api: Api) -> None:
    api.create("invoices", invoice())

    [row] = api.get("voucherlist", voucherType="any", voucherStatus="draft").json()["content"]

    assert row["openAmount"] is None


def test_32_it_may_be_a_string_in_payments(api: Api, twin: Twin) -> None:
    twin.quirks.open_amount_as_text = True
    owed = api.create("invoices", invoice(), finalize="true")

    assert api.read(f"payments/{owed}")["openAmount"] == "226.10"


def test_33_the_list_row_of_a_recurring_template_lacks_the_tax(
    api: Api, twin: Twin, company: Organization, customer: str
) -> None:
    id = twin.create_template(company.id, invoice(address={"contactId": customer})).id

    [row] = api.read("recurring-templates")["content"]

    assert "totalTaxAmount" not in row["totalPrice"]
    assert "lineItems" not in row
    assert "totalTaxAmount" in api.read(f"recurring-templates/{id}")["totalPrice"]


def test_34_a_key_lacks_what_it_was_not_given(twin: Twin, company: Organization) -> None:
    old = Api(twin, twin.create_api_key(company.id, permissions=["contacts.read"]))

    assert old.get(f"quotations/{company.id}").status == 403


def test_35_the_twin_has_no_host_of_its_own(api: Api) -> None:
    headers = {"authorization": f"Bearer {api.key}", "content-type": "application/json"}
    raw = b'{"version":0,"roles":{"customer":{}},"person":{"lastName":"Muster"}}'

    hosts = [
        api.twin.handle(Request("POST", "/v1/contacts", (), headers, raw, host)).reply.json()["resourceUri"]
        for host in ("https://api.lexoffice.io", "https://api.lexware.io")
    ]

    assert [uri.split("/v1/")[0] for uri in hosts] == ["https://api.lexoffice.io", "https://api.lexware.io"]
