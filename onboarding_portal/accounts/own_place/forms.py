"""What an owner may write on the account page."""

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.user import NAME_LENGTH
from onboarding_portal.accounts.plain_name import is_plain_name
from onboarding_portal.accounts.viewer_zone import zone_names


def zone_choices() -> list[Any]:
    """The browser's own, then all zones by the part of the world."""
    areas = groupby(zone_names(), key=lambda name: name.split("/")[0])
    groups = [(area, [(name, name.replace("_", " ")) for name in names]) for area, names in areas]
    return [("", _("As this browser says")), *groups]


class AboutYouForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        required=False,
        help_text=_("So that our support knows whom it speaks with. You may leave it empty."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=zone_choices,
        help_text=_("Pages and e-mails tell times in it, and e-mails come by day."),
    )

    @classmethod
    def of(cls, owner: User, data: Any = None) -> "AboutYouForm":
        initial = {"name": owner.name, "time_zone": owner.chosen_time_zone}
        return cls(data, initial=initial, label_suffix="")

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_plain_name(name):
            raise forms.ValidationError(_("A name has no web or e-mail address in it."))
        return name
