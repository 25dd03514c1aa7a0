"""In which language e-mails are."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.languages import spoken


def language_of_mail(*, to: User | None, invitation: Invitation | None = None) -> str:
    """What the reader has chosen, else what they last signed in with, else what staff named in the invitation.

    For who is known by none of these it is the language in force: the page's somebody asks on. Staff's is English.
    """
    if to is not None and to.is_staff:
        return settings.LANGUAGE_CODE
    known = [to.language, to.seen_language] if to is not None else []
    named = invitation.language if invitation is not None else ""
    return next(filter(None, map(spoken, [*known, named])), "") or translation.get_language()


def language_of_own_page(owner: User | None) -> str:
    """For an e-mail that was asked for on a page just now: the page's, unless the owner has chosen one."""
    if owner is not None and owner.is_staff:
        return settings.LANGUAGE_CODE
    return spoken(owner.language if owner is not None else "") or translation.get_language()


@contextmanager
def owners_language(owner: User) -> Iterator[None]:
    """Texts inside are in the language of the owner's e-mails."""
    with translation.override(language_of_mail(to=owner)):
        yield
