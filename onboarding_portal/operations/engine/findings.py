"""When something is wrong with the engine, and its figures in words. What is found is mailed and posted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext, ngettext

from onboarding_portal.operations.engine.facts import Facts
from onboarding_portal.operations.engine.moments import ago, moment
from onboarding_portal.vehicles.sync_standing import why_it_stands

FIVE_MINUTES, TEN_MINUTES, QUARTER = timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=15)
PAGES_FAIL_SHARE, PAGES_FAIL_MOST = 0.05, 5
PAGES_SLOW_SHARE, PAGES_SLOW_LEAST = 0.05, 20
QUEUE_LATE_AFTER = timedelta(minutes=5)
JOB_FAILURES = 3
JOB_LATE_AFTER = timedelta(minutes=10)
READING_LATE_AFTER = timedelta(minutes=30)  # beside twice the time a reading takes
CALLS_FAIL_SHARE, CALLS_FAIL_MOST = 0.2, 5
BUDGET_LEAST_SHARE = 0.02
MAILS_REFUSED_SHARE, MAILS_REFUSED_MOST = 0.2, 3
EVENTS_LATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """That a condition holds, for what, with figures. Nothing of an owner, no secret: it is mailed and posted."""

    about: str = ""
    facts: str = ""


def cache_unreadable(facts: Facts) -> Iterator[Finding]:
    if not facts.budget.is_known:
        yield Finding(about="cache", facts=gettext("The cache does not answer."))


def pages_fail(facts: Facts) -> Iterator[Finding]:
    failed = facts.rates.increase("requests.5xx", within=FIVE_MINUTES)
    share = facts.rates.share("requests.5xx", "requests", within=FIVE_MINUTES)
    if share > PAGES_FAIL_SHARE and failed > PAGES_FAIL_MOST:
        yield Finding(
            facts=gettext("%(share)d %% of the answers of the last 5 minutes.") % {"share": 100 * share}
        )


def pages_slow(facts: Facts) -> Iterator[Finding]:
    answered = facts.rates.increase("owners", within=TEN_MINUTES)
    slow = 1 - facts.rates.share("owners.fast", "owners", within=TEN_MINUTES)
    if answered >= PAGES_SLOW_LEAST and slow > PAGES_SLOW_SHARE:
        yield Finding(
            facts=gettext("%(share)d %% of owners' pages in the last 10 minutes.") % {"share": 100 * slow}
        )


def process_missing(facts: Facts) -> Iterator[Finding]:
    for kind in facts.missing_kinds:
        seen = facts.last_seen[kind]
        told = (
            gettext("Last seen %(when)s.") % {"when": moment(seen)}
            if seen
            else gettext("None was ever seen.")
        )
        yield Finding(about=kind.value, facts=told)


def queue_late(facts: Facts) -> Iterator[Finding]:
    oldest = facts.queue.oldest_at
    if oldest is not None and facts.now - oldest > QUEUE_LATE_AFTER:
        told = ngettext(
            "%(count)d task is due, for %(age)s.",
            "%(count)d tasks are due, the oldest for %(age)s.",
            facts.queue.due,
        )
        yield Finding(facts=told % {"count": facts.queue.due, "age": ago(facts.now - oldest)})


def regular_work_late(facts: Facts) -> Iterator[Finding]:
    for job in facts.jobs:
        if job.tries >= JOB_FAILURES:
            told = gettext("%(job)s failed %(tries)d times in a row: %(why)s")
            yield Finding(
                about=job.name, facts=told % {"job": job.name, "tries": job.tries, "why": job.failure}
            )
        elif facts.now - job.next_at > JOB_LATE_AFTER:
            told = gettext("%(job)s is due since %(when)s, and nobody does it.")
            yield Finding(about=job.name, facts=told % {"job": job.name, "when": moment(job.next_at)})
    age = facts.sync.age
    if age.complete_at is not None and facts.now - age.complete_at > 2 * age.every + READING_LATE_AFTER:
        told = gettext("The last complete reading of all cars ended %(when)s.")
        yield Finding(about="all cars", facts=told % {"when": moment(age.complete_at)})


def sync_stands_still(facts: Facts) -> Iterator[Finding]:
    run = facts.sync.running
    if run is not None and run.stands_still(now=facts.now):
        missing = frozenset(kind.value for kind in facts.missing_kinds)
        told = gettext("No page since %(since)s. %(why)s")
        yield Finding(
            facts=told % {"since": moment(run.progressed_at), "why": why_it_stands(run, missing=missing)}
        )


def calls_fail(facts: Facts) -> Iterator[Finding]:
    failed = facts.rates.increase("calls.failed", within=TEN_MINUTES)
    share = facts.rates.share("calls.failed", "calls", within=TEN_MINUTES)
    if share > CALLS_FAIL_SHARE and failed > CALLS_FAIL_MOST:
        told = gettext("%(failed)d calls of the last 10 minutes, %(share)d %%.")
        yield Finding(facts=told % {"failed": failed, "share": 100 * share})


def budget_short(facts: Facts) -> Iterator[Finding]:
    state = facts.budget
    refused = facts.rates.increase("calls.429", within=QUARTER)
    if not state.is_known:
        return
    if state.remaining < BUDGET_LEAST_SHARE * state.limit:
        told = gettext("%(left)d of %(limit)d requests of the hour are left.")
        yield Finding(facts=told % {"left": state.remaining, "limit": state.limit})
    elif refused:
        told = gettext("ev.energy has refused %(count)d calls of the last 15 minutes with a 429.")
        yield Finding(facts=told % {"count": refused})


def mails_refused(facts: Facts) -> Iterator[Finding]:
    refused = facts.rates.increase("mails.refused", within=QUARTER)
    share = facts.rates.share("mails.refused", "mails", within=QUARTER)
    if share > MAILS_REFUSED_SHARE and refused > MAILS_REFUSED_MOST:
        told = gettext("%(refused)d e-mails of the last 15 minutes, %(share)d %%.")
        yield Finding(facts=told % {"refused": refused, "share": 100 * share})


def events_not_taken(facts: Facts) -> Iterator[Finding]:
    since, given_up = facts.events.waiting_since, facts.events.given_up
    if given_up:
        told = ngettext(
            "%(count)d event of the last day was given up.",
            "%(count)d events of the last day were given up.",
            given_up,
        )
        yield Finding(facts=told % {"count": given_up})
    elif since is not None and facts.now - since > EVENTS_LATE_AFTER:
        yield Finding(facts=gettext("The oldest waits for %(age)s.") % {"age": ago(facts.now - since)})
