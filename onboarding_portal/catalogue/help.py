"""Help where doubt arises before an owner signs in at the manufacturer: the portal's own words, or staff's."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.help_text import HelpText, Topic
from onboarding_portal.catalogue.models import Make

# Where owners of a make look after their account and its password; only addresses that are known to be right.
ACCOUNT_PAGES = {
    "Audi": "https://my.audi.com/",
    "Porsche": "https://my.porsche.com/",
    "Škoda": "https://skodaid.vwgroup.io/",
    "Tesla": "https://www.tesla.com/teslaaccount",
    "Volkswagen": "https://vwid.vwgroup.io/",
    "Volvo": "https://volvoid.eu.volvocars.com/Account",
}
WITH_ACCOUNT_PAGE = frozenset({Topic.PASSWORD, Topic.FAMILY})

OF_A_MAKE = {
    Topic.PASSWORD: _(
        "Open the app or the website of %(make)s and choose “Forgot password”. Then come back here; nothing is lost."
    ),
    Topic.FAMILY: _(
        "Take the %(make)s account in which the car was first set up, often that of whoever bought it. If it is "
        "somebody else’s, they can sign in here on your phone."
    ),
    Topic.ASLEEP: _(
        "A car that has stood for days may not answer %(make)s. Unlock it or drive a little, wait five minutes, then "
        "try again."
    ),
    Topic.SUBSCRIPTION: _(
        "Some cars send data only while a service of %(make)s is active. The app of %(make)s says whether yours is, "
        "mostly under “Services” or “Subscriptions”."
    ),
}
OF_ANY_MAKE = {
    Topic.PASSWORD: _(
        "Open your car’s app, or its maker’s website, and choose “Forgot password”. "
        "Then come back here; nothing is lost."
    ),
    Topic.FAMILY: _(
        "Take the account in which the car was first set up, often that of whoever bought it. If it is somebody "
        "else’s, they can sign in here on your phone."
    ),
    Topic.ASLEEP: _(
        "A car that has stood for days may not answer. "
        "Unlock it or drive a little, wait five minutes, then try again."
    ),
    Topic.SUBSCRIPTION: _(
        "Some cars send data only while a service of their maker is active. Your car’s app says whether yours is, "
        "mostly under “Services” or “Subscriptions”."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """`link` may be "". `link_text` is the name of the place it leads to."""

    question: str
    text: str
    link: str

    @property
    def link_text(self) -> str:
        return urlsplit(self.link).netloc.removeprefix("www.")


def help_for(make: Make | None) -> list[Help]:
    """One for each topic, in the reader's language: for the make as closely as there are words. Takes one query."""
    language = get_language() or ""
    rows = HelpText.objects.fitting(make_id=make.pk if make else "", language=language)
    # The closest comes last, and stays: a make's own before that of all, a language's own before that of all.
    closest = {
        row.topic: row for row in sorted(rows, key=lambda row: (row.make_id is not None, row.language))
    }
    return [_help(topic, make, closest.get(topic)) for topic in Topic]


def _help(topic: Topic, make: Make | None, row: HelpText | None) -> Help:
    question = str(topic.label)
    if row is not None:
        return Help(question=question, text=row.text, link=row.link)
    if make is None:
        return Help(question=question, text=str(OF_ANY_MAKE[topic]), link="")
    text = str(OF_A_MAKE[topic]) % {"make": make.name}
    if topic == Topic.SUBSCRIPTION and make.subscription_name:
        needed = gettext("For your car it is %(subscription)s.") % {"subscription": make.subscription_name}
        text = f"{text} {needed}"
    link = ACCOUNT_PAGES.get(make.name, "") if topic in WITH_ACCOUNT_PAGE else ""
    return Help(question=question, text=text, link=link)
