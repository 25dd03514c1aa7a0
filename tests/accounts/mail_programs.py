"""What mail programs do with HTML and CSS, as far as the portal's e-mails use it.

The facts: caniemail.com/features/<name>/.

What stands in no table here is not used: a property that somebody takes into the layout has to be looked up first.
"Outlook" is the one for Windows that draws with Word.
"""

# Understood everywhere, or by all but a few without harm.
SAFE_PROPERTIES = {
    *("background-color", "color", "font-family", "font-size", "font-weight", "line-height"),
    *("text-align", "text-decoration", "vertical-align", "height", "width"),
    *("border", "border-bottom", "border-color", "border-top"),
    *("mso-hide", "mso-padding-alt"),  # Word's own, ignored elsewhere
}
# Not understood by some, and what is seen there.
HARMLESS_WITHOUT = {
    "border-radius": "css-border-radius: Outlook, GMX, Orange: corners are square",
    "letter-spacing": "css-letter-spacing: the code is written closer",
    "max-height": "css-max-height: beside display: none, which all know",
    "max-width": "css-max-width: Outlook; a table in a conditional comment has the width there",
    "overflow": "css-overflow: beside display: none, which all know",
    "word-break": "css-word-break: Yahoo, AOL: a very long word is not broken",
}
# Only on some elements: Word knows paddings of cells alone, margins not of links.
ONLY_ON = {
    "padding": {"td", "body", "a"},  # on a: a button's, whose cell has mso-padding-alt
    "margin": {"p", "h2", "body"},
    "display": {"div", "a"},
}
DISPLAYS = {"none", "inline-block"}  # css-display: flex and grid are unknown to Outlook, Orange, GMX
NO_FUNCTIONS = (
    "var(",
    "calc(",
    "url(",
    "min(",
    "max(",
    "clamp(",
    "light-dark(",
    "rgb(",
    "hsl(",
    "expression(",
)
MEDIA = {"(prefers-color-scheme: dark)"}  # what does not know it shows the light letter

# All others are taken out or not shown by some: html-form, html-svg, html-video, html-link, html-object.
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td"),
    *("p", "h2", "a", "img", "br", "strong", "span"),
}
MOST_BYTES = 102 * 1024  # Gmail cuts off the rest
OURS_AT_MOST = MOST_BYTES // 4
