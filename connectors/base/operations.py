"""The operations of the unified API, each declared once. Routes, OpenAPI and matrix are loops over them."""

from msgspec import Struct

from schemas import actions, transactions
from schemas.base import Input, Unified


class Operation(Struct, frozen=True, kw_only=True):
    """A verb. A connector resource that has a method of this name can do it."""

    name: str
    method: str
    path: str
    """Below `/v1/accounting/{resource}`; for singletons `/{id}` falls away."""
    scope: str
    """Scope the caller's key needs."""
    status: int
    """HTTP status of success."""
    body: str | None = None
    """`create`: the resource's input; `patch`: a JSON merge patch; `file`: a form with one; None: none."""
    takes: type[Input] | None = None
    """Struct of the body of an action; None where `body` says it, or there is none."""
    answers: type[Unified] | None = None
    """What an action answers with; None where `answer` says it."""
    answer: str
    """`one`: the object; `page`: a list of it; `file`: bytes; `stored`: a StoredFile; `none`: no content."""
    summary: str

    @property
    def writes(self) -> bool:
        """True when it can change something at the vendor."""
        return self.method != "GET"

    @property
    def needs_id(self) -> bool:
        return "{id}" in self.path

    @property
    def rehearses(self) -> bool:
        """True when it writes values of the caller's, so that `dryRun` and `strict` mean something."""
        return self.body in ("create", "patch") or self.takes is not None


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation(
            name="list",
            method="GET",
            path="",
            scope="read",
            status=200,
            answer="page",
            summary="List {names}",
        ),
        Operation(
            name="get",
            method="GET",
            path="/{id}",
            scope="read",
            status=200,
            answer="one",
            summary="Read one of {names}",
        ),
        Operation(
            name="create",
            method="POST",
            path="",
            scope="write",
            status=201,
            body="create",
            answer="one",
            summary="Create one of {names}",
        ),
        Operation(
            name="update",
            method="PATCH",
            path="/{id}",
            scope="write",
            status=200,
            body="patch",
            answer="one",
            summary="Change one of {names}",
        ),
        Operation(
            name="delete",
            method="DELETE",
            path="/{id}",
            scope="write",
            status=204,
            answer="none",
            summary="Delete one of {names}",
        ),
        Operation(
            name="document",
            method="GET",
            path="/{id}/document",
            scope="read",
            status=200,
            answer="file",
            summary="Download the PDF or XML of one of {names}",
        ),
        Operation(
            name="upload",
            method="POST",
            path="",
            scope="write",
            status=201,
            body="file",
            answer="stored",
            summary="Upload one of {names}",
        ),
        Operation(
            name="enclose",
            method="POST",
            path="/attachments",
            scope="write",
            status=201,
            body="file",
            answer="stored",
            summary="Upload one of {names} to mail along",
        ),
        Operation(
            name="attach",
            method="POST",
            path="/{id}/files",
            scope="write",
            status=201,
            body="file",
            answer="stored",
            summary="Attach a file to one of {names}",
        ),
        Operation(
            name="content",
            method="GET",
            path="/{id}/content",
            scope="read",
            status=200,
            answer="file",
            summary="Download one of {names}",
        ),
        Operation(
            name="finalize",
            method="POST",
            path="/{id}/finalize",
            scope="finalize",
            status=200,
            answer="one",
            summary="Make a draft of {names} final",
        ),
        Operation(
            name="cancel",
            method="POST",
            path="/{id}/cancel",
            scope="finalize",
            status=200,
            takes=actions.CancelInput,
            answers=actions.Cancellation,
            answer="one",
            summary="Cancel one of {names}",
        ),
        Operation(
            name="convert",
            method="POST",
            path="/{id}/convert",
            scope="write",
            status=201,
            takes=actions.ConvertInput,
            answers=actions.Conversion,
            answer="one",
            summary="Make the following document of one of {names}",
        ),
        Operation(
            name="settle",
            method="POST",
            path="/{id}/settlements",
            scope="write",
            status=201,
            takes=actions.SettleInput,
            answers=actions.Settlement,
            answer="one",
            summary="Tell of a payment for one of {names}",
        ),
        Operation(
            name="latest",
            method="GET",
            path="/{id}/latest-transaction",
            scope="read",
            status=200,
            answers=transactions.Transaction,
            answer="one",
            summary="Read the latest transaction of one of {names}",
        ),
        Operation(
            name="batch",
            method="POST",
            path="/batch",
            scope="write",
            status=201,
            takes=transactions.TransactionBatchInput,
            answers=transactions.TransactionBatch,
            answer="one",
            summary="Create many {names} with one call",
        ),
        Operation(
            name="send",
            method="POST",
            path="/{id}/send",
            scope="write",
            status=202,
            takes=actions.SendInput,
            answer="none",
            summary="Have the accounting system mail one of {names}",
        ),
    )
}
