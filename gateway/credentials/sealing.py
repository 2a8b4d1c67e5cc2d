"""The sealed form of a secret: AES-256-GCM, bound to the place where it is stored. Pure.

Bytes: version 1, length of the key's id, the key's id, 16 bytes of salt, 12 of nonce, ciphertext with tag.
Each sealing encrypts under a key of its own, derived from the data key and the salt. Salt and nonce are 224
random bits, so there is no number of sealings after which a pair has to be feared, and nothing to count:
with a bare random nonce of 96 bits a key would have to be changed well before 2^32 sealings.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from msgspec import Struct

from gateway.ambient import Randomness

VERSION = 1
SALT, NONCE, TAG = 16, 12, 16
KEY_BYTES = 32


class Place(Struct, frozen=True):
    """Where a sealed value lives. It opens nowhere else."""

    table: str
    column: str
    tenant_id: str
    row: str


class CannotOpen(Exception):
    """Not ours, cut, changed, moved from its place, or sealed with another key."""


def seal(key: bytes, key_id: str, place: Place, plaintext: bytes, randomness: Randomness) -> bytes:
    """The sealed form of `plaintext`, different each time."""
    salt, nonce = randomness.token_bytes(SALT), randomness.token_bytes(NONCE)
    name = key_id.encode()
    ciphertext = _cipher(key, salt).encrypt(nonce, plaintext, _bound_to(place, key_id))
    return bytes((VERSION, len(name))) + name + salt + nonce + ciphertext


def key_id_of(sealed: bytes) -> str:
    """Which key it was sealed with. Raises CannotOpen."""
    return _split(sealed)[0]


def unseal(key: bytes, place: Place, sealed: bytes) -> bytes:
    """What was sealed. Raises CannotOpen."""
    key_id, salt, nonce, ciphertext = _split(sealed)
    try:
        return _cipher(key, salt).decrypt(nonce, ciphertext, _bound_to(place, key_id))
    except InvalidTag as error:
        raise CannotOpen("the seal does not fit") from error


def _split(sealed: bytes) -> tuple[str, bytes, bytes, bytes]:
    if len(sealed) < 2 or sealed[0] != VERSION:
        raise CannotOpen("not a sealed value")
    salt_at = 2 + sealed[1]
    nonce_at = salt_at + SALT
    ciphertext_at = nonce_at + NONCE
    if len(sealed) < ciphertext_at + TAG:
        raise CannotOpen("a sealed value was cut")
    key_id = sealed[2:salt_at].decode("utf-8", "replace")
    return key_id, sealed[salt_at:nonce_at], sealed[nonce_at:ciphertext_at], sealed[ciphertext_at:]


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDFExpand(SHA256(), KEY_BYTES, b"kontor seal 1" + salt).derive(key))


def _bound_to(place: Place, key_id: str) -> bytes:
    """The associated data; every part with its length, so that no two places read alike."""
    parts = (place.table, place.column, place.tenant_id, place.row, key_id)
    return b"".join(len(data).to_bytes(4, "big") + data for data in (part.encode() for part in parts))
