"""The closed list of what the audit log knows as acts, room by room, each with words for people.

A new act of staff, of a key, of a job or of the policy is a line here; the column has no list of its own, so a line
needs no migration.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Act(models.TextChoices):
    # The admin's own forms, on rows of any kind
    ADDED = "admin.added", _("Added")
    CHANGED = "admin.changed", _("Changed")
    DELETED = "admin.deleted", _("Deleted")

    # accounts
    SIGNED_OUT_EVERYWHERE = "accounts.signed_out_everywhere", _("Signed out everywhere")
    ADDRESS_CHANGED = "accounts.address_changed", _("Changed the e-mail address")
    PASSWORD_SET = "accounts.password_set", _("Set a password")
    INVITED = "accounts.invited", _("Invited")
    INVITED_FROM_FILE = "accounts.invited_from_file", _("Invited the owners of a file")
    FILE_OF_INVITATIONS_STOPPED = "accounts.file_stopped", _("Stopped a file of invitations")
    LIST_DOWNLOADED = "accounts.list_downloaded", _("Downloaded a list")
    INVITED_AGAIN = "accounts.invited_again", _("Sent the invitation again")
    COLLEAGUE_INVITED = "accounts.colleague_invited", _("Invited a colleague")
    PASSWORD_LINK_SENT = "accounts.password_link_sent", _("Mailed a link to set a password")
    COLLEAGUE_LEFT = "accounts.colleague_left", _("Ended a colleague’s access")
    GROUP_FROM_SIGN_ON = "accounts.group_from_sign_on", _("Put into a group by the single sign-on")
    SESSION_ENDED = "accounts.session_ended", _("Ended a session")
    SECOND_FACTOR_ADDED = "accounts.second_factor_added", _("Added a second factor")
    SECOND_FACTOR_REMOVED = "accounts.second_factor_removed", _("Removed a second factor")
    SECOND_FACTOR_RESET = "accounts.second_factor_reset", _("Reset a colleague’s second factor")
    RECOVERY_CODES_MADE = "accounts.recovery_codes_made", _("Made new recovery codes")
    EXPORTED = "accounts.exported", _("Exported all that is held about an owner")
    ERASED = "accounts.erased", _("Erased an owner")
    PURGED = "accounts.purged", _("Removed what was kept long enough")
    ACCOUNT_CHANGED = "accounts.account_changed", _("Changed what the account page says about themselves")
    REMINDERS_CHANGED = "accounts.reminders_changed", _("Switched reminders on or off")
    ERASED_AT_EV_ENERGY = "accounts.erased_at_ev_energy", _("Erased a car at ev.energy")

    # vehicles
    MARKED_STALE = "vehicles.marked_stale", _("Marked as stale")
    CLEARED_STALE = "vehicles.cleared_stale", _("Cleared the stale mark")
    READ_AGAIN = "vehicles.read_again", _("Had it read again from ev.energy")
    CHANGED_HANDS = "vehicles.changed_hands", _("Found that a car has another owner at ev.energy")
    DISCONNECT_ASKED = "vehicles.disconnect_asked", _("Asked to disconnect a car")
    DISCONNECTED = "vehicles.disconnected", _("Disconnected a car at ev.energy")
    TAKEN_BACK = "vehicles.taken_back", _("Wanted a disconnected car connected again")
    REMOVE_ASKED = "vehicles.remove_asked", _("Asked to remove a car")
    REMOVED = "vehicles.removed", _("Removed a car at ev.energy")
    LEFT_ALONE = "vehicles.left_alone", _("Left a car at ev.energy that is not its owner’s any more")
    OUTAGE_MARKED = "vehicles.outage_marked", _("Marked a manufacturer as in trouble")
    OUTAGE_LIFTED = "vehicles.outage_lifted", _("Said that a manufacturer’s trouble is over")

    # reconnects
    LINKS_ASKED_FOR = "reconnects.links_asked_for", _("Had reconnect links made")
    EMAILS_ASKED_FOR = "reconnects.emails_asked_for", _("Had reconnect links e-mailed")
    EMAILED_AGAIN = "reconnects.emailed_again", _("E-mailed a reconnect link again")
    LINK_MADE_ANEW = "reconnects.link_made_anew", _("Had a new reconnect link made")
    LINKS_REVOKED = "reconnects.links_revoked", _("Revoked reconnect links")
    RECONNECTS_CANCELLED = "reconnects.cancelled", _("Cancelled reconnects")
    BATCH_CANCELLED = "reconnects.batch_cancelled", _("Cancelled a batch")
    BATCH_RETRIED = "reconnects.batch_retried", _("Tried what failed in a batch again")
    LINKS_DOWNLOADED = "reconnects.links_downloaded", _("Downloaded a list with links")
    POLICY_CHANGED = "reconnects.policy_changed", _("Changed the policy")
    POLICY_SWITCHED_ON = "reconnects.policy_switched_on", _("Switched the policy on")
    POLICY_STOPPED = "reconnects.policy_stopped", _("Stopped the policy")
    POLICY_MAILED = "reconnects.policy_mailed", _("Chose cars whose owners are e-mailed")
    POLICY_PUT_OFF = "reconnects.policy_put_off", _("Held cars back by chance")
    POLICY_CANCELLED = "reconnects.policy_cancelled", _("Cancelled e-mails of the policy that was stopped")
    POLICY_TOLD_AHEAD = "reconnects.policy_told_ahead", _("Chose owners to be told before it breaks")
    HELPER_ASKED = "reconnects.helper_asked", _("Asked a helper to sign in for a car")
    HELPER_ENDED = "reconnects.helper_ended", _("Ended a helper’s link")
    UNSTABLE_FLAGGED = "reconnects.unstable_flagged", _("Left a car whose repairs do not hold to staff")
    UNSTABLE_CLEARED = "reconnects.unstable_cleared", _("Looked at a car whose repairs do not hold")

    # api
    KEY_MADE = "api.key_made", _("Made an API key")
    KEY_CHANGED = "api.key_changed", _("Changed an API key")
    KEY_REVOKED = "api.key_revoked", _("Revoked an API key")
    ENDPOINT_MADE = "events.endpoint_made", _("Made an endpoint for events")
    ENDPOINT_CHANGED = "events.endpoint_changed", _("Changed an endpoint for events")
    ENDPOINT_TRIED = "events.endpoint_tried", _("Sent a test event")
    SECRET_RENEWED = "events.secret_renewed", _("Made a new secret for an endpoint")
    EVENTS_SENT_AGAIN = "events.sent_again", _("Had events sent again")
    HANDED_IN = "api.handed_in", _("Handed an owner over for a journey")
    ASKED_BY_SYSTEM = "api.reconnect_asked_for", _("Asked for a reconnect by the API")

    # desk
    NOTE_WRITTEN = "desk.note_written", _("Wrote a note")
    BY_HAND_BEGUN = "desk.by_hand_begun", _("Took over by hand")
    BY_HAND_ENDED = "desk.by_hand_ended", _("No longer handles by hand")
    MAIL_PAUSED = "desk.mail_paused", _("Paused all mail to the owner")
    MAIL_RESUMED = "desk.mail_resumed", _("Resumed mail to the owner")
    SIGN_IN_LINK_SENT = "desk.sign_in_link_sent", _("Mailed a link to sign in")
    MERGED = "desk.merged", _("Merged two accounts of one owner")
    HANDED_OVER = "desk.handed_over", _("Handed a car over to another owner")
