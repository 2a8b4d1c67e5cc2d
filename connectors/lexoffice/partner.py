"""What is open to partners of Lexware only: connections by OAuth. Each need stands here once.

Source: partner documentation (read 2026-11-20).
"""

from connectors.base.needs import Need
from connectors.lexoffice.missing import PARTNER


def _finance(*scopes: str) -> Need:
    return Need(
        credential="oauth",
        scopes=scopes,
        reason="Lexware Office opens bank accounts and transactions to partners only, "
        "and this connection is by API key.",
        alternative="Connect by OAuth with a partner app, or let people bring the bank in to Lexware Office.",
        source=PARTNER,
    )


FINANCE_READS = _finance("finance.read")
FINANCE_WRITES = _finance("finance.read", "finance.write")
FINANCE_DELETES = _finance("finance.read", "finance.delete")


def settling(noun: str) -> Need:
    """Of documents whose deep link has `noun` in its path."""
    return Need(
        credential="oauth",
        scopes=("finance.read", "finance.write", "transaction-assignment-hint.write", "payments.read"),
        reason="Lexware's API books no payments: partners bring a transaction in and tell to which document "
        "it belongs, and this connection is by API key.",
        alternative="Connect by OAuth with a partner app, or have the payment assigned in Lexware Office; "
        "`link` leads to the document.",
        source=PARTNER,
        elsewhere=f"/permalink/{noun}/view/{{id}}",
    )
