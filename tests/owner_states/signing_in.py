from datetime import timedelta
from typing import Any

from django.core import mail
from django.test import override_settings

from onboarding_portal.accounts.models import Invitation
from onboarding_portal.accounts.models.invitation import INVITATION_LIFETIME
from tests.accounts.journey import CODE, LOGIN, wrong_code
from tests.owner_states import World, state


@state
def first_page(world: World) -> Any:
    return world.get("/")


@state
def sign_in(world: World) -> Any:
    return world.get(LOGIN)


@state
def sign_in_to_connect(world: World) -> Any:
    return world.get(LOGIN, next="/connect/")


@state
def sign_in_without_an_address(world: World) -> Any:
    return world.post(LOGIN, email="anna@")


@state
def code_to_connect(world: World) -> Any:
    return world.post(LOGIN, email="bob@example.com", next="/connect/")


@state
def wrong_code_entered(world: World) -> Any:
    world.post(LOGIN, email="bob@example.com")
    return world.post(CODE, code=wrong_code())


@state
def too_many_wrong_codes(world: World) -> Any:
    world.post(LOGIN, email="bob@example.com")
    wrong = wrong_code()
    for _ in range(3):
        answer = world.post(CODE, code=wrong)
    return answer


@state
def invited(world: World) -> Any:
    _, token = Invitation.objects.invite(email="bob@example.com", invited_by=None, now=world.now)
    return world.get(f"/invite/{token}/")


@state
def invited_and_signed_in_as_somebody_else(world: World) -> Any:
    assert world.owner
    return invited(world)


@state
def invited_and_needs_no_code(world: World) -> Any:
    with override_settings(INVITATION_PROVES_MAILBOX=True):
        return invited(world)


@state
def invited_and_started(world: World) -> Any:
    _, token = Invitation.objects.invite(email="bob@example.com", invited_by=None, now=world.now)
    answer = world.post(f"/invite/{token}/")
    assert mail.outbox
    return answer


@state
def invitation_expired(world: World) -> Any:
    ago = world.now - INVITATION_LIFETIME - timedelta(days=1)
    _, token = Invitation.objects.invite(email="bob@example.com", invited_by=None, now=ago)
    return world.get(f"/invite/{token}/")


@state
def invitation_used(world: World) -> Any:
    invitation, token = Invitation.objects.invite(email="bob@example.com", invited_by=None, now=world.now)
    Invitation.objects.filter(pk=invitation.pk).update(user=world.owner, accepted_at=world.now)
    world.client.logout()
    return world.get(f"/invite/{token}/")


@state
def invitation_unknown(world: World) -> Any:
    return world.get("/invite/no-such-token/")


@state
def language_chosen_on_a_page_of_its_own(world: World) -> Any:
    return world.get("/language/", next="/connect/")
