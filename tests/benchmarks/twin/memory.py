"""What 25,000 documents cost."""

from typing import Any

import httpx2
import msgspec

from tests.benchmarks.processes import memory_mib

GOAL_MB = 500
FOUNDING_S = 300
PAGE = 250
LAST_PAGE = 10_000 // PAGE
"""Beyond it the voucher list refuses to go on."""


class Memory(msgspec.Struct, frozen=True, rename="camel"):
    """Resident memory of the twin's process in MB (10⁶ bytes); `peak_mb` is the highest it ever was."""

    documents: int
    started_mb: float
    founded_mb: float
    read_mb: float
    """After as many as the list shows were listed and read one by one, which keeps their encoded answers."""
    peak_mb: float

    @property
    def reached(self) -> bool:
        return self.peak_mb < GOAL_MB


def memory(pid: int, place: dict[str, Any], pages: int = LAST_PAGE) -> Memory | None:
    """Found the large company in the twin of `place`, and read so many pages of its list one by one.

    None where the system tells no memory.
    """
    started = memory_mib(pid)
    if started is None:
        return None
    with httpx2.Client(base_url=place["controlUrl"], trust_env=False, timeout=FOUNDING_S) as control:
        company = control.post("/companies", json={"name": "large"}).raise_for_status().json()
    founded = memory_mib(pid)
    headers = {"Authorization": f"Bearer {company['apiKey']}"}
    with httpx2.Client(base_url=place["url"], headers=headers, trust_env=False, timeout=30) as client:
        for page in range(pages):
            query = {"voucherType": "invoice", "voucherStatus": "any", "size": PAGE, "page": page}
            rows = client.get("/v1/voucherlist", params=query).raise_for_status().json()["content"]
            for row in rows:
                client.get(f"/v1/invoices/{row['id']}").raise_for_status()
    read = memory_mib(pid)
    assert founded is not None
    assert read is not None
    return Memory(company["documents"], *(_mb(kept) for kept in (started[0], founded[0], read[0], read[1])))


def _mb(mib: float) -> float:
    return mib * 1024 * 1024 / 1e6
