"""The ends of all trails, once a day, out of the database: to a file and to the log, which is shipped."""

import asyncio
import logging
from pathlib import Path

from gateway.ambient import Ambient
from gateway.audit.heads import SignedHead, Signing, lines, signed_heads
from gateway.persistence.database import Database

DIRECTORY = "audit-heads"
logger = logging.getLogger(__name__)


async def keep_heads(database: Database, signing: Signing, ambient: Ambient, data_dir: Path) -> int:
    """Write `audit-heads/<day>.jsonl` and a line of log a trail; how many trails."""
    now = ambient.clock.now()
    async with database.read() as session:
        heads = await signed_heads(session, signing, now)
    await asyncio.to_thread(_write, data_dir / DIRECTORY, f"{now:%Y-%m-%d}.jsonl", heads)
    for head in heads:
        logger.info(
            "audit head",
            extra={
                "trail": head.tenant_id,
                "sequence": head.sequence,
                "hash": head.hash,
                "at": head.at.isoformat(),
                "signature": head.signature,
            },
        )
    return len(heads)


def _write(directory: Path, name: str, heads: list[SignedHead]) -> None:
    """A second run of the same day replaces the first, and never leaves half a file."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = directory / f".{name}"
    half.write_text(lines(heads))
    half.replace(directory / name)
