"""What Lexware Office cannot do: why, and what to do instead. Each is tried again when its source changes."""

from connectors.base.connector import Missing

MATRIX = "Lexware public API documentation and measurements of 2026-08, read 2026-11-20"
PARTNER = "Lexware partner API documentation of 2026-08-11, read 2026-11-20"
IN_APP = "People do it in Lexware Office; `links` of the object lead there."

CONTACT_DELETE = Missing(
    reason="Lexware's API deletes no contacts.",
    alternative="Archive the contact in Lexware Office; `links.view` leads there.",
    source=MATRIX,
)
MAIL = Missing(
    reason="Mailing is open to partners of Lexware only, and not offered by this connector.",
    alternative="Download the document and mail it yourself, or send it from Lexware Office.",
    source=PARTNER,
)


def _document(resource: str, noun: str) -> dict[tuple[str, str], Missing]:
    return {
        (resource, "update"): Missing(
            reason=f"Lexware's API changes no {noun}s, not even drafts.", alternative=IN_APP, source=MATRIX
        ),
        (resource, "delete"): Missing(
            reason=f"Lexware's API deletes no {noun}s, not even drafts.", alternative=IN_APP, source=MATRIX
        ),
        (resource, "finalize"): Missing(
            reason=f"Lexware's API finalizes {noun}s only while creating them.",
            alternative=f"Create the {noun} with `finalize`, or finalize the draft in Lexware Office.",
            source=MATRIX,
        ),
        (resource, "send"): MAIL,
    }


MISSING: dict[tuple[str, str], Missing] = {
    ("customers", "delete"): CONTACT_DELETE,
    ("suppliers", "delete"): CONTACT_DELETE,
    **_document("invoices", "invoice"),
    ("invoices", "cancel"): Missing(
        reason="Lexware's API voids no invoices.",
        alternative="Create a credit note over all lines with `precedingDocuments` and `finalize`.",
        source=MATRIX,
    ),
    **_document("credit-notes", "credit note"),
}
