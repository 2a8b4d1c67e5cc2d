"""A process that delivers webhooks until it is killed: `python -m …crew URL KEYS`."""

import asyncio
import sys
from pathlib import Path

from gateway.ambient import system
from gateway.audit.log import record
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.replica.contents import Contents
from gateway.replica.store import Replica
from gateway.upstream.dialling import SystemDialling
from gateway.webhooks.outbound.addresses import allowed_by
from gateway.webhooks.outbound.delivering import Delivering, Pace
from gateway.webhooks.outbound.disabling import Disabling
from gateway.webhooks.outbound.endpoints import Endpoints
from schemas import RESOURCES

CLAIM_S = 2.0


async def work(url: str, keys: str) -> None:
    ambient, database = system(), Database.open(url)
    keyring = Keyring.open(keys, ambient)
    vault = Vault(database, keyring, ambient)
    delivering = Delivering(
        database,
        ambient,
        Endpoints(ambient, vault),
        Disabling(ambient, record),
        Replica(Contents(vault, keyring.lookup(), ()), RESOURCES),
        SystemDialling(),
        allowed_by("127.0.0.0/8"),
        Pace(poll_s=0.05, claim_s=CLAIM_S, each=16),
    )
    delivering.start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], str(Path(sys.argv[2]))))
