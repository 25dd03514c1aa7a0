"""What a view raises when it must turn a visitor away; each becomes a page in the portal's look.

A message given is shown on that page and so is plain and translated; without one the page speaks for itself.
"""


class Refusal(Exception):
    status = 400
    template = "errors/400.html"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class Gone(Refusal):
    """This existed, and will not come back: an expired link, a used invitation."""

    status = 410
    template = "errors/410.html"


class TooManyRequests(Refusal):
    status = 429
    template = "errors/429.html"


class TemporarilyUnavailable(Refusal):
    """Something the page needs cannot be reached now; trying again may help."""

    status = 503
    template = "errors/503.html"
