"""The signature of a callback: RSA (PKCS#1 v1.5, SHA-512) over the body's very bytes, in base64.

The twin has a key of its own; receivers take its public half from the twin, as they take the vendor's from
the vendor. It is shorter than the vendor's (2048 bits instead of 4096), since it guards nothing.
"""

import base64
import functools

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HEADER = "X-Lxo-Signature"
BITS = 2048


def new_key() -> str:
    """A private key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def sign(private_key: str, body: bytes) -> str:
    return base64.b64encode(_load(private_key).sign(body, padding.PKCS1v15(), hashes.SHA512())).decode()


def public_half(private_key: str) -> str:
    """The public key as PEM (SPKI)."""
    return (
        _load(private_key)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@functools.lru_cache(maxsize=4)
def _load(private_key: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key
