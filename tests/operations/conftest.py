from collections.abc import Iterator

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker


@pytest.fixture
def unreachable_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database that refuses every connection, in place of the one of the tests."""
    original = connections["default"]
    broken = original.copy()
    broken.settings_dict.update(NAME="/nowhere/portal", HOST="127.0.0.1", PORT="1")
    connections["default"] = broken
    with django_db_blocker.unblock():
        yield
    connections["default"] = original
