"""How far a reconnect came and by which channel, for counts and for filters of staff's list: one table of each."""

from django.db.models import Case, CharField, OuterRef, Q, Subquery, TextChoices, Value, When
from django.utils.translation import gettext_lazy as _

from onboarding_portal.reconnects.models.kinds import Origin
from onboarding_portal.vehicles.models import StaleEpisode

HAS_DATA = Q(reconnected_at__isnull=False)
HAS_LEFT = Q(redirected_at__isnull=False) | HAS_DATA


class Step(TextChoices):
    ASKED = "asked", _("Asked for")
    OPENED = "opened", _("Opened")
    LEFT = "left", _("Left for ev.energy")
    BACK = "back", _("Back from ev.energy")
    DATA = "data", _("Data")


# Each step is reached by those that came further, too.
REACHED = {
    Step.ASKED: Q(),
    Step.OPENED: Q(opened_at__isnull=False) | HAS_LEFT,
    Step.LEFT: HAS_LEFT,
    Step.BACK: HAS_LEFT & Q(came_back_at__isnull=False) | HAS_DATA,
    Step.DATA: HAS_DATA,
}


class Channel(TextChoices):
    OWN_CLICK = "OWN_CLICK", _("Own click")
    MAIL = "MAIL", _("E-mail by staff")
    REMINDER = "REMINDER", _("Reminder")
    POLICY = "POLICY", _("E-mail by the policy")
    STAFFS_LINK = "STAFFS_LINK", _("Link by staff")
    SYSTEM = "SYSTEM", _("By the company’s systems")


BY_CHANNEL = {
    Channel.OWN_CLICK: Q(origin=Origin.OWNER),
    Channel.MAIL: Q(origin=Origin.EMAIL, reminders_sent=0),
    Channel.REMINDER: Q(origin=Origin.EMAIL, reminders_sent__gt=0),
    Channel.POLICY: Q(origin=Origin.RULE),
    Channel.STAFFS_LINK: Q(origin=Origin.STAFF),
    Channel.SYSTEM: Q(origin=Origin.API),
}
CHANNEL = Case(
    *(When(condition, then=Value(channel.value)) for channel, condition in BY_CHANNEL.items()),
    output_field=CharField(),
)
# Why the car was stale when it was asked for: its own row forgets that when the car is back. None if nobody knew.
CAUSE = Subquery(
    StaleEpisode.objects.filter(vehicle=OuterRef("vehicle"), started_at__lte=OuterRef("created_at"))
    .filter(Q(ended_at=None) | Q(ended_at__gte=OuterRef("created_at")))
    .exclude(cause="")
    .order_by("-started_at")
    .values("cause")[:1]
)
