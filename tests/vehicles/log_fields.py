"""The fields of an error log that tell its cause, as short as a table needs them."""

from typing import Any


def log_fields(
    status_code: int, code: str, kind: str, detail: str, controller: str = "ENODE"
) -> dict[str, Any]:
    return {
        "status_code": status_code,
        "error_code": code,
        "error_type": kind,
        "error_detail": detail,
        "controller": controller,
    }
