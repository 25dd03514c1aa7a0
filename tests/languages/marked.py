"""What of a template or a page people read or hear, and is not marked for translation."""

import re
from html.parser import HTMLParser

from django.template.base import Lexer, TokenType

HEARD = {"alt", "aria-label", "aria-description", "placeholder", "title"}
UNREAD = {"script", "style", "code", "title"}
HOST = re.compile(r"\b[\w-]+(?:\.[\w-]+)+\b")
VOID = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "path",
    "circle",
    "line",
    "rect",
}
LETTERS = re.compile(r"[^\W\d_]{2,}")


class Reader(HTMLParser):
    """Puts together what is read and heard."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._unread: list[str] = []  # elements that are open, from the first that nobody reads

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if self._unread or tag in UNREAD or named.get("aria-hidden") == "true":
            self._unread += [tag] if tag not in VOID else []
            return
        for name, value in attrs:
            is_shown = name == "value" and tag == "input" and named.get("type") in {"submit", "button"}
            if name in HEARD or is_shown or name.startswith("data-text"):
                self.text += f" {value} "
        self.text += " "

    def handle_endtag(self, tag: str) -> None:
        if self._unread and tag in self._unread:
            while self._unread.pop() != tag:
                pass
        self.text += " "

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.text += data


def read(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    return reader.text


def unmarked_in_template(source: str, *, is_html: bool) -> list[str]:
    """The words of a template that stand outside of all tags of Django's, in whatever state of the page."""
    left, inside, is_comment = "", False, False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            inside = name.startswith("blocktrans") or (inside and not name.startswith("endblocktrans"))
            is_comment = name == "comment" or (is_comment and name != "endcomment")
            left += "⋯"
        elif token.token_type == TokenType.VAR:
            left += "⋯"
        elif not inside and not is_comment and token.token_type == TokenType.TEXT:
            left += token.contents
    return LETTERS.findall(read(left) if is_html else left)


def outside_brackets(text: str, *, opening: str, closing: str, data: list[str]) -> list[str]:
    """The words of a page in the pseudo-language that are in no brackets and are no data."""
    inner = re.compile(f"{opening}[^{opening}{closing}]*{closing}")
    while (shorter := inner.sub(" ", text)) != text:
        text = shorter
    for each in sorted(data, key=len, reverse=True):
        text = text.replace(each, " ")
    return LETTERS.findall(HOST.sub(" ", text))
