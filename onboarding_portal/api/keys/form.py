"""The form with which staff make and change a key."""

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.api.keys.origins import NotAllowed, clean_origin
from onboarding_portal.api.models import ApiKey, Scope

MOST_ORIGINS = 20


class KeyForm(forms.ModelForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    origins = forms.CharField(
        label=_("Sites owners go back to"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line, such as https://www.example.com. Only needed to hand owners over."),
    )

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "origins", "expires_at")
        # One field with one label, where the admin would show two with none.
        field_classes: ClassVar = {"expires_at": forms.DateTimeField}
        widgets: ClassVar = {
            "expires_at": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["origins"] = "\n".join(self.instance.origins)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = ApiKey.objects.filter(name=name, revoked_at=None).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("There is a key of this name already."))
        return name

    def clean_origins(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["origins"].splitlines() if line.strip()]
        if len(lines) > MOST_ORIGINS:
            raise forms.ValidationError(gettext("A key has at most %d sites.") % MOST_ORIGINS)
        cleaned = []
        for line in lines:
            try:
                cleaned.append(clean_origin(line))
            except NotAllowed as error:
                raise forms.ValidationError(
                    gettext("%(line)s: %(reason)s") % {"line": line, "reason": error}
                ) from None
        return list(dict.fromkeys(cleaned))

    def clean_expires_at(self) -> Any:
        expires_at = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError(_("This moment is over."))
        return expires_at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if Scope.SESSIONS_WRITE in cleaned.get("scopes", []) and cleaned.get("origins") == []:
            self.add_error("origins", _("Name the site owners go back to."))
        return cleaned
