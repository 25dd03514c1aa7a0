"""No list, page, filter or history of the admin shows what only programs read: constants, None, a day in minutes."""

import re
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import StaleReason
from tests.factories import make_staff, make_stale_vehicle
from tests.reconnects.rows import make_reconnect
from tests.test_permissions import STAFFS_ADDRESSES, World, signed_in, world

pytestmark = pytest.mark.django_db

__all__ = ["world"]  # a fixture

READ = {
    *("td", "th", "li", "dd", "dt", "option", "label", "summary"),
    *("h1", "h2", "h3", "p", "legend", "caption"),
}
UNREAD = {"script", "style", "code", "pre", "textarea", "title", "desc"}
CONSTANT = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b|\b[a-z]+(?:_[a-z]+)+\b")
MINUTES = re.compile(r"\b(\d+)\s*(?:min|minutes?)\b")
MOST_MINUTES = 120
# Names of tasks and jobs are for whoever runs the portal, who finds them by these in logs and documents.
FOR_OPERATORS = {"django_tasks_database_dbtaskresult", "operations_regularjob"}


class Words(HTMLParser):
    """The texts people read, each with the element it stands in. What an id or an address is made of is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        is_read = tag in READ or "readonly" in classes
        # What is said for those who run the portal names things as their logs do.
        if tag in UNREAD or "problem-technical" in classes:
            self._open.append(tag)
        elif is_read:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open and self.texts:
            self.texts[-1] += f" {data.strip()}"


def texts_of(page: str) -> list[str]:
    reader = Words()
    reader.feed(page)
    reader.close()
    return [" ".join(text.split()) for text in reader.texts if text.strip()]


def values_of_choices() -> set[str]:
    """Stored values of choices which are not also their words."""
    models = [model for model in apps.get_models() if model.__module__.startswith("onboarding_portal")]
    fields = [
        field for model in models for field in model._meta.get_fields() if getattr(field, "choices", None)
    ]
    return {value for field in fields for value, words in field.flatchoices if value and value != str(words)}


def wrong_in(text: str, values: set[str]) -> bool:
    is_value = text in values and not text.islower()
    is_constant = CONSTANT.search(text) is not None and "@" not in text
    is_long = any(int(number) > MOST_MINUTES for number in MINUTES.findall(text))
    return is_value or is_constant or is_long or text == "None" or "(None)" in text


@pytest.fixture
def staff(world: World) -> Client:
    for reason in StaleReason:
        for cause in Cause:
            make_stale_vehicle(reason, cause=cause)
    for state in State:
        make_reconnect(state, link_made_at=timezone.now())
    return signed_in(make_staff(is_superuser=True))


def test_no_page_of_the_admin_shows_what_only_programs_read(staff: Client, world: World) -> None:
    values, wrong, seen = values_of_choices(), [], 0

    for address in STAFFS_ADDRESSES:
        answer = staff.get(world.path(address))
        model = address.name.removeprefix("admin:").rpartition("_")[0]
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        seen += 1
        found = [text for text in texts_of(answer.content.decode()) if wrong_in(text, values)]
        wrong += [f"{address.name}: {text[:120]}" for text in found if model not in FOR_OPERATORS]

    assert seen > 50
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        *(("SIGN_IN_EXPIRED", True), ("mark_stale", True), ("SILENT", True), ("About 1440 minutes", True)),
        *(("None", True), ("121 min", True), ("By make (None)", True)),
        *(
            ("120 minutes", False),
            ("None of these cars", False),
            ("Silent", False),
            ("jo_smith@example.com", False),
        ),
    ],
)
def test_what_is_wrong_is_told_from_what_is_not(text: str, is_wrong: bool) -> None:
    assert wrong_in(text, values_of_choices()) == is_wrong
