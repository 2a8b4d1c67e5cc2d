"""What can be done with a document in its present state, and where else to do it.

Derived from the operations of the resource: what the connector has no method for is impossible for the reason
that `missing` gives; the rest is possible unless the state forbids it.
"""

from connectors.base.needs import Access, unmet
from connectors.lexoffice.actions import allowed, impossible
from connectors.lexoffice.missing import MISSING
from schemas import RESOURCES
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus

NOT_ACTIONS = ("list", "get", "create")
"""Operations that are not done with one document."""
DONE = "Nothing is left to do."
NOT_NOW = {
    ("document", DocumentStatus.DRAFT): impossible(
        "document", "A draft has no document.", "Finalize it in Lexware Office; `links` lead there."
    ),
    ("cancel", DocumentStatus.DRAFT): impossible(
        "cancel", "A draft binds nobody, so there is nothing to cancel.", "Delete it in Lexware Office."
    ),
    ("send", DocumentStatus.DRAFT): impossible(
        "send", "A draft is not mailed.", "Finalize it in Lexware Office; `links` lead there."
    ),
    ("cancel", DocumentStatus.VOID): impossible("cancel", "It is void already.", DONE),
    **{
        ("finalize", status): impossible("finalize", "It is no draft any more.", DONE)
        for status in DocumentStatus
        if status is not DocumentStatus.DRAFT
    },
}
"""What a state forbids, whatever the connector can do."""


def allowed_actions(resource: str, kind: type, access: Access, status: DocumentStatus) -> list[AllowedAction]:
    """Every operation on one document of `resource`, as the class `kind` can do it over a connection."""
    return [
        _action(resource, kind, access, operation, status)
        for operation in RESOURCES[resource].operations
        if operation not in NOT_ACTIONS
    ]


def _action(
    resource: str, kind: type, access: Access, operation: str, status: DocumentStatus
) -> AllowedAction:
    told = NOT_NOW.get((operation, status))
    return told or as_connected(resource, kind, access, operation)


def as_connected(resource: str, kind: type, access: Access, operation: str) -> AllowedAction:
    """Whether the class `kind` can do the operation over a connection, whatever the state of the object."""
    if callable(getattr(kind, operation, None)):
        need = getattr(kind, "needs", {}).get(operation)
        if need is not None and unmet(need, access) is not None:
            return impossible(operation, need.reason, need.alternative)
        return allowed(operation)
    missing = MISSING[resource, operation]
    return impossible(operation, missing.reason, missing.alternative or DONE)
