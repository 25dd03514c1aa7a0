"""Who among staff the provider speaks of. Its subject is what counts; the address finds somebody once.

Nobody becomes a superuser here, and no owner's account is opened: an address may be both an employee's and a
customer's, and the provider vouches for the employee alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from onboarding_portal.accounts.audit import Act, about, job, record
from onboarding_portal.accounts.models import StaffIdentity, User
from onboarding_portal.addresses import CannotBeMailed, normalize_address
from onboarding_portal.staff_groups import StaffGroup

SIGN_ON = job("single sign-on")


class NotStaff(Exception):
    """The provider knows them, the portal does not, or not any more."""


def staff_for(said: Mapping[str, Any], *, now: datetime) -> User:
    """Returns who signs in. Raises NotStaff."""
    issuer, subject = str(settings.OIDC_ISSUER), str(said["sub"])[:255]
    known = StaffIdentity.objects.select_related("user").filter(issuer=issuer, subject=subject).first()
    user = known.user if known is not None else _by_address(said, issuer=issuer, subject=subject, now=now)
    if not (user.is_active and user.is_staff):
        raise NotStaff
    if settings.OIDC_GROUPS_CLAIM and not user.is_superuser:
        _put_in_group(user, _group_said(said))
    return user


def _by_address(said: Mapping[str, Any], *, issuer: str, subject: str, now: datetime) -> User:
    """Somebody the provider names for the first time, found or made by their address. Raises NotStaff."""
    if said.get("email_verified") is not True:
        raise NotStaff
    try:
        email = normalize_address(str(said.get("email", "")))
    except CannotBeMailed:
        raise NotStaff from None
    try:
        with transaction.atomic():
            user = User.objects.with_email(email).first() or _newcomer(email, said)
            if not user.is_staff:  # an owner's
                raise NotStaff
            StaffIdentity.objects.create(user=user, issuer=issuer, subject=subject, created_at=now)
    except IntegrityError:  # the account is another subject's, or both came at once
        raise NotStaff from None
    return user


def _newcomer(email: str, said: Mapping[str, Any]) -> User:
    """Raises NotStaff for who is neither of the company's domain nor in a group the provider names."""
    domain = str(settings.OIDC_STAFF_DOMAIN).lower()
    is_ours = bool(domain) and email.rpartition("@")[2] == domain
    group = _group_said(said) or (StaffGroup.READER if is_ours else None)
    if group is None:
        raise NotStaff
    user = User.objects.create_user(email=email, name=str(said.get("name", ""))[:150], is_staff=True)
    user.groups.set(Group.objects.filter(ready_made__key=group))
    record(act=Act.COLLEAGUE_INVITED, actor=SIGN_ON, about=about(user), detail=str(group))
    return user


def _group_said(said: Mapping[str, Any]) -> StaffGroup | None:
    """The highest of the ready-made groups the claim names by its key."""
    claim = said.get(settings.OIDC_GROUPS_CLAIM) if settings.OIDC_GROUPS_CLAIM else None
    names = {str(each).lower() for each in (claim if isinstance(claim, list) else [claim])}
    return next((group for group in reversed(StaffGroup) if group in names), None)


def _put_in_group(user: User, group: StaffGroup | None) -> None:
    """The ready-made group the provider names and no other; groups of superusers' own making stay.

    Raises NotStaff for who is in none any more.
    """
    if group is None:
        raise NotStaff
    mine = set(user.groups.filter(ready_made__isnull=False).values_list("ready_made__key", flat=True))
    if mine == {group}:
        return
    with transaction.atomic():
        user.groups.remove(*Group.objects.filter(ready_made__isnull=False))
        user.groups.add(*Group.objects.filter(ready_made__key=group))
        record(act=Act.GROUP_FROM_SIGN_ON, actor=SIGN_ON, about=about(user), detail=str(group))
