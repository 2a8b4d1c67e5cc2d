"""The traps that clients of the vendor fell into, by number: the twin has each of them.

Numbers follow the project's reference on the vendor's API, section "Known traps". What is a matter of the
client alone (15, 19, 22 in part, 30, 35) has no test here.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.lexoffice.resources.categories import CATEGORIES
from sandbox.lexoffice.state import Organization
from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, article, contact, details, invoice, issues
from tests.twin.test_uploads import upload
from tests.twin.test_vouchers import voucher


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


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_04_a_sales_voucher_cannot_be_changed(api: Api, method: str) -> None:
    assert api.call(method, f"invoices/{api.create('invoices', invoice())}", {}).status == 404


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


def test_14_an_upload_needs_its_type_and_an_attachment_to_a_voucher_takes_none(api: Api) -> None:
    bill = api.create("vouchers", voucher())

    assert upload(api).status == 400
    assert upload(api, None, type="voucher").status == 500
    assert upload(api, path=f"vouchers/{bill}/files").status == 202


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


def test_23_the_signed_body_is_compact(api: Api, twin: Twin) -> None:
    api.create("event-subscriptions", {"eventType": "contact.created", "callbackUrl": "https://a.example"})
    api.create("contacts", contact())
    twin.catch_up()

    assert b": " not in twin.collect_postings()[0].body


# 24, 25: test_oauth.py, TestRefresh.


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


# 29: test_einvoices.py, TestXRechnung. 31: test_vouchers.py, TestContacts.


def test_32_an_open_amount_may_be_null(api: Api) -> None:
    api.create("invoices", invoice())

    [row] = api.get("voucherlist", voucherType="any", voucherStatus="draft").json()["content"]

    assert row["openAmount"] is None


# 33: test_templates.py.


def test_34_a_key_lacks_what_it_was_not_given(twin: Twin, company: Organization) -> None:
    old = Api(twin, twin.create_api_key(company.id, permissions=["contacts.read"]))

    assert old.get(f"quotations/{company.id}").status == 403


class TestSeenInClients:
    """Section "learned by running third-party clients", by number."""

    def test_2_a_pdf_asked_for_as_json_is_base64(self, api: Api) -> None:
        id = api.create("invoices", invoice(), finalize="true")

        assert api.get(f"invoices/{id}/file", accept="application/json").body.startswith(b"JVBERi0")

    def test_3_a_page_of_articles_has_25_at_least(self, api: Api) -> None:
        assert api.get("articles", size="1").status == 406

    def test_5_dunnings_are_no_type_of_the_list(self, api: Api) -> None:
        assert api.get("voucherlist", voucherType="dunning", voucherStatus="any").status == 400

    def test_6_finalized_for_finalize_makes_a_draft(self, api: Api) -> None:
        assert (
            api.read(f"invoices/{api.create('invoices', invoice(), finalized='true')}")["voucherStatus"]
            == "draft"
        )

    def test_7_xml_is_for_invoices_and_credit_notes(self, api: Api) -> None:
        order = api.create("order-confirmations", invoice(), finalize="true")
        sale = api.create("invoices", invoice(), finalize="true")

        assert api.get(f"order-confirmations/{order}/file", accept="application/xml").status == 406
        assert api.get(f"invoices/{sale}/file", accept="application/xml").status == 404


def test_amounts_are_exact_to_the_last_digit(api: Api) -> None:
    id = api.create(
        "invoices", invoice(totalPrice={"currency": "EUR", "totalDiscountAbsolute": Decimal("0.01")})
    )

    assert api.read(f"invoices/{id}")["totalPrice"]["totalNetAmount"] == Decimal("189.99")
