"""A version of the policy as sentences, for pages."""

from django.utils.translation import gettext, ngettext

from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.models import PolicyVersion, Trial
from onboarding_portal.reconnects.policy.run import HELD_BACK_FOR
from onboarding_portal.vehicles.causes import Cause


def makes_in_words(version: PolicyVersion) -> str:
    if not version.make_ids:
        return gettext("all makes")
    return ", ".join(
        Make.objects.filter(pk__in=version.make_ids).order_by("name").values_list("name", flat=True)
    )


def rules_in_words(version: PolicyVersion) -> list[str]:
    """One sentence for each rule."""
    causes = ", ".join(str(Cause(cause).label) for cause in version.causes if cause in Cause.values)
    values = {
        "causes": causes,
        "makes": makes_in_words(version),
        "most": version.most_a_day,
        "hours": version.stale_for_hours,
        "from": version.from_hour,
        "until": version.until_hour,
        "pause": version.pause_days,
    }
    sentences = [
        gettext("Cars that are stale for %(hours)d hours or longer, of %(makes)s.") % values,
        gettext("Only for these causes: %(causes)s.") % values,
        gettext(
            "At most %(most)d cars within 24 hours, from %(from)d to %(until)d o’clock where the owner is."
        )
        % values,
        _reminders(version),
        gettext("About the same car again after %(pause)d days at the earliest.") % values,
        ngettext(
            "Then it stops: at most %d e-mail about one break.",
            "Then it stops: at most %d e-mails about one break.",
            version.most_askings,
        )
        % version.most_askings,
        *_chance(version),
    ]
    if version.mails_ahead:
        sentences.append(gettext("Owners whose connection is older than most get are told ahead, once."))
    return sentences


def _reminders(version: PolicyVersion) -> str:
    if not version.reminder_days:
        return gettext("No reminders.")
    days = ", ".join(map(str, version.reminder_days))
    return gettext("Reminders after these days: %(days)s.") % {"days": days}


def _chance(version: PolicyVersion) -> list[str]:
    if version.trial == Trial.HELD_BACK:
        text = gettext("By chance, one car in ten is held back for %(days)d days.")
        return [text % {"days": HELD_BACK_FOR.days}]
    if version.trial == Trial.LATER:
        text = gettext("By chance, one car in ten is mailed %(hours)d hours later.")
        return [text % {"hours": version.later_by_hours}]
    return []
