"""Owners invited from a file: what is read, what is wrong with each row, done once, in the background, stopped."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.invitations import importing, tasks
from onboarding_portal.accounts.invitations.file_reading import read_file
from onboarding_portal.accounts.models import (
    AuditEntry,
    Invitation,
    InvitationImport,
    InvitationImportRow,
    RowKind,
    User,
)
from onboarding_portal.operations.clock.purge import purge
from tests.factories import NOW, make_make, make_owner, make_staff, make_vehicle, pause_mail

pytestmark = pytest.mark.django_db
ADD = "/admin/accounts/invitationimport/add/"
BASE = "/admin/accounts/invitationimport/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def lead() -> User:
    return make_staff(is_superuser=True, email="lead@brightfield.example")


@pytest.fixture
def desk(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


def send(desk: Client, content: bytes | str, name: str = "owners.csv") -> HttpResponse:
    data = content.encode() if isinstance(content, str) else content
    return desk.post(ADD, {"file": SimpleUploadedFile(name, data)})


def stored(content: bytes | str, by: User) -> InvitationImport:
    data = content.encode() if isinstance(content, str) else content
    return importing.store_file(content=data, file_name="owners.csv", by=by, now=NOW)


def values_of(content: bytes) -> list[tuple[str, ...]]:
    file = read_file(content)
    return [tuple(row.values[each] for each in sorted(row.values)) for row in file.rows]


PLAIN = "E-mail,Name\nvera@example.com,Vera Müller\n"
SAME = [("vera@example.com", "Vera Müller")]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("cp1252"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        f"sep=;\n{PLAIN.replace(',', ';')}".encode(),
        'Name;"E-Mail-Adresse"\n"Vera Müller";vera@example.com\n'.encode(),
        'KUNDE,e_mail\n"Vera Müller","vera@example.com"\n'.encode(),
        "\n\nNAME;EMAIL;;\nVera Müller;vera@example.com;;\n;;;\n".encode(),
        "Fullname\tMail\nVera Müller\tvera@example.com".encode(),
    ],
)
def test_a_file_is_read_however_a_spreadsheet_saved_it(content: bytes) -> None:
    assert values_of(content) == SAME


def test_cells_keep_what_is_in_quotes_and_lines_are_those_of_the_spreadsheet() -> None:
    content = 'E-mail;Note\na@example.com;"says ""hi""; then\nleft"\n\nb@example.com;\'=1+1\n'

    rows = list(read_file(content.encode()).rows)

    assert [(row.line, row.values["note"]) for row in rows] == [(2, 'says "hi"; then\nleft'), (4, "=1+1")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"E-mail\n", "no row below it"),
        (b"Name\nVera", "No column is named"),
        (b"vera@example.com\nuwe@example.com\n", "No column is named"),
        (b"E-mail,Mail\na@example.com,b@example.com\n", "Two columns mean the same"),
        (b'E-mail\n"a@example.com\n', "cannot be read: a quote"),
        (b"PK\x03\x04\x14\x00\x06\x00", "This is a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "This is a workbook"),
        (b"\xff\xfeE\x00-", "letters cannot be read"),
        (b"E-mail\n" + b"a@example.com\n" * 10_001, "more than 10000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    desk: Client, content: bytes, words: str
) -> None:
    answer = send(desk, content)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not InvitationImport.objects.exists()
    assert not InvitationImportRow.objects.exists()


def test_no_file_at_all_is_told(desk: Client) -> None:
    answer = desk.post(ADD)

    assert (answer.status_code, "Choose a file first." in answer.content.decode()) == (400, True)


ROWS = """E-mail;Name;Sprache;Marke;Notiz;Filiale
good@example.com;Vera;Deutsch;volvo;VIP;Ulm
;Nobody;;;;
no address;;;;;
good@Example.com;;;;;
owner@example.com;;;;;
driver@example.com;;;;;
invited@example.com;;;;;
lead@brightfield.example;;;;;
long@example.com;{long};;;;
tongue@example.com;;Klingonisch;;;
make@example.com;;;Volvoo;;
more@example.com;;;;;;;x
two@example.com;{long};;Nope;;
""".format(long="x" * 101)


def test_every_row_says_by_line_and_column_what_is_wrong(lead: User) -> None:
    volvo = make_make("Volvo")
    make_owner(email="owner@example.com")
    make_vehicle(owner=make_owner(email="driver@example.com"))
    Invitation.objects.invite(email="invited@example.com", invited_by=None, now=NOW)

    source = stored(ROWS, lead)

    found = {row.line: (row.kind, row.problems) for row in source.rows.all()}
    assert found == {
        2: (RowKind.NEW, []),
        3: (RowKind.WRONG, [["E-mail", "There is no address."]]),
        4: (RowKind.WRONG, [["E-mail", "Enter an e-mail address, for example ann@example.com."]]),
        5: (RowKind.REPEATED, [["E-mail", "The same address as in line 2."]]),
        6: (RowKind.KNOWN, [["E-mail", "Has an account already, without a car."]]),
        7: (RowKind.CONNECTED, [["E-mail", "Has an account, and a car is connected."]]),
        8: (RowKind.INVITED, [["E-mail", "Has an open invitation already."]]),
        9: (RowKind.WRONG, [["E-mail", "This is a colleague's address."]]),
        10: (RowKind.WRONG, [["Name", "101 letters, of at most 100."]]),
        11: (RowKind.WRONG, [["Sprache", "No such language. Write a code such as “de”, or “German”."]]),
        12: (RowKind.WRONG, [["Marke", "The catalogue has no make of this name. Is “Volvo” meant?"]]),
        13: (RowKind.WRONG, [["", "The row has more cells than the file has columns."]]),
        14: (
            RowKind.WRONG,
            [["Name", "101 letters, of at most 100."], ["Marke", "The catalogue has no make of this name."]],
        ),
    }
    good = source.rows.get(line=2)
    assert (good.email, good.name, good.language, good.make_id, good.note) == (
        *("good@example.com", "Vera", "de", volvo.pk, "VIP"),
    )


def test_the_preview_counts_and_confirming_invites_the_good_rows_once(
    desk: Client, lead: User, django_capture_on_commit_callbacks: Any
) -> None:
    make_make("Volvo")
    make_owner(email="owner@example.com")
    address = send(desk, ROWS)["Location"]
    page = desk.get(address).content.decode()

    assert "<b>3 owners</b> would be invited" in page  # good, driver and invited are new here
    assert "Also invite the 1 who has an account but no car" in page
    assert "The same address as in line 2." in page
    assert not mail.outbox

    confirm = address.replace("/change/", "/confirm/")
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            answer = desk.post(confirm, follow=True)

    assert AuditEntry.objects.get(act=Act.INVITED_FROM_FILE).count == 3
    assert "was confirmed or stopped before" in answer.content.decode()
    assert set(Invitation.objects.values_list("email", flat=True)) == {
        *("good@example.com", "driver@example.com", "invited@example.com"),
    }
    assert Invitation.objects.filter(mail_due_at=NOW, invited_by=lead).count() == 3
    tasks.work_off()
    assert len(mail.outbox) == 3
    assert Invitation.objects.filter(mailed_at=NOW, mail_due_at=None).count() == 3
    assert "3 of 3 e-mailed" in desk.get(address).content.decode()


def test_those_without_a_car_are_invited_if_ticked(desk: Client) -> None:
    make_owner(email="owner@example.com")
    address = send(desk, "email\nowner@example.com\n")["Location"]

    desk.post(address.replace("/change/", "/confirm/"), {"also_known": "yes"})

    assert Invitation.objects.get().email == "owner@example.com"


def test_those_whose_mail_is_paused_are_not_invited_even_if_ticked(lead: User) -> None:
    pause_mail(make_owner(email="owner@example.com"))
    source = stored("email\nowner@example.com\n", lead)

    assert importing.confirm(source=source, also_known=True, by=lead, now=NOW) == 0


def test_who_was_invited_or_came_since_the_preview_is_left_out(lead: User) -> None:
    source = stored("email\na@example.com\nb@example.com\nc@example.com\n", lead)
    make_owner(email="a@example.com")
    Invitation.objects.invite(email="b@example.com", invited_by=None, now=NOW)

    assert importing.confirm(source=source, also_known=True, by=lead, now=NOW) == 1


def test_nothing_is_imported_half(lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 2)
    source = stored("email\n" + "\n".join(f"{n}@example.com" for n in range(6)), lead)
    calls = iter([None, None])

    def fail_at_last(*_args: Any, **_options: Any) -> set[str]:
        if next(calls, "over") == "over":
            raise RuntimeError
        return set()

    real = importing._invite
    monkeypatch.setattr(
        importing, "_invite", lambda *args, **options: fail_at_last() or real(*args, **options)
    )
    with pytest.raises(RuntimeError):
        importing.confirm(source=source, also_known=False, by=lead, now=NOW)

    assert not Invitation.objects.exists()
    source.refresh_from_db()
    assert source.confirmed_at is None


def test_bad_rows_come_back_as_they_were_with_lines_and_reasons(desk: Client) -> None:
    make_owner(email="lead2@example.com", is_staff=True)
    content = "E-mail;Filiale\nlead2@example.com;=1+1\ngood@example.com;Ulm\n"
    address = send(desk, content)["Location"]

    answer: Any = desk.get(address.replace("/change/", "/rest/"), headers={"Accept-Language": "de"})

    assert answer.getvalue().decode() == (
        "\ufeffLine;What is wrong;E-mail;Filiale\r\n"
        "2;E-mail: This is a colleague's address.;lead2@example.com;'=1+1\r\n"
    )


@pytest.mark.parametrize("page", ["change", "rest", "confirm", "stop"])
def test_nobody_else_sees_a_file_before_it_is_confirmed(desk: Client, page: str) -> None:
    address = send(desk, "email\na@example.com\n")["Location"].replace("/change/", f"/{page}/")
    other = Client()
    other.force_login(make_staff(is_superuser=True))
    method = "post" if page in {"confirm", "stop"} else "get"

    assert getattr(other, method)(address).status_code in {302, 404}
    assert not Invitation.objects.exists()
    assert "owners.csv" not in other.get(BASE).content.decode()
    assert "owners.csv" in desk.get(BASE).content.decode()


def test_stopping_takes_back_what_is_not_sent_and_leaves_what_is(desk: Client, lead: User) -> None:
    source = stored("email\na@example.com\nb@example.com\n", lead)
    importing.confirm(source=source, also_known=False, by=lead, now=NOW)
    Invitation.objects.get(email="a@example.com").note_mailed(now=NOW)

    for _ in range(2):
        desk.post(f"{BASE}{source.pk}/stop/")
    tasks.work_off()

    assert not mail.outbox
    is_open = Invitation.objects.open(now=NOW)
    assert list(is_open.values_list("email", flat=True)) == ["a@example.com"]


def test_stopped_before_it_was_confirmed_it_can_not_be_confirmed(lead: User) -> None:
    source = stored("email\na@example.com\n", lead)
    importing.stop(source=source, by=lead, now=NOW)

    assert importing.confirm(source=source, also_known=False, by=lead, now=NOW) is None


def test_e_mails_are_paced_and_greet_with_a_link_to_the_make(
    lead: User, settings: Settings, client: Client
) -> None:
    settings.MAILS_PER_MINUTE = 1
    volvo = make_make("Volvo", onboardable=True)
    source = stored("email,make,name\na@example.com,Volvo,Ann\nb@example.com,,\n", lead)
    importing.confirm(source=source, also_known=False, by=lead, now=NOW)

    tasks.work_off()

    assert len(mail.outbox) == 1
    waiting = Invitation.objects.get(mailed_at=None)
    assert (waiting.waits_for, waiting.mail_due_at) == ("TURN", NOW + timedelta(minutes=1))
    link = next(word for word in mail.outbox[0].body.split() if "/invite/" in word)
    client.force_login(make_owner(email="a@example.com"))
    assert client.get(link)["Location"] == f"/connect/{volvo.pk}/"


def test_name_of_the_file_becomes_the_owners_unless_they_have_one(lead: User) -> None:
    source = stored("email,name\na@example.com,Ann\nb@example.com,Bob\n", lead)
    importing.confirm(source=source, also_known=False, by=lead, now=NOW)
    for email, name in (("a@example.com", ""), ("b@example.com", "Robert")):
        Invitation.objects.accept(user=make_owner(email=email, name=name), now=NOW)

    assert dict(User.objects.owners().values_list("email", "name")) == {
        "a@example.com": "Ann",
        "b@example.com": "Robert",
    }
    assert not Invitation.objects.mail_due(now=NOW).exists()


@pytest.mark.parametrize(
    ("error", "moves", "copies"),
    [
        (SMTPRecipientsRefused({}), [60, 600, 3600, 14_400, None], 5),
        (SMTPServerDisconnected(), [60, 600, 600, 600, 600], 5),
    ],
)
def test_a_refused_e_mail_is_tried_again_and_an_address_not_for_ever(
    lead: User, monkeypatch: pytest.MonkeyPatch, error: Exception, moves: list[int | None], copies: int
) -> None:
    def refuse(*_args: Any, **_options: Any) -> int:
        raise error

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    source = stored("email\na@example.com\n", lead)
    importing.confirm(source=source, also_known=False, by=lead, now=NOW)
    found = []
    for _ in range(copies):
        invitation = Invitation.objects.get()
        with time_machine.travel(invitation.mail_due_at or NOW, tick=False):
            tasks.work_off()
            due = Invitation.objects.get().mail_due_at
            found.append(due and (due - timezone.now()).total_seconds())

    assert found == moves


def test_worker_that_was_killed_in_the_middle_sends_one_copy_more_at_most(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(self: Any, *, now: Any) -> None:
        raise Killed

    source = stored("email\na@example.com\n", lead)
    importing.confirm(source=source, also_known=False, by=lead, now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Invitation, "note_mailed", kill)
        with pytest.raises(Killed):
            tasks.work_off()
    tasks.work_off()
    assert len(mail.outbox) == 1

    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        tasks.work_off()
        tasks.work_off()
    assert len(mail.outbox) == 2
    assert Invitation.objects.get().mail_due_at is None


def test_lines_go_after_a_day_and_so_does_a_file_nobody_confirmed(lead: User) -> None:
    for is_confirmed in (True, False):
        source = stored(f"email\n{is_confirmed}@example.com\n", lead)
        if is_confirmed:
            importing.confirm(source=source, also_known=False, by=lead, now=NOW)

    purge(now=NOW + timedelta(days=1, seconds=1))

    assert not InvitationImportRow.objects.exists()
    assert InvitationImport.objects.count() == Invitation.objects.count() == 1


def big_file(rows: int, *, bad: int) -> bytes:
    lines = [f"owner{n}@example{n % 50}.com;Owner {n};de;Volvo;from the fair" for n in range(rows - bad)]
    lines += [f"no address {n};Owner {n};de;Volvo;" for n in range(bad)]
    return "\n".join(["E-mail;Name;Sprache;Marke;Notiz", *lines]).encode()


def test_many_rows_with_some_bad_ones_keep_memory_flat_and_queries_few(lead: User) -> None:
    """10,000 with 100 bad ones are a benchmark: `python -m tests.benchmarks --only many`."""
    make_make("Volvo")
    content = big_file(2000, bad=20)

    tracemalloc.start()
    with CaptureQueriesContext(connection) as queries:
        source = stored(content, lead)
        count = importing.confirm(source=source, also_known=False, by=lead, now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == Invitation.objects.count() == 1980
    assert source.rows.filter(kind=RowKind.WRONG).count() == 20
    assert peak < 12 * 1024 * 1024, peak
    assert len(queries) < 40 * (2000 // importing.PIECE)


def test_pages_take_a_fixed_number_of_queries(desk: Client, lead: User) -> None:
    counts = []
    for rows in (5, 80):
        source = stored(big_file(rows, bad=3).replace(b"example", f"{rows}example".encode()), lead)
        for is_confirmed in (False, True):
            with CaptureQueriesContext(connection) as queries:
                desk.get(f"{BASE}{source.pk}/change/")
            counts.append(len(queries))
            if not is_confirmed:
                importing.confirm(source=source, also_known=False, by=lead, now=NOW)

    assert counts[:2] == counts[2:]
