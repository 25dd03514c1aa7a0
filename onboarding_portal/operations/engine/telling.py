"""Tells of alarms: by e-mail to ADMINS, and by a webhook. Neither waits for the other, and each wait has an end.

What is sent names nobody and opens nothing: words of the table of conditions, figures, times, the panel's address.
"""

import smtplib
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from time import monotonic

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from onboarding_portal.brand.mail import compose
from onboarding_portal.ev_energy.deadline import DeadlineAdapter, deadline
from onboarding_portal.operations.engine.alarms import Channel, Moment, Notice
from onboarding_portal.operations.engine.conditions import BY_NAME
from onboarding_portal.operations.engine.moments import moment
from onboarding_portal.timing import MAIL_SECONDS

ALARM = "admin/engine/alarm"
# For each channel in one look. The last message may take its own time beyond it.
CHANNEL_SECONDS = 5.0
WEBHOOK_SECONDS = 5.0
CONNECT_SECONDS, READ_SECONDS = 2.0, 4.0


class NotTold(Exception):
    """The message could not be handed over. It `is_perhaps_sent` if it was, and the answer was lost."""

    def __init__(self, why: str, *, is_perhaps_sent: bool = False) -> None:
        super().__init__(why)
        self.is_perhaps_sent = is_perhaps_sent


def channels() -> list[Channel]:
    """Those that are set."""
    is_set = {Channel.MAIL: settings.ADMINS, Channel.WEBHOOK: settings.ALARM_WEBHOOK_URL}
    return [channel for channel in Channel if is_set[channel]]


def tell_what_is_due(*, clock: Callable[[], datetime]) -> None:
    """A channel that fails is left alone until its message is due again."""
    for channel in channels():
        _tell(channel, clock=clock)


def _tell(channel: Channel, *, clock: Callable[[], datetime]) -> None:
    ends_at = monotonic() + CHANNEL_SECONDS
    while monotonic() < ends_at:
        notice = Notice.objects.take(channel, now=clock())
        if notice is None:
            return
        try:
            _SEND[channel](notice)
        except NotTold as problem:
            notice.note_failure(str(problem), is_perhaps_sent=problem.is_perhaps_sent, now=clock())
            return
        notice.note_told(now=clock())


def _send_mail(notice: Notice) -> None:
    message = compose(
        template=ALARM,
        to=[address for _name, address in settings.ADMINS],
        context={"words": words_of(notice)},
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        with deadline(seconds=MAIL_SECONDS):
            message.send()
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, ConnectionRefusedError) as error:
        raise NotTold(type(error).__name__) from None
    except OSError as error:  # time-outs, and all else of smtplib's
        raise NotTold(type(error).__name__, is_perhaps_sent=True) from None


def _post(notice: Notice) -> None:
    # Not chained: an error of requests has the address in it, and that may be a secret.
    try:
        with deadline(seconds=WEBHOOK_SECONDS), _session() as session:
            response = session.post(
                settings.ALARM_WEBHOOK_URL,
                json=words_of(notice),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,  # the message is for the address that was set, and nobody else
                stream=True,  # what is answered is not read
            )
            with closing(response):
                status = response.status_code
    except requests.ConnectTimeout:
        raise NotTold("ConnectTimeout") from None
    except (requests.RequestException, HTTPError, OSError) as error:
        raise NotTold(type(error).__name__, is_perhaps_sent=True) from None
    if not 200 <= status < 300:
        raise NotTold(f"Status {status}")


def _session() -> requests.Session:
    session = requests.Session()
    # .netrc would add a password, and a proxy of the environment would read the address.
    session.trust_env = False
    session.headers["User-Agent"] = "onboarding-portal"
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter())
    return session


def words_of(notice: Notice) -> dict[str, str | bool]:
    """The message as it is posted: plain words, each under its name."""
    alarm, condition = notice.alarm, BY_NAME.get(notice.alarm.name)
    is_over = notice.moment == Moment.ENDED
    summary = condition.in_words(alarm.about) if condition else str(alarm)
    title = f"{settings.PORTAL_NAME}: over: {summary}" if is_over else f"{settings.PORTAL_NAME}: {summary}"
    return {
        "id": f"{alarm.pk}-{notice.moment.lower()}",
        "event": "ended" if is_over else "begun",
        "name": alarm.name,
        "about": alarm.about,
        "title": title,
        "text": " ".join(filter(None, [title, "" if is_over else alarm.facts])),
        "facts": alarm.facts,
        "began": moment(alarm.began_at),
        "ended": moment(alarm.ended_at) if is_over else "",
        "do": str(condition.do) if condition and not is_over else "",
        "runbook": condition.runbook if condition else "",
        "panel": f"{settings.PORTAL_URL}/admin/engine/",
        "is_perhaps_a_copy": notice.is_perhaps_sent,
    }


_SEND: dict[Channel, Callable[[Notice], None]] = {Channel.MAIL: _send_mail, Channel.WEBHOOK: _post}
