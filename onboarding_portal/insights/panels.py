"""What stands on staff's first page. Each room adds its own, in `AppConfig.ready()`.

The order: what is wrong 0, cars 10, reconnects 20, the policy 25, onboarding 30, the engine 40.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

Context = Callable[[HttpRequest], dict[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    order: int
    template: str
    context: Context


_panels: list[Panel] = []


def add(order: int, template: str, context: Context) -> None:
    """`context` returns what the template needs, with a fixed number of queries; None to those who may not see it."""
    panel = Panel(order=order, template=template, context=context)
    if panel not in _panels:
        _panels.append(panel)


def rendered(request: HttpRequest) -> list[SafeString]:
    """The panels this person may see, from the top."""
    contexts = [(panel, panel.context(request)) for panel in sorted(_panels, key=lambda panel: panel.order)]
    return [
        render_to_string(panel.template, context, request=request)
        for panel, context in contexts
        if context is not None
    ]
