"""What rooms above hang into the owner's account page, in `AppConfig.ready()`: what the owner agreed to, say.

The order: what the page has of its own stands between 0 (the name) and 50 (the data), `BEFORE_DATA` before the
latter. A panel's context takes the request; whose page it is says `request.user`.
"""

from onboarding_portal.panels import Context, Panels

__all__ = ["Context", "add", "rendered"]

_panels = Panels()
add = _panels.add
rendered = _panels.rendered
