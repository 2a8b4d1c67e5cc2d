"""Interaction status of invoices handed over electronically: transmitted, accepted, rejected."""

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.errors import Refused, not_found, refuse
from sandbox.lexoffice.errors import missing as missing_field
from sandbox.lexoffice.routing import get, put
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.sales.routes import find
from sandbox.lexoffice.shapes import Choice, Fields, Integer, read_body
from sandbox.lexoffice.state import Document, Record
from sandbox.lexoffice.wire import Reply, json_reply

PATH = "/v1/invoices/{}/interaction-status"
SHAPE = Fields({"status": Choice(("accepted", "rejected"), required=True), "version": Integer(0)})


def read(call: Call, id: str) -> Reply:
    document = find(call, KINDS["invoices"], id)
    status = _status(call, document)
    return json_reply(
        {
            "resourceId": document.id,
            "organizationId": call.organization.id,
            "createdDate": shown(status.created),
            "updatedDate": shown(status.updated),
            "status": status.body["status"],
            "version": status.version,
        }
    )


def update(call: Call, id: str) -> Reply:
    document = find(call, KINDS["invoices"], id)
    status = _status(call, document)
    body = read_body(SHAPE, call.json())
    if "version" not in body:
        raise refuse(missing_field("version"))
    if body["version"] != status.version:
        raise Refused(409, "The interaction status has been changed in the meantime.")
    status.body = {"status": body["status"]}
    status.version += 1
    status.updated = call.now
    return call.action_result(
        "/v1/invoices", f"{id}/interaction-status", shown(status.created), shown(status.updated),
        status.version, 200,
    )  # fmt: skip


def _status(call: Call, document: Document) -> Record:
    """Only an XRechnung that has left the house has one (guess)."""
    if document.profile != "XRechnung" or document.status == "draft":
        raise not_found()
    if document.interaction is None:
        document.interaction = Record(
            id=document.id,
            body={"status": "transmitted"},
            version=1,
            created=document.updated,
            updated=document.updated,
        )
    return document.interaction


ROUTES = [get(PATH, read, "invoices.read"), put(PATH, update, "invoices.read")]
