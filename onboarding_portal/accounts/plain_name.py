"""Names people give themselves and their cars, where others get to read them: a name is no place for an address."""

import re

# What mail programs and pages turn into a link, or could pass for one.
_LINKS = re.compile(r"[/\\@<>]|\w[.:]\w|www\.", re.IGNORECASE)


def is_plain_name(text: str) -> bool:
    return not _LINKS.search(text)


def plain_name(text: str) -> str:
    """The name as strangers may read it; "" if it holds anything like a link."""
    return text if is_plain_name(text) else ""
