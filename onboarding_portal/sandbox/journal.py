"""The state file: one JSON line for each change, the newest line of a thing wins.

A line reaches the operating system before the answer leaves, so a killed sandbox loses nothing that it has
answered; the line that a kill cut short is dropped at the next start, when the file is also written anew, short.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    def __init__(self, *, path: Path) -> None:
        self.path = path
        self._latest: dict[tuple[str, str], dict[str, Any]] = {}
        if path.exists():
            self._read()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._write_anew()
        self._file = path.open("ab", buffering=0)

    def _read(self) -> None:
        for line in self.path.read_bytes().splitlines():
            try:
                kind, item_id, record = json.loads(line)
            except ValueError:
                continue  # cut short by a kill; its change was never answered
            self._latest[kind, item_id] = record

    def _write_anew(self) -> None:
        new = self.path.with_name(self.path.name + ".new")
        with new.open("wb") as file:
            for (kind, item_id), record in self._latest.items():
                file.write(json.dumps([kind, item_id, record]).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def records(self, kind: str) -> Iterator[dict[str, Any]]:
        return (record for (its_kind, _), record in self._latest.items() if its_kind == kind)

    def write(self, *, kind: str, item_id: str, record: dict[str, Any]) -> None:
        self._file.write(json.dumps([kind, item_id, record]).encode() + b"\n")

    def close(self) -> None:
        self._file.close()
