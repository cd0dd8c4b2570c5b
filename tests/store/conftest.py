"""Fixtures of the results database's tests."""

from tests.databases import clock, database, postgresql_folder, postgresql_url, url

__all__ = ["clock", "database", "postgresql_folder", "postgresql_url", "url"]
