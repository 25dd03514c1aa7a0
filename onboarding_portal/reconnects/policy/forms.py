"""The form for new rules: what a Lead can choose from, and how days are typed."""

import re
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.models import CAUSES, PolicyVersion
from onboarding_portal.vehicles.models import Vehicle


class DaysField(forms.CharField):
    """Days with commas or blanks between them, as a list of whole numbers."""

    default_error_messages = {"invalid": _("Type whole days with commas between them, such as 3, 7.")}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = [word for word in re.split(r"[\s,;]+", super().to_python(value) or "") if word]
        if not all(word.isascii() and word.isdecimal() and len(word) <= 3 for word in words):
            raise forms.ValidationError(self.error_messages["invalid"])
        return [int(word) for word in words]


class PolicyForm(forms.ModelForm[PolicyVersion]):
    causes = forms.MultipleChoiceField(
        label=_("Causes"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only cars with these, and only where signing in again helps."),
    )
    make_ids = forms.MultipleChoiceField(
        label=_("Makes"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None ticked means all makes."),
    )
    reminder_days = DaysField(
        label=_("Reminders after so many days"),
        required=False,
        max_length=40,
        help_text=_("For example 3, 7. Empty for none. They stop when the car is back."),
    )

    class Meta:
        model = PolicyVersion
        fields = [
            *("causes", "stale_for_hours", "make_ids", "most_a_day", "from_hour", "until_hour"),
            *("reminder_days", "pause_days", "most_askings", "mails_ahead", "trial", "later_by_hours", "why"),
        ]
        widgets = {"trial": forms.RadioSelect, "why": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"why": _("For your colleagues, and for you in half a year.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["causes"].choices = [(cause.value, cause.label) for cause in CAUSES]
        driven = Make.objects.filter(Exists(Vehicle.objects.present().filter(make=OuterRef("pk"))))
        kept = Make.objects.filter(pk__in=self.initial.get("make_ids") or [])
        makes = (driven | kept).order_by("name").values_list("pk", "name")
        fields["make_ids"].choices = list(makes)


def rules_to_begin_with(version: PolicyVersion | None) -> dict[str, Any]:
    """What the form for new rules shows at first: the rules that are in force, else the usual ones."""
    shown = version or PolicyVersion()
    return {name: getattr(shown, name) for name in PolicyForm.Meta.fields if name != "why"}
