"""Alembic migrations, part of the package so that an installed gateway can migrate."""
