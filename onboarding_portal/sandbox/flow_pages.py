"""What all pages of a flow share: finding it, refusing it when it is over, and sending the owner back."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.pages import message_page
from onboarding_portal.sandbox.records import Flow, Vehicle


def unknown_page() -> Response:
    return message_page(
        title="This link is not known", text="Ask for a new one where you got it.", status=404
    )


def gone_page(*, title: str = "This link has been used") -> Response:
    return message_page(title=title, text="Ask for a new one where you got it.", status=410)


def open_flow(call: Call, *, flow_id: str) -> Flow | Response:
    """The flow while it can still be walked, else the page that says why not."""
    flow = call.state.flows.get(flow_id)
    if flow is None:
        return unknown_page()
    if flow.is_over:
        return gone_page()
    if flow.expires_at_us is not None and flow.expires_at_us <= call.now_us:
        return gone_page(title="This link has expired")
    if flow.vehicle_id and call.state.vehicle(flow.vehicle_id) is None:
        return gone_page(title="This vehicle is no longer here")
    return flow


def with_query(*, url: str, pairs: list[tuple[str, str]]) -> str:
    """`url` with the pairs behind what its query has already."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(pairs)) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment))


def send_back(*, flow: Flow, pairs: list[tuple[str, str]], title: str) -> Response:
    """To the application, or to a last page here if it named no address."""
    if flow.redirect_uri is None:
        return message_page(title=title, text="You can close this page.")
    return redirect(with_query(url=flow.redirect_uri, pairs=pairs), 302)


def finish_connected(call: Call, *, flow: Flow, vehicles: list[Vehicle], title: str) -> Response:
    """`vehicle_id` and `vehicle_uid` once for each vehicle, in matching order."""
    flow.state = "DONE"
    call.state.save(flow)
    pairs = [("vehicle_id", str(vehicle.legacy_id)) for vehicle in vehicles]
    pairs += [("vehicle_uid", vehicle.vehicle_id) for vehicle in vehicles]
    return send_back(flow=flow, pairs=pairs, title=title)


def finish_cancelled(call: Call, *, flow: Flow) -> Response:
    flow.state = "CANCELLED"
    call.state.save(flow)
    return send_back(flow=flow, pairs=[("error", "access_denied")], title="Cancelled")
