"""Cash boxes (`/v1/cash-boxes`) and their closings of the day, the Z-Bons."""

from typing import Any

from sandbox.lexoffice import taxes
from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, Violation, invalid, missing, not_found, refuse
from sandbox.lexoffice.paging import Sort, page, window
from sandbox.lexoffice.resources.categories import CATEGORIES
from sandbox.lexoffice.routing import delete, get, post, put
from sandbox.lexoffice.shapes import (
    Choice,
    Fields,
    Integer,
    Many,
    Moment,
    Number,
    Text,
    Uuid,
    printed,
    read_body,
)
from sandbox.lexoffice.state import Record
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/cash-boxes"
MAIN_BOX = "Hauptkasse"
MOST_BALANCES = 100
CREATE = Fields(
    {
        "cashBoxName": Text(255, required=True),
        "openingDate": Moment(required=True, day_will_do=True),
        "openingAmount": Number(2, 0, required=True, lenient=True),
        "currency": Choice(("EUR",), required=True),
        "identifier": Text(255, required=True),
        "externalReference": Text(255),
    }
)
RENAME = Fields({"cashBoxName": Text(255, required=True), "version": Integer(0)})
POSITION = Fields(
    {
        "paymentType": Choice(("cash", "creditCard", "electronicCash", "valueCoupon"), required=True),
        "categoryId": Uuid(required=True),
        "amount": Number(2, required=True, lenient=True),
        "taxRatePercentage": Number(2, required=True, lenient=True),
        "currency": Choice(("EUR",), required=True),
        "taxType": Choice(("gross",), required=True),
        "voucherType": Choice(("revenue", "expense", "revenueReduction", "opening"), required=True),
        "note": Text(),
    }
)
BALANCE = Fields(
    {
        "voucherNumber": Text(255, required=True),
        "voucherDate": Moment(required=True, day_will_do=True),
        "userName": Text(255),
        "positions": Many(POSITION, required=True),
    }
)


def list_all(call: Call) -> Reply:
    return json_reply({"content": [_rendered(call, box) for box in call.organization.cash_boxes.values()]})


def read(call: Call, id: str) -> Reply:
    return json_reply(_rendered(call, _find(call, id)))


def create(call: Call) -> Reply:
    body = read_body(CREATE, call.json())
    _demand_free_name(call, body["cashBoxName"])
    box = Record(id=call.twin.ids.uuid(), body=printed(body), version=1, created=call.now, updated=call.now)
    call.organization.cash_boxes[box.id] = box
    return _result(call, PATH, box, 201)


def rename(call: Call, id: str) -> Reply:
    box = _find(call, id)
    body = read_body(RENAME, call.json())
    if "version" not in body:
        raise refuse(missing("version"))
    if body["version"] != box.version:
        raise Refused(409, "The cash box has been changed in the meantime.")
    _demand_free_name(call, body["cashBoxName"], id)
    box.body["cashBoxName"] = body["cashBoxName"]
    box.version += 1
    box.updated = call.now
    return _result(call, PATH, box, 200)


def remove(call: Call, id: str) -> Reply:
    _find(call, id)
    if call.organization.balances.get(id):
        raise Refused(409, "The cash box has vouchers.")
    del call.organization.cash_boxes[id]
    return Reply(204)


def balances(call: Call, id: str) -> Reply:
    _find(call, id)
    query = call.query
    rows = [row for row in call.organization.balances.get(id, []) if _wanted(row, query)]
    name, _, direction = query.get("sort", "voucherDate,DESC").partition(",")
    if name not in ("voucherDate", "voucherNumber") or direction.upper() not in ("ASC", "DESC"):
        raise Refused(400, "parameter 'sort' is invalid")
    rows.sort(key=lambda row: row.body[name], reverse=direction.upper() == "DESC")
    cut = window(query, call.quirks, most=MOST_BALANCES)
    shown_rows = [_balance(row) for row in cut.cut(rows)]
    return json_reply(page(rows, shown_rows, cut, Sort(name, direction.upper() == "ASC")))


def _wanted(row: Record, query: dict[str, str]) -> bool:
    day = row.body["voucherDate"][:10]
    return query.get("voucherNumber", row.body["voucherNumber"]) == row.body["voucherNumber"] and query.get(
        "dateFrom", day
    ) <= day <= query.get("dateTo", day)


def add_balance(call: Call, id: str) -> Reply:
    _find(call, id)
    body = read_body(BALANCE, call.json())
    kept = call.organization.balances.setdefault(id, [])
    found: list[Violation] = [] if body["positions"] else [missing("positions")]
    for index, position in enumerate(body["positions"]):
        if position["taxRatePercentage"] not in taxes.ANY_GERMAN:
            found.append(invalid(f"positions[{index}].taxRatePercentage"))
        if position["categoryId"] not in CATEGORIES:
            found.append(invalid(f"positions[{index}].categoryId"))
    if found:
        raise refuse(*found)
    body = printed(body)
    pair = (body["voucherNumber"], body["voucherDate"])
    if any((row.body["voucherNumber"], row.body["voucherDate"]) == pair for row in kept):
        raise Refused(406, "There is a voucher of this number and date already.")
    for position in body["positions"]:
        position |= {"voucherId": call.twin.ids.uuid(), "voucherStatus": "paid"}
    row = Record(id=call.twin.ids.uuid(), body=body, version=1, created=call.now, updated=call.now)
    kept.append(row)
    return _result(call, f"{PATH}/{id}/balances", row, 201)


def _balance(row: Record) -> dict[str, Any]:
    return {"id": row.id, **row.body, "createdDate": shown(row.created), "updatedDate": shown(row.updated)}


def _demand_free_name(call: Call, name: str, own: str | None = None) -> None:
    boxes = call.organization.cash_boxes.values()
    if name == MAIN_BOX or any(box.body["cashBoxName"] == name and box.id != own for box in boxes):
        raise refuse(invalid("cashBoxName"))


def _find(call: Call, id: str) -> Record:
    box = call.organization.cash_boxes.get(id)
    if box is None:
        raise not_found()
    return box


def _rendered(call: Call, box: Record) -> dict[str, Any]:
    return {
        "id": box.id,
        "organizationId": call.organization.id,
        **box.body,
        "createdDate": shown(box.created),
        "updatedDate": shown(box.updated),
        "version": box.version,
    }


def _result(call: Call, path: str, row: Record, status: int) -> Reply:
    return call.action_result(path, row.id, shown(row.created), shown(row.updated), row.version, status)


READ, WRITE = "cashbox.read", "cashbox.write"
ROUTES = [
    get(PATH, list_all, READ),
    get(f"{PATH}/{{}}", read, READ),
    get(f"{PATH}/{{}}/balances", balances, READ),
    post(PATH, create, WRITE),
    post(f"{PATH}/{{}}/balances", add_balance, WRITE),
    put(f"{PATH}/{{}}", rename, WRITE),
    delete(f"{PATH}/{{}}", remove, "cashbox.delete"),
]
