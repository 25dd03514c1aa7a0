"""Who watches the portal: Prometheus by its token, Sentry by its address."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.operations.checks.registry import error, portal_check

SHORTEST_TOKEN = 16


@portal_check
def metrics() -> Iterator[CheckMessage]:
    if 0 < len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        yield error(
            35,
            f"METRICS_TOKEN has fewer than {SHORTEST_TOKEN} characters: it can be guessed.",
            'Set METRICS_TOKEN to what python -c "import secrets; print(secrets.token_urlsafe(32))" prints, '
            "or leave it empty.",
        )


@portal_check
def errors() -> Iterator[CheckMessage]:
    if settings.SENTRY_DSN and not is_dsn(settings.SENTRY_DSN):
        yield error(
            36,
            "SENTRY_DSN is not an address as Sentry gives it.",
            "Set SENTRY_DSN=https://key@host/project, from the project's client keys in Sentry, or leave it empty.",
        )


def is_dsn(text: str) -> bool:
    """Whether Sentry's client takes the text for the address of a project."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in {"http", "https"}
            and parts.username
            and parts.hostname
            and parts.port != 0
            and parts.path.rpartition("/")[2].isdecimal()
        )
    except ValueError:
        return False
