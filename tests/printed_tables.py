"""Tables that tests fill in and that stand at the end of a run: a row for each case, a column for each question.

    def test_something(table_cell):
        table_cell("Threats", row="form of codes", column="bounded by", says="5 in 15 minutes")

A test that fails leaves its cell as "FAILED". Works with any number of pytest's processes.
"""

from collections.abc import Callable

import pytest

PREFIX = "table:"


@pytest.fixture
def table_cell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Call it as `table_cell(table, row=…, column=…, says=…)`, before what may fail."""

    def write(table: str, *, row: str, column: str, says: str = "holds") -> None:
        record_property(f"{PREFIX}{table}", (row, column, says))

    return write


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name.startswith(PREFIX):
                    row, column, says = value
                    told = says if outcome == "passed" else "FAILED"
                    tables.setdefault(name.removeprefix(PREFIX), {}).setdefault(row, {})[column] = told
    for name, rows in sorted(tables.items()):
        terminalreporter.section(name)
        columns = sorted({column for cells in rows.values() for column in cells})
        for line in _lines(columns, rows):
            terminalreporter.write_line(line)


def _lines(columns: list[str], rows: dict[str, dict[str, str]]) -> list[str]:
    table = [["", *columns]]
    table += [[row, *(rows[row].get(column, "") for column in columns)] for row in sorted(rows)]
    widths = [max(len(line[place]) for line in table) for place in range(len(table[0]))]
    return [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in table
    ]
