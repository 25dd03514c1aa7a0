"""The form of a home address: the fields of the owner's country in its order, the postal code checked for shape."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.smart_charging_operations import Address
from onboarding_portal.ev_energy.smart_charging_resources import Home
from onboarding_portal.readiness.owner.countries import Country, country_of, named_countries

LONGEST = 200
LONGEST_POSTAL_CODE = 10
AUTOCOMPLETE = {
    "address_1": "address-line1",
    "address_2": "address-line2",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
}


class CountryForm(forms.Form):
    """Which country it is, and so which fields there are."""

    country_code = forms.ChoiceField(
        label=_("Country"),
        choices=lambda: [("", _("Choose a country")), *named_countries()],
        error_messages={"required": _("Choose a country")},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )


class AddressForm(CountryForm):
    """A whole address in one country."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, country: str, initial: Any = None) -> None:
        super().__init__(data, initial={**(initial or {}), "country_code": country}, label_suffix="")
        self.country = country_of(country)
        for name in self.country.fields:
            self.fields[name] = _field(name, self.country)

    def clean_postal_code(self) -> str:
        """In capitals where the country writes them, and of the country's shape."""
        code = " ".join(self.cleaned_data["postal_code"].split())
        code = code.upper() if "postal_code" in self.country.rules.upper_fields else code
        if not self.country.fits(code):
            example = self.country.postal_code_example
            if not example:
                raise forms.ValidationError(_("This does not look like one of this country."))
            raise forms.ValidationError(
                _("This does not look like one of this country. One looks like %(example)s."),
                params={"example": example},
            )
        return code

    def refuse(self, field_errors: Mapping[str, list[str]]) -> None:
        """Shows what ev.energy refused, at the fields it names."""
        words = _("ev.energy does not accept this. Please check it.")
        named = {name.rpartition(".")[2] for name in field_errors} & set(self.fields)
        for name in named:
            self.add_error(name, words)
        if not named:
            self.add_error(None, _("ev.energy does not accept this address. Please check it."))

    @property
    def address(self) -> Address:
        """What was typed, once it is valid."""
        names = ("address_1", "address_2", "city", "state", "postal_code", "country_code")
        return Address(**{name: self.cleaned_data.get(name, "") for name in names})


def typed_before(home: Home) -> dict[str, str]:
    """An address that ev.energy has, for the form to begin with."""
    return {name: getattr(home, name) for name in ("country_code", *AUTOCOMPLETE)}


def _field(name: str, country: Country) -> forms.Field:
    attrs = {"autocomplete": AUTOCOMPLETE[name]}
    if name == "state" and country.areas:
        return forms.ChoiceField(
            label=country.area_label,
            choices=[("", "---------"), *country.areas],
            error_messages={"required": _("Please fill this in.")},
            required=country.needs_area,
            widget=forms.Select(attrs=attrs),
        )
    labels = {
        "address_1": _("Street and house number"),
        "address_2": _("Flat, floor or building (if any)"),
        "city": country.city_label,
        "state": country.area_label,
        "postal_code": country.postal_code_label,
    }
    return forms.CharField(
        label=labels[name],
        error_messages={"required": _("Please fill this in.")},
        max_length=LONGEST_POSTAL_CODE if name == "postal_code" else LONGEST,
        required=name not in {"address_2", "state"},
        widget=forms.TextInput(attrs=attrs),
    )
