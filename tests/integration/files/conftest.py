"""Somebody who uploads, and the vendor's books to look into."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from connectors.base.connector import Session
from connectors.base.files import Upload
from connectors.base.paging import Record
from connectors.lexoffice import CONNECTOR as lexoffice
from connectors.lexoffice.client import LexofficeClient
from connectors.lexoffice.uploads import attach
from sandbox.lexoffice.state import Organization
from schemas import RESOURCES
from schemas.base import Resource
from schemas.company import CompanyProfile
from schemas.files import StoredFile
from tests.forms import encoded
from tests.stage import Party, Stage, staged


class Receipts:
    """A resource that does nothing but take files: having the method is all there is to it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def attach(self, id: str, upload: Upload) -> Record[StoredFile]:
        client = LexofficeClient(self._session)
        return await attach(client, self._session.hosts.app, id, upload, (), "receipts.attach")


RECEIPTS = Resource(
    name="receipts", singular="Receipt", title="Receipts.", model=CompanyProfile, operations=("attach",)
)
MODEL = {**RESOURCES, "receipts": RECEIPTS}
CONNECTOR = msgspec.structs.replace(lexoffice, resources={**lexoffice.resources, "receipts": Receipts})


class Uploader(msgspec.Struct, kw_only=True):
    """A caller with both keys; every request has an Idempotency-Key of its own unless told otherwise."""

    stage: Stage
    party: Party
    number: int = 0

    @property
    def books(self) -> Organization:
        """The company at the twin."""
        return self.stage.twin.twin.world.organizations[self.stage.twin.identity.organizations[0].id]

    @property
    def uploads(self) -> list[Any]:
        """Uploading calls that the vendor received."""
        return [call for call in self.stage.twin.twin.ledger.calls if call.path.endswith("/files")]

    async def send(
        self,
        content: Any,
        content_type: str,
        key: str | None = None,
        path: str = "/v1/accounting/files",
        **headers: str,
    ) -> httpx2.Response:
        """A body as it is."""
        self.number += 1
        key = key or f"upload-{self.number}"
        return await self.stage.call(
            "POST",
            path,
            self.party,
            key=key,
            content=content,
            headers={"Content-Type": content_type, **headers},
        )

    async def upload(
        self, content: bytes, filename: str = "beleg.pdf", key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """A file in a form."""
        body, content_type = encoded({"file": content}, filename)
        return await self.send(body, content_type, key, **more)


@pytest.fixture(scope="module")
async def stage_(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("files"), None, (CONNECTOR,), MODEL) as stage:
        yield stage


@pytest.fixture
async def uploader(stage_: Stage) -> Uploader:
    """A tenant of its own; the twin's ledger starts anew, its books do not."""
    stage_.twin.twin.ledger.clear()
    return Uploader(stage=stage_, party=await stage_.party())
