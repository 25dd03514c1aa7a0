"""Owners whose car cannot be connected ask ev.energy to tell them when it can."""

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client


def join_waitlist(
    *, owner: User, client: Client, accept_language: str, model_id: str, make_name: str, model_name: str
) -> None:
    """Puts the owner on ev.energy's waitlist, for a model of the catalogue or else for a car named in words.

    `accept_language` is the browser's own header: ev.energy takes the owner's country from it. Raises EvEnergyError
    if ev.energy did not confirm. Asking again is harmless.
    """
    car = {"model_id": model_id} if model_id else {"make_name": make_name, "model_name": model_name}
    client.join_waitlist(email=owner.email, accept_language=accept_language, **car)
