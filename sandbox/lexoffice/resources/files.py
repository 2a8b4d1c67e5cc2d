"""Files (`/v1/files/{id}`), with errors in the legacy shape."""

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import not_found
from sandbox.lexoffice.paper import serving
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.state import StoredFile
from sandbox.lexoffice.wire import Reply, json_reply


def download(call: Call, id: str) -> Reply:
    return serving.of_file(call, _find(call, id), call.request.headers.get("accept", "*/*"))


def status(call: Call, id: str) -> Reply:
    """Always 200: what is still on its way has no id yet."""
    file = _find(call, id)
    if file.failed:
        return json_reply({"status": "upload_failed"})
    voucher = call.organization.vouchers.get(file.voucher_id or "")
    if voucher is not None and voucher.status == "blank":
        return json_reply({"status": "upload_processing"})
    return json_reply({"id": file.id, "status": "upload_success"})


def _find(call: Call, id: str) -> StoredFile:
    file = call.organization.files.get(id)
    if file is None:
        raise not_found()
    return file


ROUTES = [
    get("/v1/files/{}", download, "files.read", dialect="legacy"),
    get("/v1/files/{}/status", status, "files.status", dialect="legacy"),
]
