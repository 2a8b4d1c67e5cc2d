"""Certificates, host names and versions are checked before a byte of a call leaves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.base.errors import UpstreamUnreachable
from gateway.upstream.transport import Transports, tls_context
from tests.integration.upstream.builders import bench, writing

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def certificate(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    not_after: datetime = NOW + DAY,
) -> tuple[Path, Path]:
    """A self-signed certificate, PEM: its file and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Muster")])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        alternative = x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = directory / "certificate.pem", directory / "key.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_file, key_file


@asynccontextmanager
async def server(context: ssl.SSLContext) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Its URL, and the bytes it was sent inside TLS."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            received.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}", received
    finally:
        listening.close()
        await listening.wait_closed()


def served(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def trusting(certificate_file: Path) -> ssl.SSLContext:
    """As production checks, with one more authority."""
    context = tls_context()
    context.load_verify_locations(certificate_file)
    return context


async def refused(context: ssl.SSLContext, tls: ssl.SSLContext | None) -> list[bytes]:
    async with server(context) as (url, received):
        over = bench(url, Transports(tls=tls))
        with pytest.raises(UpstreamUnreachable):
            await over.wire().send(writing())
        await over.transports.aclose()
        return received


async def test_a_certificate_of_a_trusted_authority_for_this_host_is_accepted(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    async with server(served(files)) as (url, received):
        over = bench(url, Transports(tls=trusting(files[0])))
        got = await over.wire().send(writing())
        await over.transports.aclose()

        assert got.status == 200
        assert len(received) == 1


async def test_a_self_signed_certificate_is_refused(tmp_path: Path) -> None:
    assert await refused(served(certificate(tmp_path)), tls=None) == []


async def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    files = certificate(tmp_path, not_after=NOW - DAY)
    assert await refused(served(files), trusting(files[0])) == []


async def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    files = certificate(tmp_path, host="muster.example")
    assert await refused(served(files), trusting(files[0])) == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_an_old_version_of_tls_is_refused(tmp_path: Path, version: ssl.TLSVersion) -> None:
    files = certificate(tmp_path)
    context = served(files)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    assert await refused(context, trusting(files[0])) == []


async def test_an_authority_named_by_the_environment_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert await refused(served(files), tls=None) == []
