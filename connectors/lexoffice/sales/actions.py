"""What can be done with a document in its present state, and where else to do it.

Derived from the operations of the resource: what the connector has no method for is impossible for the reason
that `missing` gives; the rest is possible unless the state forbids it.
"""

from connectors.base.needs import Access, unmet
from connectors.lexoffice.actions import allowed, impossible
from connectors.lexoffice.missing import MISSING
from connectors.lexoffice.sales.following import (
    CLOSING,
    CREDITED,
    FINALIZE,
    NOTHING_TO_DO,
    Trait,
    followers,
    obstacle,
)
from connectors.lexoffice.sales.noun import Noun
from schemas import RESOURCES
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus

NOT_ACTIONS = ("list", "get", "create")
"""Operations that are not done with one document."""
SETTLED = impossible("settle", "It is settled.", NOTHING_TO_DO)
OWES_NOTHING = impossible("settle", "It is void: nothing is owed.", NOTHING_TO_DO)
NOT_NOW = {
    ("document", DocumentStatus.DRAFT): impossible("document", "A draft has no document.", FINALIZE),
    ("cancel", DocumentStatus.DRAFT): impossible(
        "cancel", "A draft binds nobody, so there is nothing to cancel.", "Delete it in Lexware Office."
    ),
    ("send", DocumentStatus.DRAFT): impossible("send", "A draft is not mailed.", FINALIZE),
    ("cancel", DocumentStatus.VOID): impossible("cancel", "It is void already.", NOTHING_TO_DO),
    ("settle", DocumentStatus.DRAFT): impossible("settle", "Nothing is owed on a draft.", FINALIZE),
    ("settle", DocumentStatus.PAID): SETTLED,
    ("settle", DocumentStatus.VOID): OWES_NOTHING,
    **{
        ("finalize", status): impossible("finalize", "It is no draft any more.", NOTHING_TO_DO)
        for status in DocumentStatus
        if status is not DocumentStatus.DRAFT
    },
}
"""What a state forbids, whatever the connector can do."""
NOT_CANCELLED = {
    trait: impossible("cancel", *found)
    for trait, found in ((Trait.CREDITED, CREDITED), (Trait.CLOSING, CLOSING))
}
"""What cannot be cancelled in any state, since a credit note is what cancels."""


def allowed_actions(
    noun: Noun, kind: type, access: Access, status: DocumentStatus, standing: frozenset[Trait] = frozenset()
) -> list[AllowedAction]:
    """Every operation on one document, as the class `kind` can do it over a connection.

    `convert` has an entry for each resource that documents of this kind can be made into.
    """
    return [
        action
        for operation in RESOURCES[noun.resource].operations
        if operation not in NOT_ACTIONS
        for action in (
            _conversions(noun, status, standing)
            if operation == "convert"
            else [_action(noun, kind, access, operation, status, standing)]
        )
    ]


def _conversions(noun: Noun, status: DocumentStatus, standing: frozenset[Trait]) -> list[AllowedAction]:
    found = ((to, obstacle(noun.voucher_type, to, status, standing)) for to in followers(noun.voucher_type))
    return [
        allowed("convert", to) if hindered is None else impossible("convert", *hindered, to)
        for to, hindered in found
    ]


def _action(
    noun: Noun,
    kind: type,
    access: Access,
    operation: str,
    status: DocumentStatus,
    standing: frozenset[Trait],
) -> AllowedAction:
    resource = noun.resource
    can = callable(getattr(kind, operation, None))
    if (can or operation == "finalize") and not noun.always_draft:
        told = NOT_NOW.get((operation, status))
        if told is None and operation == "cancel":
            told = next((found for trait, found in NOT_CANCELLED.items() if trait in standing), None)
        if told is not None:
            return told
    return as_connected(resource, kind, access, operation)


def as_connected(resource: str, kind: type, access: Access, operation: str) -> AllowedAction:
    """Whether the class `kind` can do the operation over a connection, whatever the state of the object."""
    if callable(getattr(kind, operation, None)):
        need = getattr(kind, "needs", {}).get(operation)
        if need is not None and unmet(need, access) is not None:
            return impossible(operation, need.reason, need.alternative)
        return allowed(operation)
    missing = MISSING[resource, operation]
    return impossible(operation, missing.reason, missing.alternative or NOTHING_TO_DO)
