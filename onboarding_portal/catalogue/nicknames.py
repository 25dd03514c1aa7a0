"""What people call cars beside the names ev.energy has for them. Each is added to what was typed.

Both sides are in the spelling of `words`; a nickname of two words stands written together and is found either way.
"""

# what people type -> what it may stand for, each word of which the car must carry
NICKNAMES: dict[str, tuple[str, ...]] = {
    # Makes
    "vw": ("volkswagen",),
    "volkswagon": ("volkswagen",),
    "chevy": ("chevrolet",),
    "merc": ("mercedes",),
    "mb": ("mercedes",),
    "benz": ("mercedes",),
    "mercedesbenz": ("mercedes",),
    "beemer": ("bmw",),
    "bimmer": ("bmw",),
    "landy": ("land rover",),
    "rangerover": ("range rover", "land rover"),
    "jag": ("jaguar",),
    "alfa": ("alfa romeo",),
    # One car, sold under two makes
    "opel": ("vauxhall",),
    "vauxhall": ("opel",),
    "seat": ("cupra",),
    "datsun": ("nissan",),
    "greatwall": ("ora",),
    "gwm": ("ora",),
    # Models by their old or short names
    "eup": ("up",),
    "egolf": ("golf",),
    "mache": ("mustang mach e",),
    "cinquecento": ("500",),
    "kuga": ("kuga phev",),
    # How they are driven
    "ev": ("electric", "e"),
    "electric": ("ev", "e"),
    "bev": ("electric", "ev"),
    "phev": ("plug in hybrid", "hybrid"),
    "plugin": ("plug in hybrid", "phev"),
    "hybrid": ("phev",),
    # Versions
    "lr": ("long range",),
    "longrange": ("long range", "extended range"),
    "sr": ("standard range",),
    "er": ("extended range",),
    "awd": ("all wheel drive", "4matic", "quattro"),
    "4wd": ("all wheel drive", "awd"),
    "rwd": ("rear wheel drive",),
    "fwd": ("front wheel drive",),
    "perf": ("performance",),
    "estate": ("sportswagon", "touring", "sportstourer"),
    "saloon": ("sedan",),
    # Numbers
    "three": ("3",),
    "five": ("5",),
    "six": ("6",),
    "two": ("2",),
}
