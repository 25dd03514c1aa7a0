import pytest

from tests.api.rows import ApiClient, make_key


@pytest.fixture
def api() -> ApiClient:
    """With a key that may do everything."""
    return ApiClient(make_key()[1])
