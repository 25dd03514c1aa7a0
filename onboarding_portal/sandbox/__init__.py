"""A stand-in for ev.energy, spoken to over HTTP only: the API at `/v2`, tokens at `/o/token/`, pages for owners.

Start it with `manage.py sandbox` or `python -m onboarding_portal.sandbox`, without any setting; tests may use
`server.serve_in_thread()`. Nothing here comes from the portal, and nothing of the portal imports it.

An owner's way, no JavaScript needed; each page's form posts to its own address:

    GET /v2/vehicle_onboarding?user_id&client_id[&make_id&model_id&trim_id&redirect_uri]
      → /onboarding/<flow>/make → …/model → …/trim    while the pick is open; buttons `make_id`, `model_id`, `trim_id`
      → /manufacturer/<make>/sign-in?request=<flow>     `username`, `password`; buttons #sign_in, #cancel
      → /manufacturer/<make>/consent?request=<flow>     checkboxes `vehicle` (#vehicle-0 …); buttons #approve, #cancel
      → redirect_uri?vehicle_id=…&vehicle_uid=…         or ?error=access_denied

    POST /v2/vehicles/<id>/reconnect
      gives /vehicle-onboarding/start/<flow>, whose link #continue leads to the sign-in

`/_sandbox/…` sets the scene (`control.py`), `/_sandbox/behaviour` makes things go wrong (`behaviour.py`).
"""
