"""A file of owners to invite: kept and checked, shown, confirmed once, stopped.

Nothing of it is done before somebody has seen what would be done. Then the good rows are invited, all of them or, if
anything fails, none; the others are given back as a CSV that says what is wrong with each.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.invitations import tasks
from onboarding_portal.accounts.invitations.file_reading import FileRefused, FileRow, read_file
from onboarding_portal.accounts.invitations.makes import ids_by_name
from onboarding_portal.accounts.invitations.row_check import CheckedRow, Checker, is_spoken
from onboarding_portal.accounts.models import (
    Invitation,
    InvitationImport,
    InvitationImportRow,
    RowKind,
    User,
)
from onboarding_portal.accounts.models.invitation import HASHED_FOR, INVITATION_LIFETIME
from onboarding_portal.accounts.staff.csv_cells import BOM, csv_lines
from onboarding_portal.tokens import hash_token

PIECE = 500


def store_file(*, content: bytes, file_name: str, by: User, now: datetime) -> InvitationImport:
    """Keeps the file's rows, each with what is wrong with it. Raises FileRefused, with nothing kept."""
    file = read_file(content)
    checker = Checker(heads=file.heads, makes=ids_by_name(), now=now)
    with transaction.atomic():
        stored = InvitationImport.objects.create(file_name=file_name[:200], created_by=by, created_at=now)
        count = 0
        for rows in _pieces(file.rows):
            kept = [_row_of(stored, each) for each in checker.check(rows)]
            InvitationImportRow.objects.bulk_create(kept)
            count += len(kept)
        if not count:
            raise FileRefused(_("The file has a head, but no row below it."))
    return stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What confirming would do: how many rows of each kind, and how many in a language the portal does not speak."""

    counts: dict[RowKind, int]
    unspoken: int

    @property
    def new(self) -> int:
        return self.counts[RowKind.NEW]

    @property
    def known(self) -> int:
        return self.counts[RowKind.KNOWN]

    @property
    def left_out(self) -> list[tuple[RowKind, int]]:
        return [(kind, count) for kind, count in self.counts.items() if count and kind != RowKind.NEW]

    @property
    def left_out_count(self) -> int:
        return sum(count for _kind, count in self.left_out)


def preview(source: InvitationImport) -> Preview:
    """Two queries."""
    rows = source.rows.order_by()
    counted = dict(rows.values_list("kind").annotate(Count("pk")))
    languages = rows.filter(kind=RowKind.NEW).values_list("language").annotate(Count("pk"))
    return Preview(
        counts={kind: counted.get(kind, 0) for kind in RowKind},
        unspoken=sum(count for language, count in languages if not is_spoken(language)),
    )


def confirm(*, source: InvitationImport, also_known: bool, by: User, now: datetime) -> int | None:
    """Invites the owners of the good rows; returns how many. None if that was done before: nothing more is done.

    `also_known` takes in those who have an account without a car. Who got an account or an invitation since the file
    was sent in is left out.
    """
    kinds = [RowKind.NEW, *([RowKind.KNOWN] if also_known else [])]
    with transaction.atomic():
        if not InvitationImport.objects.filter(pk=source.pk).take_confirmation(now=now):
            return None
        rows = source.rows.filter(kind__in=kinds).order_by("line")
        count = sum(_invite(source, piece, by=by, now=now) for piece in _by_line(rows))
        record(act=Act.INVITED_FROM_FILE, actor=by, thing=source, count=count)
        transaction.on_commit(partial(tasks.wake, now=now))
    return count


def stop(*, source: InvitationImport, by: User, now: datetime) -> int:
    """Takes back the invitations that were not mailed yet; returns how many."""
    with transaction.atomic():
        if not InvitationImport.objects.filter(pk=source.pk).stop(now=now):
            return 0
        count = source.invitations.unmailed().update(mail_due_at=None, waits_for="", expires_at=now)
        record(act=Act.FILE_OF_INVITATIONS_STOPPED, actor=by, thing=source, count=count)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    total: int
    mailed: int
    accepted: int
    waiting: int
    for_hours: int
    for_turn: int
    last_at: datetime | None
    refused: int


def progress(source: InvitationImport) -> Progress:
    """How far its e-mails are and how many came of them, in one query."""
    waits = Q(mail_due_at__isnull=False)
    found = source.invitations.aggregate(
        total=Count("pk"),
        mailed=Count("pk", filter=Q(mailed_at__isnull=False)),
        accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        waiting=Count("pk", filter=waits),
        for_hours=Count("pk", filter=waits & Q(waits_for="HOURS")),
        for_turn=Count("pk", filter=waits & Q(waits_for="TURN")),
        last_at=Max("mail_due_at"),
        refused=Count("pk", filter=Q(mail_due_at=None, mailed_at=None, mail_tries__gt=0)),
    )
    return Progress(**found)


def rows_given_back(source: InvitationImport, *, delimiter: str) -> Iterator[str]:
    """The rows nobody was invited by, as they were, with their lines and what is wrong, in pieces of text."""
    rows = source.rows.exclude(kind=RowKind.NEW).order_by("line")
    head = rows.values_list("cells", flat=True).first() or []
    names = [name for name, _cell in head]
    yield BOM + csv_lines([[_("Line"), _("What is wrong"), *names]], delimiter=delimiter)
    for piece in _by_line(rows):
        yield csv_lines(
            ([row.line, in_words(row), *(cell for _name, cell in row.cells)] for row in piece),
            delimiter=delimiter,
        )


def in_words(row: InvitationImportRow) -> str:
    return " ".join(f"{head}: {what}" if head else what for head, what in row.problems)


def _invite(
    source: InvitationImport, rows: Collection[InvitationImportRow], *, by: User, now: datetime
) -> int:
    emails = [row.email for row in rows]
    since = Invitation.objects.open(now=now).filter(email__in=emails).values_list("email", flat=True)
    new_accounts = User.objects.filter(email__in=[row.email for row in rows if row.kind == RowKind.NEW])
    not_to_be_mailed = User.objects.filter(email__in=emails).exclude(
        pk__in=User.objects.mailable().values("pk")
    )
    accounts = (new_accounts | not_to_be_mailed).distinct()
    left_out = {*since, *accounts.values_list("email", flat=True)}
    made = Invitation.objects.bulk_create(
        Invitation(
            email=row.email,
            name=row.name,
            language=row.language,
            make_id=row.make_id,
            note=row.note,
            # Nobody knows this token; the e-mail gets another one.
            token_hash=hash_token(secrets.token_urlsafe(32), purpose=HASHED_FOR),
            invited_by=by,
            source=source,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
            mail_due_at=now,
        )
        for row in rows
        if row.email not in left_out
    )
    return len(made)


def _row_of(source: InvitationImport, checked: CheckedRow) -> InvitationImportRow:
    values = checked.values
    return InvitationImportRow(
        source=source,
        line=checked.row.line,
        kind=checked.kind,
        cells=checked.row.cells,
        problems=checked.problems,
        **{name: value for name, value in values.items() if name != "make"},
        make_id=values["make"],
    )


def _by_line(rows: QuerySet[InvitationImportRow]) -> Iterator[list[InvitationImportRow]]:
    """In pieces by their keys: no cursor is open for long, and memory stays flat."""
    piece = list(rows[:PIECE])
    while piece:
        yield piece
        piece = list(rows.filter(line__gt=piece[-1].line)[:PIECE])


def _pieces(rows: Iterable[FileRow]) -> Iterator[list[FileRow]]:
    source = iter(rows)
    while piece := list(islice(source, PIECE)):
        yield piece
