"""The project on disk that tests of kinds declare resources in."""

from tests.config.conftest import files  # noqa: F401 - a fixture, which pytest finds here
