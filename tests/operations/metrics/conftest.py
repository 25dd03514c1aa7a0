import pytest
from pytest_django import Settings

from onboarding_portal.operations.metrics import reporter
from tests.operations.metrics.reading import TOKEN


@pytest.fixture(autouse=True)
def _watched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may read the metrics, and this process has no row yet."""
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(reporter.this_process, "reporter", None)
