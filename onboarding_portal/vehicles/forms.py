"""What an owner may write on a car's page."""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.models import NICKNAME_LENGTH


def _too_long() -> str:
    return gettext("A name has at most %d characters.") % NICKNAME_LENGTH


class NicknameForm(forms.Form):
    """Left empty, the car has no name of its own any more."""

    nickname = forms.CharField(
        label=_("Your own name for this car"),
        max_length=NICKNAME_LENGTH,
        required=False,
        error_messages={"max_length": lazy(_too_long, str)()},
    )
