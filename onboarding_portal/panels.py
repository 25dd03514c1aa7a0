"""Parts of a page that other rooms hang in, in `AppConfig.ready()`: the page's room knows none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

Context = Callable[..., dict[str, Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    order: int
    template: str
    context: Context


class Panels:
    """Those of one page, from the top by their order."""

    def __init__(self) -> None:
        self._panels: list[Panel] = []

    def add(self, order: int, template: str, context: Context) -> None:
        """`context` takes the request and what the page is about, and returns what the template needs.

        With a fixed number of queries; None where there is nothing to show, or nothing this person may see.
        """
        panel = Panel(order=order, template=template, context=context)
        if panel not in self._panels:
            self._panels.append(panel)

    def rendered(self, request: HttpRequest, *about: Any) -> list[SafeString]:
        """The panels this person may see, from the top."""
        panels = sorted(self._panels, key=lambda panel: panel.order)
        contexts = [(panel, panel.context(request, *about)) for panel in panels]
        return [
            render_to_string(panel.template, context, request=request)
            for panel, context in contexts
            if context is not None
        ]
