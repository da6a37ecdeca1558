"""Fixture: a project on disk with declared resources."""

from tests.config.conftest import files  # noqa: F401 - a fixture, which pytest finds here
