"""Books that outlive the process: a SQLite file, one row a company and one for the rest."""

import hashlib
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path

import msgspec

from sandbox.lexoffice.state import Organization, World

SCHEMA = "CREATE TABLE IF NOT EXISTS part (name TEXT PRIMARY KEY, content BLOB NOT NULL)"
BESIDE = "world"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_WORLD = msgspec.json.Decoder(World, float_hook=Decimal)
_ORGANIZATION = msgspec.json.Decoder(Organization, float_hook=Decimal)


def parts_of(world: World) -> dict[str, bytes]:
    """The world as text, in parts: nothing of it is shared with what goes on."""
    parts = {id: _ENCODER.encode(organization) for id, organization in world.organizations.items()}
    parts[BESIDE] = _ENCODER.encode(msgspec.structs.replace(world, organizations={}))
    return parts


def world_of(parts: dict[str, bytes]) -> World:
    world = _WORLD.decode(parts[BESIDE])
    world.organizations = {id: _ORGANIZATION.decode(text) for id, text in parts.items() if id != BESIDE}
    return world


def digest(content: bytes) -> bytes:
    """Tells two states of a part apart: keeping the text itself would double what large books take."""
    return hashlib.blake2b(content, digest_size=16).digest()


class Keeper:
    """Writes what changed, a company at a time. One keeper per file."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(SCHEMA)
        self._database.commit()
        self._written = {name: digest(content) for name, content in self._parts().items()}
        self._lock = threading.Lock()

    def load(self) -> World | None:
        """The world as it was kept; None when there is none, or one of another make."""
        try:
            return world_of(self._parts()) if BESIDE in self._written else None
        except msgspec.ValidationError:
            return None

    def _parts(self) -> dict[str, bytes]:
        return dict(self._database.execute("SELECT name, content FROM part"))

    def save(self, world: World) -> None:
        parts = parts_of(world)
        digests = {name: digest(content) for name, content in parts.items()}
        with self._lock, self._database:
            for name in set(self._written) - set(parts):
                self._database.execute("DELETE FROM part WHERE name = ?", (name,))
            for name, content in parts.items():
                if self._written.get(name) != digests[name]:
                    self._database.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (name, content))
            self._written = digests

    def close(self) -> None:
        with self._lock:
            self._database.close()
