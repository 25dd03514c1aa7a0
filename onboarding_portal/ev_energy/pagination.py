"""Which pages come next and before, out of the `Link` header (RFC 8288).

Only the cursor is taken from the link; the next request is built from it. A link that leads to another host
would carry the token there, and some links come without the API's `/v2`.
"""

import re
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

from onboarding_portal.ev_energy.answers import Answer
from onboarding_portal.ev_energy.errors import BadResponse

LONGEST_CURSOR = 200


def next_cursor(answer: Answer, *, api_url: str) -> str | None:
    """The `page_after` of the next page, or None on the last one. Raises BadResponse for a link elsewhere."""
    return _cursor(answer, api_url=api_url, relations={"next"}, parameter="page_after")


def previous_cursor(answer: Answer, *, api_url: str) -> str | None:
    """The `page_before` of the page before, or None on the first one, or if the link cannot be used.

    Only people go back, and they can begin anew; a list is not to fail for a way back that nobody takes.
    """
    try:
        return _cursor(answer, api_url=api_url, relations={"previous", "prev"}, parameter="page_before")
    except BadResponse:
        return None


def _cursor(answer: Answer, *, api_url: str, relations: set[str], parameter: str) -> str | None:
    target = _link(answer.headers.get("link", ""), relations)
    if target is None or target == "about:blank":
        return None
    try:
        link, api = urlsplit(urljoin(f"{api_url}/", target)), urlsplit(api_url)
        same_origin = _origin(link) == _origin(api)
        cursors = parse_qs(link.query).get(parameter, [])
    except ValueError:
        raise BadResponse("The Link header cannot be read.", field="Link") from None
    if not same_origin:
        raise BadResponse("The next page is said to be on another host.", field="Link")
    if len(cursors) != 1 or len(cursors[0]) > LONGEST_CURSOR:
        raise BadResponse("The next page has no usable cursor.", field="Link")
    return cursors[0]


def _link(header: str, relations: set[str]) -> str | None:
    for target, parameters in re.findall(r"<([^<>]*)>([^<]*)", header):
        relation = re.search(r"""\brel\s*=\s*(?:"([^"]*)"|([^\s;,]+))""", parameters, re.IGNORECASE)
        if relation and relations & set((relation[1] or relation[2] or "").lower().split()):
            return str(target).strip()
    return None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
