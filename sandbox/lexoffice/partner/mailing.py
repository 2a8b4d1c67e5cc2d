"""Mailing of sales vouchers (`POST …/{id}/sendmail`). Nothing leaves: the twin keeps what it would send."""

from datetime import timedelta
from functools import partial

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import Refused, Violation, invalid, of_gateway, refuse
from sandbox.lexoffice.routing import post
from sandbox.lexoffice.sales.kinds import KINDS, Kind
from sandbox.lexoffice.sales.routes import find
from sandbox.lexoffice.shapes import Choice, Fields, Many, Text, Uuid, read_body
from sandbox.lexoffice.state import Mail
from sandbox.lexoffice.wire import Reply

ATTACHMENT = Fields(
    {
        "id": Uuid(required=True),
        "fileName": Text(255, required=True),
        "fileExtension": Choice(("pdf", "png", "jpg", "jpeg"), required=True),
    }
)
SHAPE = Fields(
    {
        "recipients": Many(Text(255, required=True), required=True),
        "subject": Text(),
        "message": Text(),
        "signature": Text(),
        "attachments": Many(ATTACHMENT),
    }
)
LINK = "{sharedLink}"


def send(call: Call, id: str, *, kind: Kind) -> Reply:
    document = find(call, kind, id)
    body = read_body(SHAPE, call.json())
    found: list[Violation] = [] if body["recipients"] else [invalid("recipients")]
    files = call.organization.files
    for index, attachment in enumerate(body.get("attachments", [])):
        file = files.get(attachment["id"])
        if file is None or not file.attachment:
            found.append(invalid(f"attachments[{index}].id"))
    if found:
        raise refuse(*found)
    if document.status == "draft" and not kind.always_draft:
        raise Refused(406, "A document in status 'draft' cannot be mailed.")
    _demand_pace(call)
    shared = f"{call.request.base_url}/permalink/{kind.path}/view/{id}"
    mail = Mail(
        id,
        body["recipients"],
        body.get("subject", f"{kind.german} {document.number or ''}".strip()),
        body.get("message", f"Anbei erhalten Sie: {kind.german}. {LINK}").replace(LINK, shared),
        [attachment["id"] for attachment in body.get("attachments", [])],
        call.now,
    )
    call.organization.mails = [*call.organization.mails, mail]
    return Reply(202)


def _demand_pace(call: Call) -> None:
    since = call.now - timedelta(minutes=1)
    recent = sum(mail.sent > since for mail in call.organization.mails[-call.quirks.mails_per_minute :])
    if call.quirks.rate_limit and recent >= call.quirks.mails_per_minute:
        raise of_gateway(429)


ROUTES = [
    post(f"/v1/{kind.path}/{{}}/sendmail", partial(send, kind=kind), "vouchers.sendmail")
    for kind in KINDS.values()
    if kind.creatable
]
