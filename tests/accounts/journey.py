"""Signing in, as a visitor does it."""

import re
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse

LOGIN = "/accounts/login/"
CODE = "/accounts/login/code/"


def ask_for_code(client: Client, email: str, **fields: str) -> Any:
    return client.post(LOGIN, {"email": email, **fields})


def mailed_code() -> str:
    found = re.search(r"\b([A-Z]{6})\b", mail.outbox[-1].subject)  # in whatever language
    assert found, f"no code in {mail.outbox[-1].subject!r}"
    return found.group(1)


def enter_code(client: Client, code: str, **fields: str) -> Any:
    return client.post(CODE, {"code": code, **fields})


def sign_in(client: Client, email: str) -> Any:
    ask_for_code(client, email)
    return enter_code(client, mailed_code())


def wrong_code() -> str:
    """One that was not mailed."""
    return "BBBBBB" if mailed_code() != "BBBBBB" else "CCCCCC"


def is_signed_in(client: Client) -> bool:
    response = client.get(reverse("home"))
    return response.status_code == 302 and response["Location"] == reverse("vehicles:list")
