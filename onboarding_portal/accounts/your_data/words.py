"""What is held about a person, as a page tells it: words for models, columns and values.

Owners get words of their own; staff read the names their other pages have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from onboarding_portal.accounts.countries import named_countries
from onboarding_portal.accounts.models import Act, AuditEntry
from onboarding_portal.accounts.your_data.owners_values import VALUES
from onboarding_portal.accounts.your_data.owners_words import COLUMNS, TABLES

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """`is_english` where nobody has translated them into the reader's language, which is another one."""

    text: str
    is_english: bool

    def __str__(self) -> str:
        return self.text


def in_words(held: dict[str, list[dict[str, Any]]], *, to_owner: bool) -> list[Table]:
    """A table for each kind of row there is one of: `title`, and `rows` of pairs of label and value."""
    return [_table(apps.get_model(label), rows, to_owner=to_owner) for label, rows in held.items() if rows]


def _table(model: type[Model], rows: list[dict[str, Any]], *, to_owner: bool) -> Table:
    label = model._meta.label
    told = [
        [
            (_label(model, path, to_owner=to_owner), _value(model, path, value, to_owner=to_owner))
            for path, value in row.items()
        ]
        for row in rows
    ]
    return {
        "title": _owners(TABLES, label) if to_owner else _words(model._meta.verbose_name_plural),
        "count": len(rows),
        "rows": [[pair for pair in row if pair[1]] for row in told],
    }


def _label(model: type[Model], path: str, *, to_owner: bool) -> Words:
    """A car's `make__name` is its make, to people."""
    own = f"{model.__name__}.{path}"
    if to_owner and (key := own if own in COLUMNS else path) in COLUMNS:
        return _owners(COLUMNS, key)
    return _words(field_at(model, path.removesuffix("__name")).verbose_name)


def _value(model: type[Model], path: str, value: Any, *, to_owner: bool) -> str | Words:
    field = field_at(model, path)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, dict)):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    owners = _owners_values(model, path) if to_owner else {}
    if value in owners:
        return _owners(owners, value)
    choices = dict(field.flatchoices)
    if field.model is AuditEntry and field.name == "act":
        choices = dict(Act.choices)
    return _words(choices[value]) if value in choices else str(value)


def _owners_values(model: type[Model], path: str) -> Mapping[str, Any]:
    if path in {"language", "seen_language"}:
        return dict(settings.LANGUAGES)
    return dict(named_countries()) if path == "country" else VALUES.get(f"{model._meta.label}.{path}", {})


def _owners(words: Mapping[str, Any], key: str) -> Words:
    return Words(_begun(words[key]), is_english=False)


def _words(named: Any) -> Words:
    text = _begun(named)
    with override("en"):
        is_the_same = _begun(named) == text
    return Words(text, is_the_same and not (get_language() or "en").startswith("en"))


def _begun(named: Any) -> str:
    """With a capital letter, but for a name that has none."""
    text = str(named)
    return text if text.startswith("ev.energy") else capfirst(text)


def field_at(model: type[Model], path: str) -> Any:
    """The column a path such as `make__name` ends at."""
    name, _separator, rest = path.partition("__")
    field: Any = model._meta.get_field(name)
    return field_at(field.related_model, rest) if rest else field
