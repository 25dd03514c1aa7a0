"""The company's pictures: told before the start, not on every page."""

from collections.abc import Iterator

from django.conf import settings
from django.core.checks import CheckMessage

from onboarding_portal.brand.pictures import NotUsable, read_picture
from onboarding_portal.operations.checks.registry import error, portal_check


@portal_check
def pictures() -> Iterator[CheckMessage]:
    for number, name in ((50, "BRAND_LOGO"), (51, "BRAND_FAVICON"), (52, "BRAND_LOGO_DARK")):
        path = getattr(settings, name)
        try:
            if path:
                read_picture(path)
        except NotUsable as problem:
            yield error(
                number,
                f"{name} {problem}.",
                f"Set {name} to the path of a small PNG or SVG, or leave it empty.",
            )
