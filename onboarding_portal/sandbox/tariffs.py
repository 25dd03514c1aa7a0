"""Energy suppliers, their tariffs, and homes of owners. All made up: a few suppliers in each country."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.identifiers import stable_id
from onboarding_portal.sandbox.problems import invalid
from onboarding_portal.sandbox.records import User
from onboarding_portal.sandbox.state import last_id_of_url

PROBLEM_OF_CHANGE = "validation-failed-update-user"
ADDRESS_FIELDS = ("address_1", "address_2", "city", "state", "postal_code", "country_code")
REQUIRED_FIELDS = ("address_1", "city", "postal_code", "country_code")
LONGEST = {"postal_code": 10}
CURRENCIES = {
    "GB": "GBP",
    "US": "USD",
    "CA": "CAD",
    "AU": "AUD",
    "NZ": "NZD",
    "SE": "SEK",
    "NO": "NOK",
    "DK": "DKK",
}
COUNTRIES = (
    "GB",
    "IE",
    "DE",
    "AT",
    "FR",
    "BE",
    "NL",
    "ES",
    "PT",
    "IT",
    "SE",
    "NO",
    "DK",
    "FI",
    "PL",
    "US",
    "CA",
)
FIRST_NAMES = ("Rivendell", "Harbour", "Old Mill")
GRID_AREAS = ("_A", "_C", "_P")
TARIFFS = ("Flat", "Night Saver", "Go Electric", "Agile")


@dataclass(frozen=True, kw_only=True)
class Supplier:
    supplier_id: str
    name: str
    country_code: str
    is_highlighted: bool


@dataclass(frozen=True, kw_only=True)
class Tariff:
    tariff_id: str
    supplier: Supplier
    name: str
    currency: str
    grid_area: str | None
    is_highlighted: bool


@cache
def suppliers() -> dict[str, Supplier]:
    made = [
        Supplier(
            supplier_id=stable_id("supl", country, name),
            name=f"{name} Energy {country}",
            country_code=country,
            is_highlighted=name == FIRST_NAMES[0],
        )
        for country in COUNTRIES
        for name in FIRST_NAMES
    ]
    return {supplier.supplier_id: supplier for supplier in made}


@cache
def tariffs() -> dict[str, Tariff]:
    made = [
        Tariff(
            tariff_id=stable_id("tari", supplier.supplier_id, name, area),
            supplier=supplier,
            name=name,
            currency=CURRENCIES.get(supplier.country_code, "EUR"),
            grid_area=area,
            is_highlighted=name == "Go Electric",
        )
        for supplier in suppliers().values()
        for name in TARIFFS
        for area in (GRID_AREAS if supplier.country_code == "GB" else (None,))
    ]
    return {tariff.tariff_id: tariff for tariff in made}


def supplier_json(call: Call, supplier: Supplier) -> dict[str, Any]:
    return {
        "id": supplier.supplier_id,
        "url": f"{call.api_url}/suppliers/{supplier.supplier_id}",
        "name": supplier.name,
        "icon": None,
        "highlighted": supplier.is_highlighted,
    }


def tariff_json(call: Call, tariff: Tariff, *, has_supplier: bool = False) -> dict[str, Any]:
    supplier = tariff.supplier
    return {
        "id": tariff.tariff_id,
        "url": f"{call.api_url}/tariffs/{tariff.tariff_id}",
        "supplier": supplier_json(call, supplier)
        if has_supplier
        else f"{call.api_url}/suppliers/{supplier.supplier_id}",
        "name": tariff.name,
        "currency": tariff.currency,
        "highlighted": tariff.is_highlighted,
        "gsp_group": tariff.grid_area,
    }


def home_json(call: Call, user: User, expands: frozenset[str]) -> dict[str, Any]:
    tariff = tariffs().get(user.home.get("tariff_id", ""))
    told: dict[str, Any] | str | None = None
    if tariff and "default_location.tariff" in expands:
        told = tariff_json(call, tariff, has_supplier="default_location.tariff.supplier" in expands)
    elif tariff:
        told = f"{call.api_url}/tariffs/{tariff.tariff_id}"
    address = {name: user.home.get(name) for name in ADDRESS_FIELDS}
    return {**address, "tariff": told}


def changed_home(call: Call, *, user: User, values: object) -> dict[str, Any]:
    """The home with these values in it. 400 for a part of an address, or a tariff that does not exist."""
    if not isinstance(values, dict):
        raise invalid(
            problem=PROBLEM_OF_CHANGE, field_errors={"default_location": ["An object is expected."]}
        )
    errors: dict[str, list[str]] = {}
    address = {name: _text(name, values[name], errors) for name in ADDRESS_FIELDS if name in values}
    if any(address.values()):
        for name in REQUIRED_FIELDS:
            if not address.get(name):
                errors.setdefault(name, ["This field is required when an address is given."])
    home = {**user.home, **address}
    if "tariff" in values:
        home["tariff_id"] = _tariff_id(values["tariff"], errors)
    if errors:
        raise invalid(
            problem=PROBLEM_OF_CHANGE,
            field_errors={f"default_location.{name}": texts for name, texts in errors.items()},
        )
    return {name: value for name, value in home.items() if value}


def _text(name: str, value: object, errors: dict[str, list[str]]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= LONGEST.get(name, 255):
        errors[name] = ["Enter a valid value."]
        return None
    if name == "country_code" and not (len(value) == 2 and value.isascii() and value.isupper()):
        errors[name] = [f'"{value[:20]}" is not a valid choice.']
    if name == "postal_code" and not any(sign.isalnum() for sign in value):
        errors[name] = ["Enter a valid postal code."]
    return value.strip()


def _tariff_id(value: object, errors: dict[str, list[str]]) -> str | None:
    tariff_id = last_id_of_url(url=value, prefix="tari")
    if value is not None and tariff_id not in tariffs():
        errors["tariff"] = ["Invalid hyperlink - Object does not exist."]
    return tariff_id or None
