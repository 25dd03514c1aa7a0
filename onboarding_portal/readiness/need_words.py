"""What is said of each need: to the owner, and what a link to the step that mends it says."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.readiness.needs import Need

Words = str | Promise

TOLD_TO_OWNER: dict[Need, Words] = {
    Need.CONNECTION: _("The connection to your car is lost. Until it is back, it cannot be charged smartly."),
    Need.ADDRESS: _("To charge your car smartly, ev.energy has to know where it is at home."),
    Need.TARIFF: _("To charge your car when electricity is cheap, ev.energy has to know your tariff."),
    Need.SWITCH: _("Smart charging is switched off for this car: it charges as soon as it is plugged in."),
    Need.CONTROL: _("Charging of this car cannot be controlled at the moment. You need do nothing."),
    Need.AT_HOME: _(
        "Your car was not seen at home lately. Check that your home address is right, and that the car may share "
        "where it is."
    ),
    Need.PLUGGED_IN: _("Your car was not plugged in lately. Plug it in at home, and it is charged smartly."),
    Need.COMMANDS: _(
        "Your car did not follow lately when it was told to charge. Check in the manufacturer’s app that charging "
        "from afar is allowed."
    ),
}
ASKS: dict[Need, Words] = {
    Need.ADDRESS: _("Enter your home address"),
    Need.TARIFF: _("Choose your tariff"),
    Need.SWITCH: _("Switch smart charging on"),
}
