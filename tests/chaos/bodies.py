"""What callers of these tests send."""

from typing import Any
from zlib import crc32


def invoice(name: str) -> dict[str, Any]:
    """A draft over one line that says `name`, at a price of its own: two that differ in the text alone, and
    whose answers are lost together, are for a person to tell apart.
    """
    line = {
        "type": "custom",
        "name": name,
        "quantity": "1",
        "unitName": "Stunde",
        "unitPrice": str(100 + crc32(name.encode()) % 100_000),
        "taxRate": "19",
    }
    buyer = {"name": "Erika Muster", "address": {"countryCode": "DE"}}
    return {"issuedOn": "2026-11-20", "buyer": buyer, "lines": [line]}
