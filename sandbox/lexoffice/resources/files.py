"""Files (`/v1/files`), with errors in the legacy shape."""

from sandbox.lexoffice.call import Call
from sandbox.lexoffice.errors import not_found
from sandbox.lexoffice.paper import serving
from sandbox.lexoffice.routing import get
from sandbox.lexoffice.sales.kinds import KINDS
from sandbox.lexoffice.wire import Reply


def download(call: Call, id: str) -> Reply:
    file = call.organization.files.get(id)
    if file is None or file.document_id is None:
        raise not_found()
    document = call.organization.documents[file.document_id]
    return serving.of_document(
        call, document, KINDS[document.kind], call.request.headers.get("accept", "*/*")
    )


ROUTES = [get("/v1/files/{}", download, "files.read", dialect="legacy")]
