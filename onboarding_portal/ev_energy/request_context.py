"""The id of the web request or task at hand, sent along to ev.energy so that the logs can be joined."""

from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
