"""Events that go out, as far as the API's description tells of them: whoever sends one adds its schema."""

from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`name` is the event's type; `model` is its whole body."""

    name: str
    model: type[BaseModel]
    summary: str


_WEBHOOKS: dict[str, Webhook] = {}


def add(*, name: str, model: type[BaseModel], summary: str) -> None:
    """Has the description tell of an event."""
    _WEBHOOKS[name] = Webhook(name=name, model=model, summary=summary)


def all_webhooks() -> list[Webhook]:
    return list(_WEBHOOKS.values())
