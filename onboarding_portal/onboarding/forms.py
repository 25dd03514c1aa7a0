from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.ids import is_model_id


class WaitlistForm(forms.Form):
    """Either a model of the catalogue, or the names of one that isn't in it."""

    model_id = forms.CharField(required=False, widget=forms.HiddenInput)
    make_name = forms.CharField(label=_("Make"), required=False, max_length=100)
    model_name = forms.CharField(label=_("Model"), required=False, max_length=100)

    refused_message = _("ev.energy did not accept this car. Please check what you typed.")
    unreachable_message = _("We could not reach ev.energy, so you are not on the list yet. Please try again.")

    def clean_model_id(self) -> str:
        model_id: str = self.cleaned_data["model_id"]
        if model_id and not is_model_id(model_id):
            raise forms.ValidationError(_("We don’t know this car. Please type its make and model instead."))
        return model_id

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("model_id") and "model_id" not in self.errors:
            for name, message in (
                ("make_name", _("Type the make, for example Volvo.")),
                ("model_name", _("Type the model, for example EX30.")),
            ):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, message)
        return cleaned

    def car_name(self) -> str:
        """The car in the owner's words; empty for a model of the catalogue."""
        return f"{self.cleaned_data['make_name']} {self.cleaned_data['model_name']}".strip()
