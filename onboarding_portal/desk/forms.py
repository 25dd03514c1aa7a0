"""The forms of an owner's page. A car that is named must be the owner's."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.mail_pause import REASON_LENGTH
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.notes import TEXT_LENGTH


class _AboutCar(forms.Form):
    vehicle = forms.ModelChoiceField(
        queryset=Vehicle.objects.none(),
        required=False,
        error_messages={"invalid_choice": _("This car is not, or no longer, the owner’s.")},
    )

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cars: Any = self.fields["vehicle"]
        cars.queryset = Vehicle.objects.filter(owner=owner)


class NoteForm(_AboutCar):
    text = forms.CharField(
        max_length=TEXT_LENGTH, error_messages={"required": _("The note is empty: nothing was stored.")}
    )


class ByHandForm(_AboutCar):
    """Without a colleague it is for whoever sends the form."""

    colleague = forms.ModelChoiceField(
        queryset=User.objects.colleagues(),
        required=False,
        error_messages={"invalid_choice": _("This is nobody who works here now.")},
    )
    reason = forms.CharField(
        max_length=REASON_LENGTH, error_messages={"required": _("Say why, for the colleagues after you.")}
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=REASON_LENGTH, error_messages={"required": _("Say why, for the colleagues after you.")}
    )


def first_trouble(form: forms.Form) -> str:
    """The first thing that is wrong, in words; what else is wrong shows when that is right."""
    return str(next(iter(form.errors.values()))[0])
