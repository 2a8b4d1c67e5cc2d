from tests.integration.conftest import migrated_file, migrated_postgres_url, migrated_template

__all__ = ["migrated_file", "migrated_postgres_url", "migrated_template"]
