"""Items of a batch at the door: each becomes the request that it would be by itself, and is kept so."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from connectors.base.errors import FieldError
from connectors.base.operations import OPERATIONS
from gateway.api.admission import MAX_HEADER, PRINTABLE
from gateway.api.asked import ENCODER, Asked
from gateway.api.call import Call
from gateway.api.declaration import Endpoint
from gateway.api.intake import MAX_ERRORS, fit, fit_query
from gateway.api.unified import PREFIX
from gateway.api.unified import endpoints as unified_endpoints
from gateway.errors import Forbidden, Invalid
from schemas.base import Input, Resource

ISSUES_DOCUMENTS = ("create", "convert", "cancel", "send")
"""Operations that make or mail a document, where the resource is one that can be mailed."""


class BatchItemInput(Input, kw_only=True, frozen=True):
    """One write, as it would be asked for by itself."""

    resource: Annotated[str, Meta(max_length=100)]
    """Of the unified model, as in the path: `invoices`."""
    operation: Annotated[str, Meta(max_length=100)]
    """`create`, `update`, `delete`, or an action such as `finalize`."""
    id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """The object, where the operation's path has one."""
    body: Any = None
    """The body that the operation takes."""
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=MAX_HEADER)] | None = None
    """Tells this write from its repetition, here and by itself; default: the batch's id and the index."""
    if_match: Annotated[str, Meta(min_length=1, max_length=MAX_HEADER)] | None = None
    """ETag of the version that a change was made on; required by `update` and `delete`."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """An item that may run."""

    endpoint: Endpoint
    item: BatchItemInput
    body: Any
    paced: bool
    """Whether the accounting system's fair use counts it."""


class Misfit(Exception):
    """An item that no request can be made of; `errors` count from the item."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__()
        self.errors = errors


def admitted(call: Call, items: list[BatchItemInput]) -> list[Admitted]:
    """Every item as a request, before anything is kept or sent.

    Raises:
        Invalid: with the misfits of all items, paths as in the batch.
        Forbidden: the API key lacks a scope that one of them needs.
    """
    routes = _routes(call.rooms.resources)
    found: list[Admitted] = []
    errors: list[FieldError] = [*_repeated_keys(items)]
    for index, item in enumerate(items):
        try:
            found.append(_admitted(routes, item))
        except Misfit as misfit:
            errors += [_under(index, error) for error in misfit.errors]
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise Invalid(tuple(errors[:MAX_ERRORS]))
    for one in found:
        if one.endpoint.scope not in call.caller.scopes:
            raise Forbidden(str(one.endpoint.scope))
        if getattr(one.body, "finalize", False) and "finalize" not in call.caller.scopes:
            raise Forbidden("finalize")
    return found


def packed(call: Call, one: Admitted, key: str, request_id: str) -> bytes:
    """The item as a kept request, to be sealed."""
    headers = [("idempotency-key", key)]
    if one.item.if_match is not None:
        headers.append(("if-match", one.item.if_match))
    asked = Asked(
        endpoint=one.endpoint.name,
        path={} if one.item.id is None else {"id": one.item.id},
        queries=[msgspec.Raw(ENCODER.encode(query)) for query in fit_query({}, one.endpoint.query)],
        body=msgspec.Raw(ENCODER.encode(one.body)),
        headers=headers,
        scopes=sorted(call.caller.scopes),
        key_id=call.caller.key_id,
        request_id=request_id,
    )
    return ENCODER.encode(asked)


def _admitted(routes: dict[tuple[str, str], tuple[Endpoint, bool]], item: BatchItemInput) -> Admitted:
    if (item.resource, item.operation) not in routes:
        known = sorted(operation for resource, operation in routes if resource == item.resource)
        field, told = ("operation", known) if known else ("resource", sorted({name for name, _ in routes}))
        raise Misfit((_error(field, "unknown", f"There are {', '.join(told)}."),))
    endpoint, paced = routes[item.resource, item.operation]
    errors = tuple(_frame_misfits(endpoint, item))
    if errors:
        raise Misfit(errors)
    return Admitted(endpoint=endpoint, item=item, body=_body(endpoint, item), paced=paced)


def _frame_misfits(endpoint: Endpoint, item: BatchItemInput) -> Iterator[FieldError]:
    """What is wrong beside the body."""
    if ("id" in endpoint.parameters) != (item.id is not None):
        wanted = "is required" if item.id is None else "has no place here"
        yield _error("id", "missing" if item.id is None else "value", f"An id {wanted}.")
    if endpoint.precondition and item.if_match is None:
        yield _error("ifMatch", "missing", "Send the ETag of the version that the change was made on.")
    for field, value in (("idempotencyKey", item.idempotency_key), ("ifMatch", item.if_match)):
        if value is not None and not (PRINTABLE.fullmatch(value) and value.isascii()):
            yield _error(field, "value", "It takes printable ASCII characters.")
    if endpoint.body is None and item.body is not None:
        yield _error("body", "value", "This operation takes no body.")


def _body(endpoint: Endpoint, item: BatchItemInput) -> Any:
    if endpoint.body is None:
        return None
    if endpoint.body is Any or item.body is None:
        if not isinstance(item.body, dict):
            raise Misfit((_error("body", "type", "Expected an object."),))
        return item.body
    try:
        return fit(item.body, endpoint.body, endpoint.read)
    except Invalid as invalid:
        raise Misfit(
            tuple(
                msgspec.structs.replace(error, field=f"body.{error.field}" if error.field else "body")
                for error in invalid.errors
            )
        ) from invalid


def _routes(resources: dict[str, Resource]) -> dict[tuple[str, str], tuple[Endpoint, bool]]:
    """Resource and operation to what answers it, and whether fair use counts it. Files come by forms only."""
    declared = {(endpoint.method, endpoint.path): endpoint for endpoint in unified_endpoints(resources)}
    return {
        (resource.name, name): (
            declared[OPERATIONS[name].method, f"{PREFIX}{resource.name}{OPERATIONS[name].path}"],
            name in ISSUES_DOCUMENTS and "send" in resource.operations,
        )
        for resource in resources.values()
        for name in resource.operations
        if OPERATIONS[name].writes and OPERATIONS[name].body != "file" and not resource.singleton
    }


def _repeated_keys(items: list[BatchItemInput]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        if item.idempotency_key is None:
            continue
        if item.idempotency_key in seen:
            yield _under(index, _error("idempotencyKey", "repeated", "This key stands twice in the batch."))
        seen.add(item.idempotency_key)


def _under(index: int, error: FieldError) -> FieldError:
    return msgspec.structs.replace(error, field=f"items[{index}].{error.field}")


def _error(field: str, code: str, message: str) -> FieldError:
    return FieldError(field=field, code=code, message=message)
