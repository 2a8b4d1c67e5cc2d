"""The endpoints of the sales vouchers. No list, no update, no delete: the vendor has none."""

from datetime import timedelta
from functools import partial

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import GatewayRefused, Refused, not_found
from sandbox.lexoffice.paper import serving
from sandbox.lexoffice.routing import Route, get, post
from sandbox.lexoffice.sales import pursuit, rendering, writing
from sandbox.lexoffice.sales.kinds import KINDS, Kind
from sandbox.lexoffice.state import Document
from sandbox.lexoffice.visibility import seen
from sandbox.lexoffice.wire import Reply, bytes_reply, json_reply


def find(call: Call, kind: Kind, id: str) -> Document:
    """A document of this kind; an id of another kind is a 404 too."""
    document = call.organization.documents.get(id)
    if document is None or document.kind != kind.path or not seen(call, document.created):
        raise not_found()
    return document


def create(call: Call, *, kind: Kind) -> Reply:
    # The predecessor is looked at before the body is.
    preceding = call.query.get("precedingSalesVoucherId")
    before = pursuit.predecessor(call.organization, kind, preceding, call.quirks)
    _demand_fair_use(call)
    finalized = call.query.get("finalize", "").lower() == "true" and not kind.always_draft
    document = writing.write(
        call.twin, call.organization, kind, call.json(), before=before, finalized=finalized
    )
    return call.action_result(
        f"/v1/{kind.path}", document.id, shown(document.created), shown(document.updated),
        document.version, call.quirks.create_status,
    )  # fmt: skip


def _demand_fair_use(call: Call) -> None:
    most, since = call.quirks.documents_per_minute, call.now - timedelta(minutes=1)
    if most and sum(d.created > since for d in call.organization.documents.values()) >= most:
        raise GatewayRefused(429, "Rate limit exceeded", "LimitExceededException")


def read(call: Call, id: str, *, kind: Kind) -> Reply:
    return bytes_reply(rendering.encoded(call.twin, call.organization, find(call, kind, id)))


def file(call: Call, id: str, *, kind: Kind) -> Reply:
    document = find(call, kind, id)
    if document.status == "draft" and not kind.always_draft:
        raise Refused(409, "The file of a document in status 'draft' cannot be requested.")
    return serving.of_document(call, document, kind, call.request.headers.get("accept", "*/*"))


def document_id(call: Call, id: str, *, kind: Kind) -> Reply:
    """The deprecated way to the paper: the id under which `/v1/files` has it."""
    document = find(call, kind, id)
    if document.status == "draft" and not kind.always_draft:
        raise Refused(406, "Requesting PDF document is not possible in state draft.")
    return json_reply({"documentFileId": serving.file_id(call, document)})


def routes_of(kind: Kind) -> list[Route]:
    path, scope = f"/v1/{kind.path}", kind.scope
    routes = [
        get(f"{path}/{{}}", partial(read, kind=kind), f"{scope}.read"),
        get(f"{path}/{{}}/file", partial(file, kind=kind), f"{scope}.read"),
    ]
    if kind.creatable:
        routes += [
            post(path, partial(create, kind=kind), f"{scope}.write"),
            get(f"{path}/{{}}/document", partial(document_id, kind=kind), f"{scope}.read"),
        ]
    return routes


ROUTES = [route for kind in KINDS.values() for route in routes_of(kind)]
