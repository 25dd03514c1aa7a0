"""Whether ev.energy takes the client secret; while one replaces the other there are two, and one has to be good."""

from collections.abc import Generator

from django.conf import settings

from onboarding_portal.ev_energy.errors import EvEnergyError, Forbidden, Invalid, Unauthorized
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.operations.ev_energy_check.conversation import Conversation
from onboarding_portal.operations.ev_energy_check.finding import Finding, Verdict

NAMES = ["EV_ENERGY_CLIENT_SECRET", "EV_ENERGY_NEXT_CLIENT_SECRET"]


def first_good_answer(conversation: Conversation) -> Generator[Finding, None, Answer | None]:
    """Tries each secret, yields what is to be said of them, and returns the token endpoint's first good answer."""
    given: dict[str, Answer] = {}
    refused: dict[str, int | None] = {}
    for name in [name for name in NAMES if getattr(settings, name)]:
        try:
            given[name] = conversation.fetch_token(client_secret=getattr(settings, name))
        except (Unauthorized, Forbidden, Invalid) as error:
            refused[name] = error.status
        except EvEnergyError as error:
            text = f"{error} Check EV_ENERGY_TOKEN_URL, and that this machine may open connections to it."
            yield Finding(verdict=Verdict.WRONG, subject="credentials", text=text)
            return None
    if not given:
        text = (
            f"Refused with {refused[NAMES[0]]}. Check EV_ENERGY_CLIENT_ID and {' and '.join(refused)}, and that "
            "EV_ENERGY_TOKEN_URL is of the environment they are for."
        )
        yield Finding(verdict=Verdict.WRONG, subject="credentials", text=text)
        return None
    if settings.EV_ENERGY_NEXT_CLIENT_SECRET:
        yield _of_two(refused)
    return next(iter(given.values()))


def _of_two(refused: dict[str, int | None]) -> Finding:
    first, second = NAMES
    verdict, text = Verdict.RIGHT, f"ev.energy takes {first} and {second}."
    if first in refused:
        verdict = Verdict.WRONG
        text = (
            f"{first} is refused with {refused[first]}; {second} is taken, and in use. Set {first} to it and leave "
            f"{second} empty."
        )
    elif second in refused:
        verdict = Verdict.OPEN
        text = f"{second} is refused with {refused[second]}: right until ev.energy has changed to it."
    return Finding(verdict=verdict, subject="client secrets", text=text)
