"""What stands on staff's first page. Each room adds its own, in `AppConfig.ready()`.

The order: what is wrong 0, cars 10, reconnects 20, the policy 25, onboarding 30, the engine 40. A panel's context
takes the request.
"""

from onboarding_portal.panels import Context, Panels

__all__ = ["Context", "add", "rendered"]

_panels = Panels()
add = _panels.add
rendered = _panels.rendered
