"""What goes past SQLAlchemy comes back as through it, and fails as through it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from gateway.ambient import system
from gateway.persistence.database import Database
from gateway.persistence.straight import MARK
from gateway.persistence.tables import tenants
from gateway.tenants.directory import Directory

pytestmark = pytest.mark.anyio

FROM = bindparam("since", type_=tenants.c.created_at.type)
STATEMENT = select(tenants.c.id, tenants.c.name.label("called"), tenants.c.created_at).where(
    tenants.c.created_at >= FROM
)
STRAIGHT = STATEMENT.execution_options(**MARK)


async def filled(database: Database, names: list[str]) -> dict[str, datetime]:
    async with database.write() as session:
        made = [await Directory(system()).create_tenant(session, name) for name in names]
    return {"since": min(one.created_at for one in made)}


async def test_rows_are_the_same_with_their_names_and_types(database: Database) -> None:
    values = await filled(database, ["Muster Software GmbH", "Blumen Muster e.K."])
    async with database.glance() as session:
        straight = (await session.execute(STRAIGHT.order_by(tenants.c.name), values)).all()
    async with database.read() as session:
        usual = (await session.execute(STATEMENT.order_by(tenants.c.name), values)).all()

    assert [tuple(row) for row in straight] == [tuple(row) for row in usual]
    assert [row.called for row in straight] == ["Blumen Muster e.K.", "Muster Software GmbH"]
    assert straight[0].created_at.tzinfo is UTC


async def test_a_value_of_another_zone_means_the_same_instant(database: Database) -> None:
    values = await filled(database, ["Muster Software GmbH"])
    late = {"since": datetime(2999, 1, 1, tzinfo=UTC)}
    async with database.glance() as session:
        found = (await session.execute(STRAIGHT, values)).one_or_none()
        none = (await session.execute(STRAIGHT, late)).one_or_none()
        with pytest.raises(ValueError, match="time zone"):
            await session.execute(STRAIGHT, {"since": datetime(2026, 1, 1)})

    assert (found is not None, none) == (True, None)


async def test_several_rows_are_not_taken_for_one(database: Database) -> None:
    values = await filled(database, ["Muster Software GmbH", "Blumen Muster e.K."])
    async with database.glance() as session:
        found = await session.execute(STRAIGHT, values)

    with pytest.raises(ValueError, match="several"):
        found.one_or_none()


async def test_a_statement_whose_text_depends_on_its_values_is_refused(database: Database) -> None:
    several = select(tenants.c.id).where(tenants.c.id.in_(["a", "b"])).execution_options(**MARK)
    async with database.glance() as session:
        with pytest.raises(ValueError, match="depends on its values"):
            await session.execute(several)


async def test_a_mistake_is_none_of_the_database_and_tells_no_value(database: Database) -> None:
    missing = STRAIGHT.where(text("nosuch = 1"))
    values = {"since": datetime(2026, 1, 1, tzinfo=UTC)}
    with pytest.raises(DBAPIError) as caught:
        async with database.glance() as session:
            await session.execute(missing, values)
    assert "2026" not in str(caught.value)

    async with database.glance() as session:  # the next one has a connection that works
        assert (await session.execute(STRAIGHT, values)).all() == []
