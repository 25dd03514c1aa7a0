"""What is wrong with a row of a file of owners to invite, cell by cell, and what is known of its address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.invitations.file_reading import EMAIL, LANGUAGE, MAKE, NAME, NOTE, FileRow
from onboarding_portal.accounts.models import Invitation, RowKind, User
from onboarding_portal.languages import spoken

LONGEST = {NAME: 100, NOTE: 500}
_ADDRESS = AddressField(required=False)
_LANGUAGES = {
    str(name).casefold(): code
    for code, info in LANG_INFO.items()
    for name in (code, info.get("name", code), info.get("name_local", code))
}


@dataclass(kw_only=True)
class CheckedRow:
    """`problems` are pairs: the head of the column, as it is in the file, and what is wrong there."""

    row: FileRow
    kind: RowKind = RowKind.NEW
    values: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)


class Checker:
    """Checks the rows of one file, piece by piece; remembers the addresses it has seen."""

    def __init__(self, *, heads: dict[str, str], makes: dict[str, str], now: datetime) -> None:
        self._heads, self._makes, self._now = heads, makes, now
        self._line_of: dict[str, int] = {}

    def check(self, rows: Sequence[FileRow]) -> list[CheckedRow]:
        """Three queries for the whole piece."""
        checked = [self._check_cells(row) for row in rows]
        emails = {each.values[EMAIL] for each in checked if not each.problems}
        users = dict(User.objects.filter(email__in=emails).values_list("email", "is_staff"))
        connected = set(
            User.objects.filter(
                email__in=emails, vehicles__vehicle_id__isnull=False, vehicles__removed_at=None
            ).values_list("email", flat=True)
        )
        invited = set(
            Invitation.objects.open(now=self._now)
            .filter(email__in=emails)
            .values_list("email", flat=True)
            .distinct()
        )
        for each in checked:
            if each.problems:
                each.kind = RowKind.WRONG
            else:
                self._place(each, users=users, connected=connected, invited=invited)
        return checked

    def _check_cells(self, row: FileRow) -> CheckedRow:
        checked = CheckedRow(row=row)
        for column, read in (
            (EMAIL, _address),
            (NAME, lambda text: _short(text, NAME)),
            (LANGUAGE, _language),
            (MAKE, self._make),
            (NOTE, lambda text: _short(text, NOTE)),
        ):
            try:
                checked.values[column] = read(row.values.get(column, ""))
            except ValidationError as error:
                checked.values[column] = ""
                checked.problems.append((self._heads[column], " ".join(error.messages)))
        if row.has_more_cells_than_heads:
            checked.problems.append(("", _("The row has more cells than the file has columns.")))
        return checked

    def _place(
        self, each: CheckedRow, *, users: dict[str, bool], connected: set[str], invited: set[str]
    ) -> None:
        email = each.values[EMAIL]
        first = self._line_of.setdefault(email, each.row.line)
        if first != each.row.line:
            each.kind = RowKind.REPEATED
            each.problems.append((self._heads[EMAIL], _("The same address as in line %d.") % first))
        elif users.get(email):
            each.kind = RowKind.WRONG
            each.problems.append((self._heads[EMAIL], _("This is a colleague's address.")))
        elif email in connected:
            each.kind = RowKind.CONNECTED
            each.problems.append((self._heads[EMAIL], _("Has an account, and a car is connected.")))
        elif email in users:
            each.kind = RowKind.KNOWN
            each.problems.append((self._heads[EMAIL], _("Has an account already, without a car.")))
        elif email in invited:
            each.kind = RowKind.INVITED
            each.problems.append((self._heads[EMAIL], _("Has an open invitation already.")))

    def _make(self, text: str) -> str:
        if not text:
            return ""
        make_id = self._makes.get(text.casefold())
        if make_id is None:
            near = get_close_matches(text.casefold(), self._makes, n=1)
            hint = _(" Is “%s” meant?") % near[0].title() if near else ""
            raise ValidationError(_("The catalogue has no make of this name.") + hint)
        return make_id


def _address(text: str) -> str:
    if not text:
        raise ValidationError(_("There is no address."))
    return str(_ADDRESS.clean(text))


def _short(text: str, column: str) -> str:
    if len(text) > LONGEST[column]:
        raise ValidationError(
            _("%(has)d letters, of at most %(most)d.") % {"has": len(text), "most": LONGEST[column]}
        )
    return text


def _language(text: str) -> str:
    """The code of the language. Whether the portal speaks it is another question: see `is_spoken`."""
    name = text.casefold().replace("_", "-")
    code = _LANGUAGES.get(name) or _LANGUAGES.get(name.split("-")[0])
    if text and not code:
        raise ValidationError(_("No such language. Write a code such as “de”, or “German”."))
    return code or ""


def is_spoken(language: str) -> bool:
    return not language or bool(spoken(language))
