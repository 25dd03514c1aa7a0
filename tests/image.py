"""The image and the composition as Docker would read them, as far as that goes without Docker."""

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Instruction:
    name: str
    value: str

    @property
    def command(self) -> list[str]:
        """Of a CMD or HEALTHCHECK in its JSON form."""
        listed: list[str] = json.loads(self.value[self.value.index("[") :])
        return listed


def dockerfile() -> list[Instruction]:
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(" ", 1)) for line in joined.splitlines() if line]


def stage(name: str) -> list[Instruction]:
    """The instructions of a stage, those of the stages it begins with first."""
    stages: dict[str, list[Instruction]] = {}
    for instruction in dockerfile():
        if instruction.name == "FROM":
            base, _, current = instruction.value.partition(" AS ")
            stages[current] = list(stages.get(base, []))
        stages[current].append(instruction)
    return stages[name]


def last(instructions: list[Instruction], name: str) -> Instruction:
    return [instruction for instruction in instructions if instruction.name == name][-1]


def environment_of(instructions: list[Instruction]) -> dict[str, str]:
    words = [word for each in instructions if each.name == "ENV" for word in shlex.split(each.value)]
    return dict(word.split("=", 1) for word in words)


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


def unpack_image(folder: Path) -> None:
    """Copies into the folder what the build stage copies into the image."""
    for instruction in stage("build"):
        if instruction.name == "COPY":
            source, _, target = instruction.value.partition(" ")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target)
            else:
                shutil.copy2(ROOT / source, folder / target)
