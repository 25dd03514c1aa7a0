"""Which pages come next and before, out of the `Link` header (RFC 8288).

Only the cursor is taken from the link, and the next request is built from it: a link to another host would carry
the token there, some links come without the API's `/v2`, and some name an inner host.
"""

import re
from urllib.parse import parse_qs, urlsplit

from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.ev_energy.responses import Answer

LONGEST_CURSOR = 200


def next_cursor(answer: Answer, *, parameter: str = "page_after") -> str | None:
    """The `parameter` of the next page, or None on the last one. Raises BadResponse for a link without one."""
    return _cursor(answer, relations={"next"}, parameter=parameter)


def previous_cursor(answer: Answer) -> str | None:
    """The `page_before` of the page before, or None on the first one, or if the link cannot be used.

    Only people go back, and they can begin anew; a list is not to fail for a way back that nobody takes.
    """
    try:
        return _cursor(answer, relations={"previous", "prev"}, parameter="page_before")
    except BadResponse:
        return None


def _cursor(answer: Answer, *, relations: set[str], parameter: str) -> str | None:
    target = _link(answer.headers.get("link", ""), relations)
    if target is None or target == "about:blank":
        return None
    try:
        cursors = parse_qs(urlsplit(target).query).get(parameter, [])
    except ValueError:
        cursors = []
    if len(cursors) != 1 or len(cursors[0]) > LONGEST_CURSOR:
        raise BadResponse("The next page has no usable cursor.", field="Link")
    return cursors[0]


def _link(header: str, relations: set[str]) -> str | None:
    for target, parameters in re.findall(r"<([^<>]*)>([^<]*)", header):
        relation = re.search(r"""\brel\s*=\s*(?:"([^"]*)"|([^\s;,]+))""", parameters, re.IGNORECASE)
        if relation and relations & set((relation[1] or relation[2] or "").lower().split()):
            return str(target).strip()
    return None
