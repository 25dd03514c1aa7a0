"""Forms as a browser without JavaScript sends them: found on a page, filled in, submitted by one of their buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass
class Form:
    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def submit(self, client: Client, *, button: int = 0, **changed: Any) -> HttpResponse:
        pressed = self.buttons[button]
        values: dict[str, Any] = {**self.fields, **changed}
        if "name" in pressed:
            values[pressed["name"]] = pressed["value"]
        return client.post(self.action, values)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[Form] = []
        self.is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=values.get("action") or self.page))
            self.is_inside = True
        elif self.is_inside and tag == "button":
            self.forms[-1].buttons.append(values)
        elif self.is_inside and tag == "input" and values.get("type") == "hidden":
            self.forms[-1].fields.setdefault(values["name"], []).append(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False


def forms_on(response: Any) -> list[Form]:
    """The forms of the page, Django admin's own for signing out left away."""
    request = response.wsgi_request
    reader = _Reader(request.get_full_path())
    reader.feed(response.content.decode())
    return [form for form in reader.forms if not form.action.endswith("/logout/")]
