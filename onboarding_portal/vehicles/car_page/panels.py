"""What rooms above hang into the page of a car, in `AppConfig.ready()`.

The order: what the car still needs 20, a helper 40, the history 60. A panel's context takes the request and the car's
card (`card.vehicle`); it stands below what the page says of the car, above its facts below 30.
"""

from onboarding_portal.panels import Context, Panels

__all__ = ["Context", "add", "rendered"]

_panels = Panels()
add = _panels.add
rendered = _panels.rendered
