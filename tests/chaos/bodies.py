"""What callers of these tests send."""

from typing import Any


def invoice(name: str) -> dict[str, Any]:
    """A draft over one line that says `name`, and alike in all else."""
    line = {
        "type": "custom",
        "name": name,
        "quantity": "1",
        "unitName": "Stunde",
        "unitPrice": "95",
        "taxRate": "19",
    }
    buyer = {"name": "Erika Muster", "address": {"countryCode": "DE"}}
    return {"issuedOn": "2026-11-20", "buyer": buyer, "lines": [line]}
