"""What clients in use send beside the documentation, and the twin takes since it seems to work for them."""

import pytest

from sandbox.lexoffice.twin import Twin
from tests.twin.conftest import Api, article

LISTS = ("contacts/", "articles/", "voucherlist/")


@pytest.mark.parametrize("path", LISTS)
def test_a_slash_at_the_end_changes_nothing(api: Api, path: str) -> None:
    query = {"voucherType": "any", "voucherStatus": "any"} if path.startswith("voucherlist") else {}

    assert api.get(path, **query).json() == api.get(path.rstrip("/"), **query).json()


def test_a_slash_at_the_end_is_an_unknown_route_where_it_is_switched_off(twin: Twin, api: Api) -> None:
    id = api.create("articles", article())
    twin.quirks.trailing_slash = False

    assert (api.get(f"articles/{id}").status, api.get(f"articles/{id}/").status) == (200, 404)


def test_blanks_between_the_types_of_the_voucher_list_are_ignored(api: Api) -> None:
    reply = api.get("voucherlist", voucherType="invoice, creditnote", voucherStatus="open, paid")

    assert reply.status == 200
