"""Articles (`/v1/articles`). Their answers keep nulls, unlike all others."""

from decimal import Decimal
from typing import Any

from stdnum import ean

from sandbox.lexoffice import money
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, Violation, invalid, missing, not_found, refuse
from sandbox.lexoffice.paging import Sort, page, strict_window
from sandbox.lexoffice.routing import delete, get, post, put
from sandbox.lexoffice.shapes import Choice, Fields, Integer, Number, Text, printed
from sandbox.lexoffice.state import Article
from sandbox.lexoffice.visibility import seen
from sandbox.lexoffice.wire import Reply, json_reply

TYPES = ("PRODUCT", "SERVICE")
RATES = frozenset(map(Decimal, (0, 7, 19)))
SHAPE = Fields(
    {
        "title": Text(255, required=True),
        "description": Text(2000),
        "type": Choice(TYPES, required=True),
        "articleNumber": Text(255),
        "gtin": Text(),
        "note": Text(1000),
        "unitName": Text(255, required=True),
        "price": Fields(
            {
                "netPrice": Number(4),
                "grossPrice": Number(4),
                "leadingPrice": Choice(("NET", "GROSS"), required=True),
                "taxRate": Number(2, required=True),
            },
            required=True,
        ),
        "version": Integer(0),
    }
)
SORT = Sort("title", ascending=True)


def list_articles(call: Call) -> Reply:
    query = call.query
    if (type := query.get("type")) and type not in TYPES:
        raise Refused(400, f"Value must be one of: [{', '.join(TYPES)}]")
    cut = strict_window(query, call.quirks, least=25)
    wanted = {name: query[name] for name in ("articleNumber", "gtin", "type") if query.get(name)}
    rows = [
        article
        for article in call.organization.articles.values()
        if all(article.body.get(name) == value for name, value in wanted.items())
    ]
    rows.sort(key=lambda article: article.body["title"].casefold())
    return json_reply(page(rows, [rendered(call, article) for article in cut.cut(rows)], cut, SORT))


def read(call: Call, id: str) -> Reply:
    return json_reply(rendered(call, _find(call, id)))


def create(call: Call) -> Reply:
    body = _read(call)
    article = Article(call.twin.ids.uuid(), body, call.quirks.created_article_version, call.now, call.now)
    _demand_unique_number(call, article.id, body)
    call.organization.articles[article.id] = article
    call.emit("article.created", article.id)
    return _result(call, article, call.quirks.create_status)


def update(call: Call, id: str) -> Reply:
    article = _find(call, id)
    body = _read(call)
    if "version" not in body:
        raise refuse(missing("version"))
    if body["version"] != article.version:
        raise Refused(call.quirks.stale_article_status, "The article has been changed in the meantime.")
    _demand_unique_number(call, id, body)
    article.body, article.updated = body, call.now
    article.version += 1
    call.emit("article.changed", id)
    return _result(call, article, 200)


def remove(call: Call, id: str) -> Reply:
    _find(call, id)
    del call.organization.articles[id]
    call.emit("article.deleted", id)
    return Reply(204)


def _find(call: Call, id: str) -> Article:
    article = call.organization.articles.get(id)
    if article is None or not seen(call, article.created):
        raise not_found()
    return article


def _read(call: Call) -> dict[str, Any]:
    found: list[Violation] = []
    body = SHAPE.read(_without_computed(call.json()), "", found)
    enums = [violation for violation in found if violation.code == "ENUM"]
    if enums:
        raise Refused(400, enums[0].message)
    if body is None or found:
        raise refuse(*found)
    price = body["price"]
    side = "netPrice" if price["leadingPrice"] == "NET" else "grossPrice"
    if side not in price:
        found.append(missing(f"price.{side}"))
    if price["taxRate"] not in RATES:
        found.append(invalid("price.taxRate"))
    if body.get("gtin") and not ean.is_valid(body["gtin"]):
        found.append(invalid("gtin", "keine gültige GTIN", "VALIDGTIN"))
    if found:
        raise refuse(*found)
    return printed(body)


def _without_computed(raw: Any) -> Any:
    """The body without the price that does not lead: read-only, whatever was sent for it."""
    price = raw.get("price") if isinstance(raw, dict) else None
    if not isinstance(price, dict):
        return raw
    computed = "netPrice" if price.get("leadingPrice") == "GROSS" else "grossPrice"
    return {**raw, "price": {name: value for name, value in price.items() if name != computed}}


def _demand_unique_number(call: Call, id: str, body: dict[str, Any]) -> None:
    number = body.get("articleNumber")
    if number and any(
        other.id != id and other.body.get("articleNumber") == number
        for other in call.organization.articles.values()
    ):
        taken = "MATERIAL_NUMBER_ALREADY_EXISTS"
        raise refuse(invalid("materialNumber", "Artikelnummer bereits vergeben", taken))


def rendered(call: Call, article: Article) -> dict[str, Any]:
    body = article.body
    return {
        "id": article.id,
        "organizationId": call.organization.id,
        "createdDate": shown(article.created),
        "updatedDate": shown(article.updated),
        "archived": False,
        "title": body["title"],
        "description": body.get("description"),
        "type": body["type"],
        "articleNumber": body.get("articleNumber"),
        "gtin": body.get("gtin"),
        "note": body.get("note"),
        "unitName": body["unitName"],
        "price": printed(_price(body["price"])),
        "version": article.version,
    }


def _price(given: dict[str, Any]) -> dict[str, Any]:
    """Both sides of the price; the one that does not lead is computed."""
    rate = given["taxRate"]
    if given["leadingPrice"] == "NET":
        net = given["netPrice"]
        gross = money.cents(money.gross_of(net, rate))
    else:
        gross = given["grossPrice"]
        net = money.cents(money.net_of(gross, rate))
    return {"netPrice": net, "grossPrice": gross, "leadingPrice": given["leadingPrice"], "taxRate": rate}


def _result(call: Call, article: Article, status: int) -> Reply:
    return call.action_result(
        "/v1/articles", article.id, shown(article.created), shown(article.updated), article.version, status
    )


ROUTES = [
    get("/v1/articles", list_articles, "articles.read"),
    get("/v1/articles/{}", read, "articles.read"),
    post("/v1/articles", create, "articles.write"),
    put("/v1/articles/{}", update, "articles.write"),
    delete("/v1/articles/{}", remove, "articles.write"),
]
