"""Articles: regular errors, 400 for a wrong enum, 409 for a stale version, nulls in answers."""

from typing import Any

import pytest

from tests.twin.conftest import Api, article, details


def price(**changes: Any) -> dict[str, Any]:
    return {"netPrice": 95, "leadingPrice": "NET", "taxRate": 19, **changes}


def test_what_was_not_sent_is_answered_as_null(api: Api) -> None:
    answer = api.read(f"articles/{api.create('articles', article())}")

    assert [answer[name] for name in ("articleNumber", "description", "gtin", "note")] == [None] * 4


def test_a_gross_price_leads_when_told_so(api: Api) -> None:
    body = article(price={"grossPrice": 119, "leadingPrice": "GROSS", "taxRate": 19})

    assert api.read(f"articles/{api.create('articles', body)}")["price"]["netPrice"] == 100


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"title": None}, ("NOTEMPTY", "title")),
        ({"unitName": None}, ("NOTEMPTY", "unitName")),
        ({"title": " "}, ("NOTEMPTY", "title")),
        ({"unitName": ""}, ("NOTEMPTY", "unitName")),
        ({"price": None}, ("NOTNULL", "price")),
        ({"price": price(netPrice=None)}, ("NOTNULL", "price.netPrice")),
        ({"price": price(taxRate=None)}, ("NOTNULL", "price.taxRate")),
        ({"price": price(taxRate=16)}, ("INVALIDVALUE", "price.taxRate")),
        ({"gtin": "4006381333932"}, ("VALIDGTIN", "gtin")),
    ],
)
def test_a_body_that_does_not_fit_is_406_with_details(api: Api, change: Any, detail: tuple[str, str]) -> None:
    reply = api.post("articles", article(**change))

    assert reply.status == 406
    assert details(reply) == [detail]


def test_a_wrong_type_is_400_naming_what_would_do(api: Api) -> None:
    reply = api.post("articles", article(type="service"))

    assert (reply.status, reply.json()["message"]) == (400, "Value must be one of: [PRODUCT, SERVICE]")


@pytest.mark.parametrize("gtin", ["96385074", "614141000036", "4006381333931", "10614141000415"])
def test_gtins_of_8_12_13_and_14_digits_are_taken(api: Api, gtin: str) -> None:
    assert api.post("articles", article(gtin=gtin)).status == 201


def test_an_article_number_is_unique(api: Api) -> None:
    api.create("articles", article(articleNumber="A-1"))

    reply = api.post("articles", article(articleNumber="A-1"))

    assert (reply.status, details(reply)) == (406, [("MATERIAL_NUMBER_ALREADY_EXISTS", "materialNumber")])


def test_a_stale_version_is_409(api: Api) -> None:
    id = api.create("articles", article())
    api.put(f"articles/{id}", article(version=0))

    assert api.put(f"articles/{id}", article(version=0)).status == 409


def test_a_version_that_was_not_sent_is_another_error(api: Api) -> None:
    reply = api.put(f"articles/{api.create('articles', article())}", article())

    assert (reply.status, details(reply)) == (406, [("NOTNULL", "version")])


def test_a_deleted_article_is_gone_for_good(api: Api) -> None:
    id = api.create("articles", article())

    assert [api.delete(f"articles/{id}").status for _ in range(2)] == [204, 404]


def test_filters_match_in_full(api: Api) -> None:
    api.create("articles", article(articleNumber="A-1"))
    api.create("articles", article(articleNumber="A-10"))

    page = api.get("articles", articleNumber="A-1").json()

    assert [row["articleNumber"] for row in page["content"]] == ["A-1"]


def test_an_invented_filter_returns_the_whole_list(api: Api) -> None:
    api.create("articles", article())

    assert api.get("articles", invented="x").json()["totalElements"] == 1


def test_an_unknown_type_in_the_filter_is_400(api: Api) -> None:
    assert api.get("articles", type="goods").status == 400


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"size": "24"}, ("MIN", "size")),
        ({"size": "251"}, ("MAX", "size")),
        ({"page": "-1"}, ("MIN", "page")),
    ],
)
def test_a_page_has_25_to_250_articles_else_406_naming_the_parameter(
    api: Api, query: dict[str, str], detail: tuple[str, str]
) -> None:
    reply = api.get("articles", **query)

    assert (reply.status, details(reply)) == (406, [detail])


@pytest.mark.parametrize("query", [{"size": "x"}, {"page": "x"}, {"page": "400"}])
def test_a_page_that_is_no_number_or_beyond_10000_articles_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.get("articles", **query).status == 400
