"""What an operation needs of a connection, and what a call without it ends in."""

import pytest

from connectors.base.errors import KontorError, NotSupported, PermissionMissing, PlanTooSmall
from connectors.base.needs import Access, Need, unmet


def need(**parts: object) -> Need:
    return Need(reason="Only partners mail.", alternative="Mail it yourself.", source="docs", **parts)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("needed", "access", "error"),
    [
        ({"credential": "oauth"}, Access(credential="api_key"), NotSupported),
        ({"price_modes": ("net", "gross")}, Access(price_mode="tax_free"), NotSupported),
        ({"scopes": ("a", "b")}, Access(scopes=frozenset({"a"})), PermissionMissing),
        ({"features": ("XL", "L")}, Access(features=frozenset({"S"})), PlanTooSmall),
    ],
)
def test_what_is_missing_decides_the_error(
    needed: dict[str, object], access: Access, error: type[KontorError]
) -> None:
    found = unmet(need(**needed), access)

    assert type(found) is error
    assert found is not None
    assert found.hint_text == "Mail it yourself."


@pytest.mark.parametrize(
    ("needed", "access"),
    [
        ({}, Access()),
        ({"credential": "oauth"}, Access(credential="oauth")),
        ({"scopes": ("a",)}, Access()),  # nobody knows: the vendor tells
        ({"scopes": ("a",)}, Access(scopes=frozenset({"a", "b"}))),
        ({"features": ("XL",)}, Access()),
        ({"features": ("XL", "L")}, Access(features=frozenset({"L"}))),
        ({"price_modes": ("net",)}, Access()),
    ],
)
def test_what_is_there_or_unknown_is_no_hindrance(needed: dict[str, object], access: Access) -> None:
    assert unmet(need(**needed), access) is None
