"""As much of curl as docs/api.md uses, for machines without it: `curl -s URL -H 'Name: value' -d BODY`."""

import argparse
import sys

import requests


def main() -> None:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    asked = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in asked.H)
    method = "GET" if asked.d is None else "POST"
    body = None if asked.d is None else asked.d.encode()
    answer = requests.request(method, asked.url, headers=headers, data=body, timeout=10)
    sys.stdout.write(answer.text)


if __name__ == "__main__":
    main()
