"""`/suppliers` and `/tariffs`: lists with numbered pages, narrowed to where an owner lives."""

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.pagination import numbered_page
from onboarding_portal.sandbox.representations import wanted_expands
from onboarding_portal.sandbox.tariffs import supplier_json, suppliers, tariff_json, tariffs

TARIFF_EXPANDS = frozenset({"supplier"})


def country_of_user(call: Call) -> str:
    """Of the owner the list is for, "" where it is for nobody or no home is known."""
    user = call.state.user(call.text_argument("available_for_user_id"))
    return str(user.home.get("country_code", "")) if user else ""


def list_suppliers(call: Call) -> Response:
    country = country_of_user(call)
    found = [supplier for supplier in suppliers().values() if country in {"", supplier.country_code}]
    return numbered_page(call, items=found, represent=lambda supplier: supplier_json(call, supplier))


def list_tariffs(call: Call) -> Response:
    expands = wanted_expands(call, allowed=TARIFF_EXPANDS)
    country, supplier_id = country_of_user(call), call.text_argument("supplier_id")
    found = [
        tariff
        for tariff in tariffs().values()
        if country in {"", tariff.supplier.country_code}
        and supplier_id in {"", tariff.supplier.supplier_id}
        and call.request.args.get("gsp_group") in {None, tariff.grid_area}
        and call.request.args.get("valid") != "false"
    ]
    return numbered_page(
        call,
        items=found,
        represent=lambda tariff: tariff_json(call, tariff, has_supplier="supplier" in expands),
    )
