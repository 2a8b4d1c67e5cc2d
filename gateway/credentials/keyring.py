"""The key file: the ring of master keys and the key of the lookup hashes. It never enters the database."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.ambient import Ambient
from gateway.credentials.sealing import KEY_BYTES
from gateway.credentials.wrapping import leaf, path_of, without
from gateway.settings import SettingsError
from gateway.tenants.lookup import LookupHash

MODE = 0o600


class KeyFileError(SettingsError):
    """The key file cannot be used; the message says why and what to do."""


class MasterKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key that wraps data keys, each tenant's by a key of its own that is derived from it."""

    id: str
    key: bytes = b""
    """Empty once a tenant was forgotten."""
    nodes: dict[str, bytes] = {}
    """What is left of it then."""

    def wrapping(self, tenant_id: str) -> bytes | None:
        """The key that wraps this tenant's data keys; None: it was forgotten."""
        return leaf(self._nodes, path_of(tenant_id))

    def without(self, tenant_id: str) -> "MasterKey":
        """The same for all other tenants."""
        return MasterKey(id=self.id, nodes=without(self._nodes, path_of(tenant_id)))

    @property
    def fits(self) -> bool:
        """Whether it is long enough to be one."""
        return bool(self._nodes) and all(len(key) >= KEY_BYTES for key in self._nodes.values())

    @property
    def _nodes(self) -> dict[str, bytes]:
        return {"": self.key} if self.key else self.nodes

    def __repr__(self) -> str:
        return f"MasterKey(id={self.id!r})"


class Ring(Struct, frozen=True, kw_only=True):
    """What the file holds, as JSON with keys in base64. The last master key is the newest."""

    lookup: bytes
    master: tuple[MasterKey, ...]

    def __repr__(self) -> str:
        return f"Ring(master={self.master!r})"


class Keyring:
    """The key file as last read. Other processes may have added keys since: see `reload`."""

    def __init__(self, path: Path, ambient: Ambient, ring: Ring) -> None:
        self._path = path
        self._ambient = ambient
        self._ring = ring

    @classmethod
    def open(cls, path: str | Path, ambient: Ambient) -> "Keyring":
        """Read the file; make it when it is missing and its directory is ours alone.

        Raises:
            KeyFileError: it cannot be read or made, or somebody else could read or change it.
        """
        path = Path(path)
        if not os.path.exists(path):
            _create(path, ambient)
        return cls(path, ambient, _read(path))

    def lookup(self) -> LookupHash:
        """Hashes for finding API keys and account keys. Its key is never rotated: they would all end."""
        return LookupHash(self._ring.lookup)

    def newest(self) -> MasterKey:
        """The key to wrap with."""
        return self._ring.master[-1]

    def master(self, id: str) -> MasterKey | None:
        """The key of this id; the file is read again for one that is not known."""
        found = self._find(id)
        if found is None:
            self.reload()
            found = self._find(id)
        return found

    def ids(self) -> tuple[str, ...]:
        """Every master key's id, oldest first."""
        return tuple(key.id for key in self._ring.master)

    def reload(self) -> None:
        """Read the file again. Raises KeyFileError."""
        self._ring = _read(self._path)

    def rotate(self) -> MasterKey:
        """Add a master key, which is the newest from now on. Raises KeyFileError."""
        key = MasterKey(id=self._ambient.ids.new("mk"), key=self._ambient.randomness.token_bytes(KEY_BYTES))
        with _held(self._path):
            ring = _read(self._path)
            self._replace(msgspec.structs.replace(ring, master=(*ring.master, key)))
        return key

    def drop(self, ids: set[str]) -> None:
        """Forget these master keys for good; never the newest. Raises KeyFileError."""
        with _held(self._path):
            ring = _read(self._path)
            kept = tuple(key for key in ring.master[:-1] if key.id not in ids)
            self._replace(msgspec.structs.replace(ring, master=(*kept, ring.master[-1])))

    def forget(self, tenant_id: str) -> None:
        """Nothing that was wrapped for this tenant can be opened any more. Raises KeyFileError."""
        with _held(self._path):
            ring = _read(self._path)
            left = tuple(key.without(tenant_id) for key in ring.master)
            self._replace(msgspec.structs.replace(ring, master=left))

    def _find(self, id: str) -> MasterKey | None:
        return next((key for key in self._ring.master if key.id == id), None)

    def _replace(self, ring: Ring) -> None:
        with _written(self._path, ring, self._ambient) as temporary:
            os.replace(temporary, self._path)
        self._ring = ring


def _read(path: Path) -> Ring:
    try:
        with path.open("rb") as file:
            _check_owner(path, os.fstat(file.fileno()))
            ring = msgspec.json.decode(file.read(), type=Ring)
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KeyFileError(f"The key file {path} is damaged. Restore it from its backup.") from error
    if len(ring.lookup) < KEY_BYTES or not ring.master or not all(key.fits for key in ring.master):
        raise KeyFileError(
            f"The key file {path} holds too few or too short keys. Restore it from its backup."
        )
    return ring


def _check_owner(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"The key file {path} is not a file.")
    if found.st_uid != os.geteuid():
        raise KeyFileError(f"The key file {path} belongs to another user. Give it to the one Kontor runs as.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise KeyFileError(f"The key file {path} is open to others. Run: chmod 600 {path}")


def _create(path: Path, ambient: Ambient) -> None:
    try:
        directory = path.parent.stat()
    except OSError as error:
        raise KeyFileError(
            f"The key file's directory {path.parent} cannot be read: {error.strerror}."
        ) from error
    if directory.st_uid != os.geteuid() or stat.S_IMODE(directory.st_mode) & 0o022:
        raise KeyFileError(
            f"There is no key file {path}, and its directory is not this user's alone, so none is made there."
        )
    token = ambient.randomness.token_bytes
    ring = Ring(lookup=token(KEY_BYTES), master=(MasterKey(id=ambient.ids.new("mk"), key=token(KEY_BYTES)),))
    with _written(path, ring, ambient) as temporary:
        try:
            os.link(temporary, path)  # unlike a rename it never replaces what another process has just made
        except FileExistsError:
            pass


@contextmanager
def _written(path: Path, ring: Ring, ambient: Ambient) -> Iterator[Path]:
    """A finished file beside `path`, gone at the end unless renamed; then the directory is flushed too."""
    temporary = path.with_name(f".{path.name}.{ambient.randomness.token(6)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with open(descriptor, "wb") as file:
            file.write(msgspec.json.encode(ring))
            file.flush()
            os.fsync(file.fileno())
        yield temporary
        with _opened(path.parent) as directory:
            os.fsync(directory)
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file meanwhile."""
    with _opened(path.parent) as directory:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
