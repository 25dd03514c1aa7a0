"""Each kind of e-mail, put together from its examples as it is sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from onboarding_portal.brand.mail import compose
from onboarding_portal.operations.components.mails import EXAMPLES


@dataclass(frozen=True, kw_only=True)
class Letter:
    name: str
    subject: str
    text: str
    html: str


NAMES = [(template, example) for template, examples in EXAMPLES.items() for example in examples]


def letter(template: str, example: str = "") -> Letter:
    message = compose(template=template, to=["jo@example.com"], context=EXAMPLES[template][example]())
    (html,) = (str(each.content) for each in message.alternatives)
    return Letter(
        name=f"{template} {example}".strip(), subject=message.subject, text=str(message.body), html=html
    )


def all_letters() -> Iterator[Letter]:
    for template, example in NAMES:
        yield letter(template, example)
