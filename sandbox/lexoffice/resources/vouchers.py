"""Bookkeeping vouchers (`/v1/vouchers`), with errors in the legacy shape."""

from datetime import datetime
from typing import Any

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, invalid, legacy, missing, not_found, refuse
from sandbox.lexoffice.paging import page, window
from sandbox.lexoffice.resources import uploads, voucher_rules
from sandbox.lexoffice.resources.voucher_rules import DRAFTED
from sandbox.lexoffice.routing import get, post, put
from sandbox.lexoffice.search import encoded
from sandbox.lexoffice.shapes import printed
from sandbox.lexoffice.state import Voucher
from sandbox.lexoffice.visibility import seen
from sandbox.lexoffice.wire import Reply, json_reply

OWN_FIELDS = frozenset(
    ("type", "voucherStatus", "voucherNumber", "voucherDate", "dueDate", "files", "version", "contactId")
)


def create(call: Call) -> Reply:
    body = voucher_rules.read(call)
    status = body.get("voucherStatus", "open")
    if status in DRAFTED and not call.quirks.unchecked_voucher_post:
        raise refuse(invalid("voucherStatus"))
    wanted = call.quirks.voucher_post_version
    if wanted is not None and body.get("version") != wanted:
        raise refuse(invalid("version") if "version" in body else missing("version"))
    voucher = Voucher(
        id=call.twin.ids.uuid(),
        type=body["type"],
        status=status,
        version=call.quirks.created_version,
        created=call.now,
        updated=call.now,
        body={},
    )
    _write(call, voucher, body)
    call.organization.vouchers[voucher.id] = voucher
    call.emit("voucher.created", voucher.id)
    return _result(call, voucher, call.quirks.create_status)


def update(call: Call, id: str) -> Reply:
    """Full replacement. A booked voucher takes no status, an unchecked one only the way to open."""
    voucher = _find(call, id)
    body = voucher_rules.read(call)
    if "version" not in body:
        raise refuse(missing("version"))
    if body["version"] != voucher.version:
        raise Refused(call.quirks.stale_voucher_status, violations=[legacy("version", "invalid_value")])
    drafted = voucher.status in DRAFTED
    to_open = body.get("voucherStatus", "open") == "open"
    takes_it = to_open if drafted else "voucherStatus" not in body
    if not takes_it or voucher.status in ("blank", "voided"):
        raise refuse(invalid("voucherStatus"))
    _drop_files(call, voucher, body.get("files", []))
    _write(call, voucher, body)
    voucher.version += 1
    voucher.updated = call.now
    if drafted:
        voucher.status = "open"
        call.emit("voucher.status.changed", id)
    call.emit("voucher.changed", id)
    return _result(call, voucher, 200)


def read(call: Call, id: str) -> Reply:
    return json_reply(rendered(call, _find(call, id)))


def by_number(call: Call) -> Reply:
    """The deprecated look-up. Without its filter it is 400."""
    number = call.query.get("voucherNumber")
    if not number:
        raise Refused(400, "voucherNumber")
    rows = [v for v in call.organization.vouchers.values() if v.number and encoded(v.number) == number]
    cut = window(call.query, call.quirks)
    return json_reply(page(rows, [rendered(call, voucher) for voucher in cut.cut(rows)], cut, None))


def attach(call: Call, id: str) -> Reply:
    voucher = _find(call, id)
    file = uploads.receive(call, uploads.demanded_file(uploads.form(call)), voucher=voucher)
    if file.id not in voucher.files:
        voucher.files = [*voucher.files, file.id]
        file.voucher_id = voucher.id
        voucher.version += 1
        voucher.updated = call.now
        call.emit("voucher.changed", id)
    return json_reply({"id": file.id}, 202)


def _find(call: Call, id: str) -> Voucher:
    voucher = call.organization.vouchers.get(id)
    if voucher is None or not seen(call, voucher.created):
        raise not_found()
    return voucher


def _drop_files(call: Call, voucher: Voucher, kept: list[str]) -> None:
    """A file that the update leaves out is deleted for good."""
    unknown = [id for id in kept if id not in voucher.files]
    if unknown:
        raise refuse(invalid("files"))
    for id in voucher.files:
        if id not in kept:
            call.organization.files.pop(id, None)
    voucher.files = [id for id in voucher.files if id in kept]


def _write(call: Call, voucher: Voucher, body: dict[str, Any]) -> None:
    voucher.type = body["type"]
    voucher.number = body.get("voucherNumber")
    voucher.voucher_date = body.get("voucherDate")
    voucher.due = body.get("dueDate", None if voucher.status in DRAFTED else voucher.voucher_date)
    voucher.contact_id = None if body.get("useCollectiveContact") else body.get("contactId")
    voucher.total = body.get("totalGrossAmount")
    voucher.body = printed({name: value for name, value in body.items() if name not in OWN_FIELDS})
    voucher.body.setdefault("useCollectiveContact", False)
    voucher.body.setdefault("voucherItems", [])


def rendered(call: Call, voucher: Voucher) -> dict[str, Any]:
    body = voucher.body
    collective = body["useCollectiveContact"]
    out: dict[str, Any] = {
        "id": voucher.id,
        "organizationId": call.organization.id,
        "type": voucher.type,
        "voucherStatus": voucher.status,
        "voucherNumber": voucher.number,
        "voucherDate": _moment(voucher.voucher_date),
        "shippingDate": body.get("shippingDate"),
        "dueDate": _moment(voucher.due),
        "totalGrossAmount": body.get("totalGrossAmount"),
        "totalTaxAmount": body.get("totalTaxAmount"),
        "taxType": body.get("taxType"),
        "useCollectiveContact": collective,
        "contactId": voucher.contact_id,
        "contactName": body.get("contactName", voucher.collective_contact) if collective else None,
        "remark": body.get("remark"),
        "voucherItems": body["voucherItems"],
        "files": voucher.files,
        "createdDate": shown(voucher.created),
        "updatedDate": shown(voucher.updated),
        "version": voucher.version,
    }
    return {name: value for name, value in out.items() if value is not None}


def _moment(moment: datetime | None) -> str | None:
    return shown(moment) if moment else None


def _result(call: Call, voucher: Voucher, status: int) -> Reply:
    return call.action_result(
        "/v1/vouchers", voucher.id, shown(voucher.created), shown(voucher.updated), voucher.version, status
    )


ROUTES = [
    get("/v1/vouchers", by_number, "vouchers.read", dialect="legacy"),
    get("/v1/vouchers/{}", read, "vouchers.read", dialect="legacy"),
    post("/v1/vouchers", create, "vouchers.write", dialect="legacy"),
    put("/v1/vouchers/{}", update, "vouchers.write", dialect="legacy"),
    post("/v1/vouchers/{}/files", attach, "vouchers.write", "files.write", dialect="legacy", content=None),
]
