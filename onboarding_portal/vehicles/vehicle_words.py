"""The words in which a vehicle's row says how its connection is."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

INTEGRATION_LENGTH = 40


class Integration(TextChoices):
    """The words of ev.energy's `integrated` that mean something here; any other is kept, and says nothing."""

    ACTIVE = "ACTIVE", _("Connected")
    INACTIVE = "INACTIVE", _("Disconnected")
    UNINTEGRATED = "UNINTEGRATED", _("Not integrated")


class StaleReason(TextChoices):
    CONNECTION_LOST = "CONNECTION_LOST", _("Connection lost")
    SILENT = "SILENT", _("Silent")
    MARKED_BY_STAFF = "MARKED_BY_STAFF", _("Marked by staff")
