"""What staff read of each need, and say on the phone."""

from django.utils.translation import gettext_lazy as _

from onboarding_portal.readiness.need_words import Words
from onboarding_portal.readiness.needs import Need, Turn

NEED_TITLES: dict[Need, Words] = {
    Need.CONNECTION: _("Connection alive"),
    Need.ADDRESS: _("Home address known"),
    Need.TARIFF: _("Tariff known"),
    Need.SWITCH: _("Smart charging switched on"),
    Need.CONTROL: _("Can be controlled, and is not switched off at ev.energy"),
    Need.AT_HOME: _("Seen at home lately"),
    Need.PLUGGED_IN: _("Plugged in lately"),
    Need.COMMANDS: _("Commands arrive"),
}
ON_THE_PHONE: dict[Need, Words] = {
    Need.CONNECTION: _(
        "The connection to your car is lost. I send you a link: open it, and sign in with the manufacturer again."
    ),
    Need.ADDRESS: _("We do not know where your car is at home. Please sign in and enter your address."),
    Need.TARIFF: _("We do not know your tariff. Please sign in and choose it; its name is on your bill."),
    Need.SWITCH: _("Smart charging is switched off for your car. Please sign in and switch it on."),
    Need.CONTROL: _(
        "Your car lets us read its data, but its charging cannot be controlled. There is nothing you can do now."
    ),
    Need.AT_HOME: _(
        "Your car was not at the address we know in the last week. Is the address right, and may the car share where "
        "it is?"
    ),
    Need.PLUGGED_IN: _("Your car was not plugged in for a week. Plug it in at home in the evening."),
    Need.COMMANDS: _(
        "Your car was told to charge and did not answer. Please open the manufacturer’s app and check that charging "
        "from afar is allowed."
    ),
}
TURN_WORDS: dict[Turn, Words] = {
    Turn.OWNER: _("It is the owner’s turn."),
    Turn.STAFF: _("It is our turn, with the owner’s help."),
    Turn.NOBODY: _("Nobody can mend it now."),
}
