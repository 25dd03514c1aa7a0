"""Which of the ready-made groups may do what: the whole table. `accounts/staff/ready_made.py` gives the rights.

Each right stands under the lowest group that has it; the groups above have it, too. Superusers may do everything, and
they alone change groups and rights. A right that is added here is given at the next `migrate`, once: what a superuser
takes away from a group by hand stays away. docs/security.md has the same table, and a test compares.
"""

from enum import StrEnum


class StaffGroup(StrEnum):
    """From the lowest to the highest. A deployment may rename its groups; these are their keys."""

    READER = "reader"
    AGENT = "agent"
    LEAD = "lead"
    ADMINISTRATOR = "administrator"


# What each group may do beyond the one before it.
RIGHTS: dict[StaffGroup, tuple[str, ...]] = {
    # Looks, and changes nothing.
    StaffGroup.READER: (
        "accounts.view_invitation",
        "accounts.view_mailpause",
        "accounts.view_sentmail",
        "accounts.view_user",
        "api.view_handover",
        "catalogue.view_helptext",
        "catalogue.view_make",
        "catalogue.view_model",
        "catalogue.view_trim",
        "onboarding.view_attempt",
        "operations.view_alarm",
        "operations.view_process",
        "reconnects.view_batch",
        "reconnects.view_makesurvival",
        "reconnects.view_policyversion",
        "reconnects.view_reconnect",
        "reconnects.view_unstablevehicle",
        "vehicles.view_byhand",
        "vehicles.view_diagnostics",
        "vehicles.view_makeoutage",
        "vehicles.view_note",
        "vehicles.view_syncrun",
        "vehicles.view_vehicle",
    ),
    # Helps owners: one of them on the phone, or many by mail.
    StaffGroup.AGENT: (
        "accounts.add_invitation",
        "accounts.add_user",
        "accounts.change_user",
        "accounts.end_sessions",
        "accounts.pause_mail",
        "accounts.send_code",
        "readiness.view_address",
        "reconnects.change_reconnect",
        "reconnects.email_reconnect_links",
        "reconnects.request_reconnect_links",
        "reconnects.view_reconnect_links",
        "vehicles.add_byhand",
        "vehicles.add_note",
        "vehicles.change_byhand",
        "vehicles.change_vehicle",
    ),
    # Answers for the desk.
    StaffGroup.LEAD: (
        "accounts.add_colleague",
        "accounts.add_invitationimport",
        "accounts.change_colleague",
        "accounts.change_invitationimport",
        "accounts.change_user_address",
        "accounts.delete_invitation",
        "accounts.export_lists",
        "accounts.erase_owner",
        "accounts.export_owner",
        "accounts.merge_users",
        "accounts.view_auditentry",
        "accounts.view_erasure",
        "accounts.view_colleague",
        "accounts.view_invitationimport",
        "axes.delete_accessattempt",
        "axes.view_accessattempt",
        "catalogue.add_helptext",
        "catalogue.change_helptext",
        "catalogue.delete_helptext",
        "django_tasks_database.view_dbtaskresult",
        "events.view_delivery",
        "events.view_endpoint",
        "events.view_event",
        "operations.view_regularjob",
        "reconnects.add_policyversion",
        "reconnects.change_unstablevehicle",
        "reconnects.switch_policy",
        "vehicles.add_makeoutage",
        "vehicles.change_makeoutage",
        "vehicles.hand_over_vehicle",
    ),
    # Answers for the people in it, owners and colleagues.
    StaffGroup.ADMINISTRATOR: (
        "accounts.delete_user",
        "accounts.reset_second_factor",
        "api.add_apikey",
        "api.change_apikey",
        "api.revoke_apikey",
        "api.view_apikey",
        "auth.view_group",
        "events.add_endpoint",
        "events.change_endpoint",
    ),
}


def rights_of(group: StaffGroup) -> frozenset[str]:
    """Every right of the group, as `app.codename`."""
    groups = list(StaffGroup)
    below = groups[: groups.index(group) + 1]
    return frozenset(right for each in below for right in RIGHTS[each])
