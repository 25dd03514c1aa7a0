"""What a reconnect's columns can say, beside its state: who began it, how its owner came back, why it failed."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Origin(models.TextChoices):
    OWNER = "OWNER", _("Owner's button")
    STAFF = "STAFF", _("Link by staff")
    EMAIL = "EMAIL", _("E-mail by staff")
    RULE = "RULE", _("E-mail by the policy")
    API = "API", _("By the company’s systems")


class CameBack(models.TextChoices):
    """What the browser said when it brought the owner back from ev.energy: a claim, good for words on pages only."""

    DONE = "DONE", _("To the end")
    STOPPED = "STOPPED", _("Stopped before the end")
    BROKEN = "BROKEN", _("With an error")


class Failure(models.TextChoices):
    UNAVAILABLE = "UNAVAILABLE", _("ev.energy could not be reached")
    LIMITED = "LIMITED", _("Too many requests at the moment")
    NOT_FOUND = "NOT_FOUND", _("ev.energy does not know this vehicle")
    REFUSED = "REFUSED", _("ev.energy refused the request")
    CONFLICT = "CONFLICT", _("ev.energy takes no new sign-in for this vehicle now")
    NOT_POSSIBLE = "NOT_POSSIBLE", _("ev.energy cannot reconnect this vehicle")
    BROKEN_ANSWER = "BROKEN_ANSWER", _("ev.energy's answer could not be understood")
    FOREIGN_LINK = "FOREIGN_LINK", _("The link leads to a foreign site")
    MAIL = "MAIL", _("The e-mail could not be sent")
    NOT_CONNECTABLE = "NOT_CONNECTABLE", _("The vehicle is removed, switched off or not integrated")
