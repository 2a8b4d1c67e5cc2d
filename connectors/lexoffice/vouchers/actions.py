"""What can be done with a voucher as it stands, and where else to do it."""

from connectors.base.needs import Access
from connectors.lexoffice.actions import impossible
from connectors.lexoffice.sales.actions import NOT_ACTIONS, OWES_NOTHING, SETTLED, as_connected
from connectors.lexoffice.sales.following import NOTHING_TO_DO
from connectors.lexoffice.vouchers.kinds import BLANK, UNCHECKED, VOID
from schemas import RESOURCES
from schemas.base import AllowedAction

LATER = "Read it again in a moment."
UNBOOKED = impossible("settle", "Nothing is owed before it is booked.", "Book it: update `needsReview`.")
NOT_NOW = {
    ("update", BLANK): impossible("update", "Lexware Office is still reading the upload.", LATER),
    ("update", VOID): impossible("update", "A void document is not changed any more.", NOTHING_TO_DO),
    ("settle", BLANK): UNBOOKED,
    ("settle", UNCHECKED): UNBOOKED,
    ("settle", "paid"): SETTLED,
    ("settle", "paidoff"): SETTLED,
    ("settle", VOID): OWES_NOTHING,
}
"""What a state of the vendor's forbids."""
NO_FILE = impossible("document", "No file is attached.", "Attach one.")


def allowed_actions(
    resource: str, kind: type, access: Access, vendor_status: str, has_files: bool
) -> list[AllowedAction]:
    """Every operation on one document of `resource`, as the class `kind` can do it over a connection."""
    told = NOT_NOW if has_files else {**NOT_NOW, ("document", vendor_status): NO_FILE}
    return [
        told.get((operation, vendor_status)) or as_connected(resource, kind, access, operation)
        for operation in RESOURCES[resource].operations
        if operation not in NOT_ACTIONS
    ]
