"""Books that outlive the process: a SQLite file, one row a company and one for the rest."""

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


class Keeper:
    """Writes what changed, a company at a time. One keeper per file."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(SCHEMA)
        self._database.commit()
        self._written: dict[str, bytes] = dict(self._database.execute("SELECT name, content FROM part"))
        self._lock = threading.Lock()

    def load(self) -> World | None:
        """The world as it was kept; None when there is none, or one of another make."""
        rows = dict(self._written)
        if BESIDE not in rows:
            return None
        try:
            world = _WORLD.decode(rows.pop(BESIDE))
            world.organizations = {id: _ORGANIZATION.decode(content) for id, content in rows.items()}
        except msgspec.ValidationError:
            return None
        return world

    def save(self, world: World) -> None:
        parts = self.parts(world)
        with self._lock, self._database:
            for name in set(self._written) - set(parts):
                self._database.execute("DELETE FROM part WHERE name = ?", (name,))
            for name, content in parts.items():
                if self._written.get(name) != content:
                    self._database.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (name, content))
            self._written = parts

    @staticmethod
    def parts(world: World) -> dict[str, bytes]:
        parts = {id: _ENCODER.encode(organization) for id, organization in world.organizations.items()}
        parts[BESIDE] = _ENCODER.encode(msgspec.structs.replace(world, organizations={}))
        return parts

    def close(self) -> None:
        with self._lock:
            self._database.close()
