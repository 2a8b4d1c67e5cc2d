"""Every quirk really switches something, and whatever is unverified about the vendor has one."""

from pathlib import Path

import msgspec
import pytest

from sandbox.lexoffice import quirks
from sandbox.lexoffice.quirks import Quirks
from tests.twin.switches import SWITCHES, Stage

README = (Path(quirks.__file__).parent / "README.md").read_text()
# The reference's list of what is unverified, row by row, with the switches that settle each for the twin.
UNVERIFIED = {
    "Refresh token lifetime": ("refresh_token_days",),
    "OAuth error body": ("oauth_error_description",),
    "Rate limit scope for partners": ("rate_limit_per",),
    "429 headers": ("retry_after_header",),
    "403 body for missing scope": ("missing_scope_shape",),
    "402 body": ("lapsed_plan_shape",),
    "Stale version on vouchers": ("stale_voucher_status",),
    "POST of unchecked vouchers": ("unchecked_voucher_post",),
    "Tax rounding per line or per rate; half-up": ("tax_rounding", "ties"),
    "Burst capacity of the token bucket": ("rate_capacity",),
    "POST status of articles, vouchers, other sales vouchers": ("create_status",),
    "Status code of page size and sort refusals": ("page_refusal_status", "article_page_refusal_status"),
    "Status of the search window's end": ("search_window_status",),
    "Distribution of a total discount, voucher total tolerance": (
        "total_discount",
        "voucher_tolerance_cents",
    ),
    "Unit gross rounding": ("unit_price_digits",),
    "VAT id for intraCommunitySupply; allowTaxFreeInvoices": (
        "vat_id_for_intra_community",
        "ids_for_tax_free_contacts",
    ),
    "photovoltaicEquipment writable": ("photovoltaic_writable",),
    "Vendor-only contact on purchase vouchers": ("vendor_only_purchases",),
    "Pursue cells without proof": ("unproven_pursuits",),
    "Draft credit note with a predecessor": ("draft_credit_notes_count",),
    "subscriptionStatus and features": ("profile_sample_fields",),
    "Partner integration statuses": ("known_integration_statuses_only",),
    "Fee category table": ("known_fee_categories_only",),
    "Finance transaction PUT": ("finance_transaction_update",),
    "accountSystem values": ("account_system",),
    "recurringtemplate and dunnings in voucherlist": ("unlisted_in_voucherlist",),
    "Number start 10001 / 70001": ("first_customer_number", "first_vendor_number"),
    "Ping path": ("ping",),
    "20 documents per minute": ("documents_per_minute",),
    "version in voucher POST": ("voucher_post_version",),
}
NOT_A_SWITCH = {
    "Sandbox webhook key, key rotation": "each twin makes its own key and serves it at the documented path",
    "Full list of categories and countries": "data, whose made-up part README.md tells",
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_quirk_switches_what_it_says(name: str) -> None:
    switch = SWITCHES[name]

    assert switch.look(Stage(**switch.under)) == switch.by_default
    assert switch.look(Stage(**{**switch.under, name: switch.other})) == switch.switched
    assert switch.by_default != switch.switched


def test_every_quirk_is_looked_at() -> None:
    assert set(SWITCHES) == set(Quirks.__struct_fields__)


@pytest.mark.parametrize("name", SWITCHES)
def test_the_other_value_is_another_and_one_the_control_api_takes(name: str) -> None:
    other = SWITCHES[name].other

    assert getattr(msgspec.convert({name: other}, Quirks), name) == other
    assert getattr(Quirks(), name) != other


@pytest.mark.parametrize("name", Quirks.__struct_fields__)
def test_a_quirk_stands_in_the_table_with_default_and_source(name: str) -> None:
    rows = [row for row in README.splitlines() if row.startswith("| `") and f"`{name}`" in row.split("|")[1]]

    assert len(rows) == 1
    assert all(cell.strip() for cell in rows[0].strip("|").split("|"))


def test_all_32_unverified_points_are_settled() -> None:
    assert len(UNVERIFIED) + len(NOT_A_SWITCH) == 32


@pytest.mark.parametrize("point", UNVERIFIED)
def test_an_unverified_point_has_its_switch(point: str) -> None:
    assert set(UNVERIFIED[point]) <= set(Quirks.__struct_fields__)
