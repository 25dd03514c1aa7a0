"""Gathers owners' texts and exchanges them with translators.

python -m tests.languages gather                       all languages: take in new texts, keep translations, compile
python -m tests.languages state                        how many texts are missing in each language
python -m tests.languages export de > todo.json        what is missing; --part 2/5; --all with what is there
python -m tests.languages import de < done.json        takes in what is sound, says what is not (and ends with 1)
python -m tests.languages check de                     what is wrong in the catalogue
python -m tests.languages pseudo                       makes the pseudo-languages, for a server with DEBUG=true
"""

import argparse
import json
import os
import sys

import django


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["gather", "state", "export", "import", "check", "pseudo"])
    parser.add_argument("language", nargs="?", default="")
    parser.add_argument("--all", action="store_true", dest="everything")
    parser.add_argument("--part", default="1/1")
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.languages import catalogues, exchange, pseudo  # noqa: PLC0415  they need Django set up

    languages = [wanted.language] if wanted.language else catalogues.TRANSLATED
    if wanted.what == "export":
        number, parts = map(int, wanted.part.split("/"))
        asked = exchange.to_translate(wanted.language, everything=wanted.everything)
        size = -(-len(asked) // parts)
        print(exchange.as_json(asked[(number - 1) * size : number * size]), end="")
        return 0
    if wanted.what == "import":
        refused = exchange.take_in(wanted.language, json.load(sys.stdin))
        print(*refused, f"{len(refused)} refused", exchange.state(wanted.language), sep="\n")
        return 1 if refused else 0
    if wanted.what == "pseudo":
        print(pseudo.write_for_server())
        return 0
    found = []
    for language in languages:
        if wanted.what == "gather":
            exchange.gather(language)
        if wanted.what == "check":
            found += [f"{language} {each}" for each in exchange.wrong_in(language)]
        else:
            print(exchange.state(language))
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
