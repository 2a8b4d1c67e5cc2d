"""Whether a callback comes from the vendor: its signature over the body's very bytes, by a pinned key."""

import base64
import binascii
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connectors.base.webhooks import Algorithm
from gateway.settings import Settings, SettingsError
from gateway.targets import Targets

FEWEST_BITS = 2048


class Signatures:
    """The public keys of all targets. None is ever fetched: who could change the answer could sign."""

    def __init__(self, settings: Settings, targets: Targets) -> None:
        """Raises SettingsError for a file that holds no such key."""
        files = _files(settings)
        self._keys: dict[str, RSAPublicKey] = {}
        for connector, target in targets.all():
            if connector.webhooks is None:
                continue
            if (path := files.pop(target.name, None)) is not None:
                self._keys[target.name] = _read(path)
            elif target.webhook_key is not None:
                self._keys[target.name] = _key(target.webhook_key.encode())
        if files:
            raise SettingsError(f"KONTOR_WEBHOOK_KEYS names targets without events: {', '.join(files)}.")

    def known(self, target: str) -> bool:
        """Whether callbacks of this target can be checked at all."""
        return target in self._keys

    def verify(self, target: str, algorithm: Algorithm, body: bytes, signature: str | None) -> bool:
        """Whether `signature` is the target's, over exactly these bytes."""
        key = self._keys.get(target)
        if key is None or signature is None:
            return False
        try:
            ALGORITHMS[algorithm](key, base64.b64decode(signature, validate=True), body)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def _rsa_sha512(key: RSAPublicKey, signature: bytes, body: bytes) -> None:
    key.verify(signature, body, PKCS1v15(), SHA512())


ALGORITHMS: Mapping[Algorithm, Callable[[RSAPublicKey, bytes, bytes], None]] = {
    "rsa-pkcs1v15-sha512": _rsa_sha512
}


def _files(settings: Settings) -> dict[str, str]:
    try:
        return msgspec.json.decode(settings.webhook_keys or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise SettingsError(f"KONTOR_WEBHOOK_KEYS is not JSON of target and file: {error}") from error


def _read(path: str) -> RSAPublicKey:
    try:
        return _key(Path(path).read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"KONTOR_WEBHOOK_KEYS: {path} holds no RSA public key in PEM: {error}") from error


def _key(pem: bytes) -> RSAPublicKey:
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey) or key.key_size < FEWEST_BITS:
        raise ValueError(f"an RSA key of {FEWEST_BITS} bits or more is needed")
    return key
