"""E-mail addresses: one mailbox has one spelling, in which it is stored, looked up, counted and mailed.

The domain is written as mail servers look it up: the A-labels of IDNA 2008, so that `straße.example` stays itself
(IDNA 2003, which Python and Django know, makes it `strasse.example`). Before the @ only ASCII is taken: anything else
needs SMTPUTF8, which Django's SMTP backend does not speak.
"""

import unicodedata

import idna
from django.utils.translation import gettext as _

AT_SIGNS = {ord("＠"): "@", ord("﹫"): "@"}  # noqa: RUF001  as some keyboards write it
JOINERS = "\u200c\u200d"  # some scripts' domains differ by them; IDNA knows where they may stand
WIDE = ("<wide>", "<narrow>")
LONGEST = 254


class CannotBeMailed(ValueError):
    """No mail server of ours can send to this. `reason` is for who typed it; empty: it is no address."""

    def __init__(self, reason: str = "") -> None:
        super().__init__("This cannot be mailed.")  # without the address: errors are logged
        self.reason = reason


def normalize_address(text: str) -> str:
    """Returns the one spelling of the mailbox. Raises CannotBeMailed.

    That what comes back has an address's shape is for Django's EmailValidator to say.
    """
    visible = _without_invisibles(text).translate(AT_SIGNS).strip()
    local, at, domain = visible.rpartition("@")
    if not (local and at and domain):
        raise CannotBeMailed
    address = f"{_local_part(local)}@{_domain(domain)}"
    if len(address) > LONGEST:
        raise CannotBeMailed
    return address


def address_to_look_up(text: str) -> str:
    """Returns the spelling to search by, which finds nobody if the text is no address; its beginning will do."""
    try:
        return normalize_address(text)
    except CannotBeMailed:
        return _without_invisibles(text).strip().lower()


def is_same_mailbox(claimed: str, address: str) -> bool:
    """Whether an address that others sent names the mailbox of ours.

    Only letter case and the ways to write a domain may differ: what merely looks alike is somebody else.
    """
    local, _at, domain = claimed.rpartition("@")
    try:
        return local.isascii() and f"{local.lower()}@{_domain(domain)}" == address_to_look_up(address)
    except CannotBeMailed:
        return False


def readable(address: str) -> str:
    """Returns the address with its domain as people write it."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else address
    except idna.IDNAError:
        return address


def _without_invisibles(text: str) -> str:
    """Without soft hyphens, zero width and direction marks, which come along when an address is copied."""
    return "".join(each for each in text if each in JOINERS or unicodedata.category(each) != "Cf")


def _local_part(text: str) -> str:
    narrow = "".join(_narrow(each) for each in text if each not in JOINERS)
    if not narrow.isascii():  # before lower(), which makes plain letters of some that are not
        raise CannotBeMailed(_("We can only send to addresses with plain letters (a to z) before the @."))
    narrow = narrow.lower()
    if narrow.startswith('"'):
        # Quoted or not, it is the same mailbox; what needs the quotes has too many spellings to be told apart.
        narrow = narrow[1:-1] if narrow.endswith('"') else ""
        if not narrow.replace(".", "").replace("-", "").replace("_", "").isalnum():
            raise CannotBeMailed
    return narrow


def _narrow(letter: str) -> str:
    """A full-width letter is another way to write the letter; other look-alikes are letters of their own."""
    is_wide = unicodedata.decomposition(letter).startswith(WIDE)
    return unicodedata.normalize("NFKC", letter) if is_wide else letter


def _domain(text: str) -> str:
    lowered = text.lower() if text.isascii() else text
    if text.startswith("["):
        raise CannotBeMailed  # a network address instead of a name
    if lowered.isascii() and "xn--" not in lowered:
        return lowered
    try:
        return idna.encode(lowered, uts46=True, transitional=False).decode("ascii")
    except UnicodeError:  # all of idna's errors
        raise CannotBeMailed from None
