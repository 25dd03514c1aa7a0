from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.models import Colleague, User


class InviteForm(forms.ModelForm[Colleague]):
    """A new colleague. `groups` are those the one who invites may give."""

    email = AddressField()
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    group = forms.ModelChoiceField(
        label=_("Group"),
        queryset=Group.objects.none(),
        help_text=_("What they may do. You can give what you may do yourself, and less."),
    )

    class Meta:
        model = Colleague
        fields = ("email", "name")

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        taken = User.objects.with_email(email).first()
        if taken is None:
            return email
        if taken.is_staff:
            raise forms.ValidationError(_("This is a colleague’s address already."))
        raise forms.ValidationError(
            _("An owner signs in with this address. Staff need another one, so that neither opens the other.")
        )


class ReasonForm(forms.Form):
    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        required=False,
        help_text=_("Stands in the audit log. No addresses or names."),
    )


class ForgottenForm(forms.Form):
    email = AddressField(
        widget=forms.EmailInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        )
    )
