"""The list of all states of owners' pages is whole: what is on none of them is seen by no test of their looks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.template import Template
from django.test.signals import template_rendered

from tests.owner_states import STATES, brought_about

pytestmark = pytest.mark.django_db

TEMPLATES = settings.BASE_DIR / "templates"
# Pages of staff and of developers, by the parts of their paths; and what is rendered into e-mails.
OTHERS = {"admin", "components", "email", "mail"}
STAFFS = {"errors/_desk.html", "errors/locked_out.html", "includes/why.html"}
DEVELOPERS = {"api/docs.html", "api/_operation.html"}  # of the company's systems

MAILS = {"includes/mail.html", "includes/mail_button.html"}


def owners_templates() -> set[str]:
    paths = [path.relative_to(TEMPLATES) for path in TEMPLATES.rglob("*.html")]
    return {str(path) for path in paths if not OTHERS & set(path.parts)} - STAFFS - MAILS - DEVELOPERS


@contextmanager
def rendered() -> Iterator[set[str]]:
    names: set[str] = set()

    def note(sender: Any, template: Template, **_more: Any) -> None:
        names.add(str(template.name))

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


def test_every_template_of_owners_is_on_some_page_of_the_list() -> None:
    """A new page: add its states to tests/owner_states/, and tests of accessibility and layout look at it."""
    statuses = {}
    with rendered() as names:
        for name in STATES:
            with brought_about(name) as answer:
                statuses[name] = answer.status_code
                assert b"<h1" in answer.content, name

    assert owners_templates() - names == set()
    assert {name for name, status in statuses.items() if status == 500} == set()
