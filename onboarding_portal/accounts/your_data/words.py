"""What is held about a person, as a page tells it: words for models, columns and values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from onboarding_portal.accounts.models import Act, AuditEntry

Table = dict[str, Any]

# Where the model's own name is for those who run the portal.
TITLES = {
    "accounts.AuditEntry": _lazy("What the owner did with this data"),
    "accounts.AuditSubject": _lazy("Acts on the owner and the cars"),
    "accounts.User": _lazy("The account"),
    "admin.LogEntry": _lazy("History"),
    "axes.AccessAttempt": _lazy("Wrong passwords for this address"),
    "axes.AccessLog": _lazy("Sign-ins with a password"),
    "reconnects.ReconnectEvent": _lazy("Steps of reconnects"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """`is_english` where nobody has translated them into the reader's language, which is another one."""

    text: str
    is_english: bool

    def __str__(self) -> str:
        return self.text


def in_words(held: dict[str, list[dict[str, Any]]]) -> list[Table]:
    """A table for each kind of row there is one of: `title`, and `rows` of pairs of label and value."""
    return [_table(apps.get_model(label), rows) for label, rows in held.items() if rows]


def _table(model: type[Model], rows: list[dict[str, Any]]) -> Table:
    title = _words(TITLES.get(model._meta.label, model._meta.verbose_name_plural))
    told = [
        [(_label(model, path), _value(model, path, value)) for path, value in row.items()] for row in rows
    ]
    return {"title": title, "count": len(rows), "rows": [[pair for pair in row if pair[1]] for row in told]}


def _label(model: type[Model], path: str) -> Words:
    """A car's `make__name` is its make, to people."""
    return _words(_field(model, path.removesuffix("__name")).verbose_name)


def _value(model: type[Model], path: str, value: Any) -> str | Words:
    field = _field(model, path)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, dict)):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    choices = dict(field.flatchoices)
    if field.model is AuditEntry and field.name == "act":
        choices = dict(Act.choices)
    return _words(choices[value]) if value in choices else str(value)


def _words(named: Any) -> Words:
    text = _begun(named)
    with override("en"):
        is_the_same = _begun(named) == text
    return Words(text, is_the_same and not (get_language() or "en").startswith("en"))


def _begun(named: Any) -> str:
    """With a capital letter, but for a name that has none."""
    text = str(named)
    return text if text.startswith("ev.energy") else capfirst(text)


def _field(model: type[Model], path: str) -> Any:
    """The column a path such as `make__name` ends at."""
    name, _separator, rest = path.partition("__")
    field: Any = model._meta.get_field(name)
    return _field(field.related_model, rest) if rest else field
