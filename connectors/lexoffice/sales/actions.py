"""What can be done with a document in its present state, and where else to do it. Same for every document."""

from connectors.lexoffice.actions import IN_APP, allowed, impossible
from schemas.base import AllowedAction
from schemas.documents import DocumentStatus

SEND = impossible(
    "send",
    "Mailing is open to partners of Lexware only, and not offered by this connector.",
    "Download the document and mail it yourself, or send it from Lexware Office; `links` lead there.",
)
NO_FILE_YET = impossible(
    "document", "A draft has no document.", "Finalize it in Lexware Office; `links` lead there."
)


def _change(noun: str, status: DocumentStatus) -> list[AllowedAction]:
    drafts = status is DocumentStatus.DRAFT
    return [
        impossible("update", f"Lexware's API changes no {noun}s, not even drafts.", IN_APP),
        impossible("delete", f"Lexware's API deletes no {noun}s, not even drafts.", IN_APP),
        NO_FILE_YET if drafts else allowed("document"),
        impossible(
            "finalize",
            f"Lexware's API finalizes {noun}s only while creating them."
            if drafts
            else "It is no draft any more.",
            f"Finalize it in Lexware Office (`links.edit`), or create {noun}s with `finalize`."
            if drafts
            else "Nothing is left to do.",
        ),
    ]


CANCEL = {
    DocumentStatus.DRAFT: impossible(
        "cancel", "A draft binds nobody, so there is nothing to cancel.", "Delete it in Lexware Office."
    ),
    DocumentStatus.VOID: impossible("cancel", "It is void already.", "Nothing is left to do."),
}
CANCEL_FINAL = impossible(
    "cancel",
    "Lexware's API voids no invoices.",
    "Create a credit note over all lines with `precedingDocumentId` and `finalize`.",
)

INVOICE_ACTIONS = {
    status: [*_change("invoice", status), CANCEL.get(status, CANCEL_FINAL), SEND] for status in DocumentStatus
}
CREDIT_NOTE_ACTIONS = {status: [*_change("credit note", status), SEND] for status in DocumentStatus}
