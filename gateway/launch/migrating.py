"""What every command finds ready: the data directory, and a database of the newest schema."""

import asyncio
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from gateway.launch import LaunchError, directory
from gateway.persistence.migrate import migrate
from gateway.settings import Settings


def migrated(settings: Settings) -> None:
    """Make the data directory where there is none, and bring the database to the newest schema.

    Raises:
        LaunchError: the directory is not to be had, or the database does not answer.
    """
    directory.prepare(Path(settings.data_dir))
    try:
        asyncio.run(migrate(settings.database_url))
    except OperationalError as error:
        place = make_url(settings.database_url)
        where = f"{place.host}:{place.port or 5432}" if place.host else place.database
        raise LaunchError(f"the database at {where} does not answer; see KONTOR_DATABASE_URL") from error
