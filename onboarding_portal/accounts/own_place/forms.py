"""What an owner may write on the account page."""

from copy import deepcopy
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.countries import named_countries
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.user import NAME_LENGTH
from onboarding_portal.accounts.own_place.other_address import Pending, WrongCodes
from onboarding_portal.accounts.plain_name import is_plain_name
from onboarding_portal.accounts.sign_in.forms import CodeForm
from onboarding_portal.accounts.viewer_zone import zone_names
from onboarding_portal.addresses import readable


def zone_choices() -> list[Any]:
    """The browser's own, then all zones by the part of the world."""
    areas = groupby(zone_names(), key=lambda name: name.split("/")[0])
    groups = [(area, [(name, name.replace("_", " ")) for name in names]) for area, names in areas]
    return [("", _("As this browser says")), *groups]


def language_choices() -> list[Any]:
    return [("", _("As this browser says")), *settings.LANGUAGES]


class AboutYouForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=NAME_LENGTH,
        required=False,
        help_text=_("So that our support knows whom it speaks with. You may leave it empty."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=language_choices,
        help_text=_("Of pages and e-mails."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=zone_choices,
        help_text=_("Pages and e-mails tell times in it, and e-mails come by day."),
    )

    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        choices=lambda: [("", _("Not said")), *named_countries()],
        help_text=_("Which cars can be connected depends on it."),
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )

    @classmethod
    def of(cls, owner: User, data: Any = None) -> "AboutYouForm":
        initial = {
            "name": owner.name,
            "language": owner.language,
            "time_zone": owner.chosen_time_zone,
            "country": owner.country,
        }
        return cls(data, initial=initial, label_suffix="")

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not is_plain_name(name):
            raise forms.ValidationError(_("A name has no web or e-mail address in it."))
        return name


class NewAddressForm(forms.Form):
    email = AddressField(
        label=_("New e-mail address"),
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )


class TwoCodesForm(forms.Form):
    """The codes of both e-mails; pasted as codes of the sign-in are."""

    old_code = deepcopy(CodeForm.base_fields["code"])
    new_code = deepcopy(CodeForm.base_fields["code"])

    @classmethod
    def of(cls, pending: Pending, data: Any = None) -> "TwoCodesForm":
        form = cls(data, label_suffix="")
        for name, email in (("old_code", pending.seen), ("new_code", pending.email)):
            words = gettext("Code from the e-mail to %(email)s") % {"email": readable(email)}
            form.fields[name].label = words
            form.fields[name].widget.attrs.pop("autofocus", None)
        return form

    def clean_old_code(self) -> str:
        return CodeForm.code_of(self.cleaned_data["old_code"])

    def clean_new_code(self) -> str:
        return CodeForm.code_of(self.cleaned_data["new_code"])

    def add_wrong(self, wrong: WrongCodes) -> None:
        words = gettext("That is not the code in the latest e-mail. Please check it.")
        if not wrong.is_old_right:
            self.add_error("old_code", words)
        if not wrong.is_new_right:
            self.add_error("new_code", words)
