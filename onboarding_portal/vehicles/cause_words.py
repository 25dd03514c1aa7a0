"""What each cause means to people: the one place for the words. Mails and pages, owners' and staff's, take them here.

`%(make)s` stands for the car's make in the owner's texts.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import StaleReason

Text = str | Promise


class SigningIn(TextChoices):
    """Whether signing in with the make again helps, in staff's words."""

    HELPS = "HELPS", _("Yes")
    MAY_HELP = "MAY_HELP", _("Maybe")
    DOES_NOT_HELP = "DOES_NOT_HELP", _("No")


WILL_IT_HELP: dict[SigningIn, Text] = {
    SigningIn.HELPS: _("Signing in again usually repairs this. It takes about two minutes."),
    SigningIn.MAY_HELP: _("Signing in again may help."),
    SigningIn.DOES_NOT_HELP: _("Signing in again does not help on its own."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    signing_in: SigningIn
    what_happened: Text
    do_first: Text
    staff: Text


ADVICE: dict[Cause, Advice] = {
    Cause.KEY_NOT_PAIRED: Advice(
        signing_in=SigningIn.MAY_HELP,
        what_happened=_("Your car does not know the key that lets ev.energy in."),
        do_first=_("Sign in with %(make)s at your car, and add the key when the app asks for it."),
        staff=_(
            "The virtual key is not paired. The owner must add it in the manufacturer's app, at the car."
        ),
    ),
    Cause.TWO_FACTOR_NEEDED: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("%(make)s wants to make sure that it is you, with a code."),
        do_first=_("Sign in with %(make)s once more, and enter the code it sends you."),
        staff=_("The manufacturer asks for a second factor. The owner must sign in again with their phone."),
    ),
    Cause.ACCOUNT_LOCKED: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("Your account with %(make)s is locked, or its password was changed."),
        do_first=_("First see that you can sign in to your car’s app. Then sign in here, the same way."),
        staff=_(
            "The account is locked, or its password changed. The owner must unlock it at the manufacturer, "
            "then sign in again."
        ),
    ),
    Cause.TERMS_TO_ACCEPT: Advice(
        signing_in=SigningIn.MAY_HELP,
        what_happened=_("%(make)s has new terms, and you have not accepted them yet."),
        do_first=_(
            "First open your car’s app and accept them. If no data comes within a day, sign in again."
        ),
        staff=_("The owner must accept new terms in the manufacturer's app. Only then may a reconnect help."),
    ),
    Cause.SUBSCRIPTION_LAPSED: Advice(
        signing_in=SigningIn.DOES_NOT_HELP,
        what_happened=_("Your connected-services subscription with %(make)s has ended."),
        do_first=_("Renew it in your car’s app. Data then comes back by itself within a day."),
        staff=_(
            "The manufacturer's connected services ended. The owner must renew them with the manufacturer."
        ),
    ),
    Cause.REGION_NOT_SUPPORTED: Advice(
        signing_in=SigningIn.DOES_NOT_HELP,
        what_happened=_("%(make)s does not offer this where your car or account is registered."),
        do_first=_("You cannot change this from here. Ask us what is possible."),
        staff=_("The manufacturer does not serve the region of the car or of the account."),
    ),
    Cause.VEHICLE_NOT_IN_ACCOUNT: Advice(
        signing_in=SigningIn.MAY_HELP,
        what_happened=_("The account you used with %(make)s no longer has this car."),
        do_first=_("First add the car to your account, in its app. Then sign in with %(make)s once more."),
        staff=_(
            "The car left the account it was connected with: sold, or moved to another account. A reconnect "
            "helps once the owner's account has the car."
        ),
    ),
    Cause.PERMISSIONS_MISSING: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("%(make)s does not give us everything that charging needs."),
        do_first=_(
            "First remove ev.energy’s access in your account with %(make)s. Then sign in with %(make)s again and "
            "agree to every permission."
        ),
        staff=_(
            "Permissions were left out. The owner must remove the access at the manufacturer first, as it is not "
            "asked for again otherwise, then sign in and grant all."
        ),
    ),
    Cause.ACCESS_REVOKED: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("The access to your car was withdrawn at %(make)s."),
        do_first=_("Sign in with %(make)s again and agree to every permission it asks for."),
        staff=_(
            "The owner or the manufacturer withdrew access. A reconnect repairs it if the owner grants all "
            "permissions."
        ),
    ),
    Cause.ASLEEP_OR_OUT_OF_COVERAGE: Advice(
        signing_in=SigningIn.DOES_NOT_HELP,
        what_happened=_("Your car is asleep or has no mobile signal."),
        do_first=_("Nothing is broken. Drive it, or park it where it has signal, and data comes back."),
        staff=_(
            "The car does not answer: deep sleep or no coverage. Reconnecting does not help; driving does."
        ),
    ),
    Cause.PROVIDER_LIMITED: Advice(
        signing_in=SigningIn.DOES_NOT_HELP,
        what_happened=_("%(make)s lets us ask for your car’s data only now and then."),
        do_first=_("You need not do anything. Data comes back by itself."),
        staff=_("The manufacturer limits requests. Wait; reconnecting does not help."),
    ),
    Cause.PROVIDER_DOWN: Advice(
        signing_in=SigningIn.DOES_NOT_HELP,
        what_happened=_("%(make)s’s own service has a fault at the moment."),
        do_first=_("You need not do anything. Data comes back when %(make)s has repaired it."),
        staff=_("The manufacturer's service fails. Wait; reconnecting does not help."),
    ),
    Cause.SIGN_IN_EXPIRED: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("Your sign-in with %(make)s has expired."),
        do_first=_("Sign in with %(make)s once more."),
        staff=_("The manufacturer no longer accepts the sign-in. A reconnect by the owner repairs it."),
    ),
}

# Where the logs do not say why, it depends on how the silence showed.
UNKNOWN_ADVICE: dict[StaleReason, Advice] = {
    StaleReason.CONNECTION_LOST: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("The connection to %(make)s was lost."),
        do_first=_("Sign in with %(make)s once more."),
        staff=_("The connection is cut, and the error logs do not say why. A reconnect usually repairs it."),
    ),
    StaleReason.SILENT: Advice(
        signing_in=SigningIn.MAY_HELP,
        what_happened=_("Your car has not sent data for some time."),
        do_first=_("If you have driven it since then, sign in with %(make)s once more."),
        staff=_("No data although connected, and the error logs do not say why. A reconnect may help."),
    ),
    StaleReason.MARKED_BY_STAFF: Advice(
        signing_in=SigningIn.HELPS,
        what_happened=_("We noticed a problem with your car’s connection."),
        do_first=_("Please sign in with %(make)s once more."),
        staff=_("Marked by staff."),
    ),
}

# Once ev.energy has cut a car off, no wait brings it back: when to sign in then. The causes that are not here and
# ask for patience do not explain a cut, so it is told as one without a known cause.
WHEN_CUT_OFF: dict[Cause, tuple[SigningIn, Text]] = {
    Cause.SUBSCRIPTION_LAPSED: (
        SigningIn.DOES_NOT_HELP,
        _("First renew it in your car’s app. Then sign in with %(make)s once more."),
    ),
    Cause.REGION_NOT_SUPPORTED: (
        SigningIn.DOES_NOT_HELP,
        ADVICE[Cause.REGION_NOT_SUPPORTED].do_first,
    ),
    Cause.PROVIDER_DOWN: (
        SigningIn.MAY_HELP,
        _("First wait until %(make)s has repaired it. Then sign in with %(make)s once more."),
    ),
}
