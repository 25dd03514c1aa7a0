"""Each field the client reads, times each oddity: what comes of it. One odd field costs no more than itself."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import AliasPath

from onboarding_portal.ev_energy.auth import TokenAnswer
from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.ev_energy.json_types import Resource, Unreadable, parse, parse_list
from onboarding_portal.ev_energy.resources import (
    CommandLog,
    Compatibility,
    ErrorLog,
    Make,
    Model,
    ReconnectLink,
    StatusLog,
    Trim,
    User,
    Vehicle,
)
from onboarding_portal.ev_energy.smart_charging_resources import (
    ControlModes,
    Home,
    LocationLog,
    SubSession,
    Supplier,
    Tariff,
    UserAtHome,
)
from onboarding_portal.ev_energy.times import read_moment
from tests.ev_energy_answers import (
    Json,
    an_id,
    command_log_json,
    error_log_json,
    home_json,
    make_json,
    model_json,
    status_log_json,
    sub_session_json,
    supplier_json,
    tariff_json,
    trim_json,
    user_json,
    vehicle_json,
)

MISSING = object()
ODDITIES: dict[str, Any] = {
    "missing": MISSING,
    "null": None,
    "number as text": "70",
    "text as number": 70,
    "fraction": 70.5,
    "fraction as text": "70.5",
    "empty": "",
    "huge": 10**30,
    "negative": -3,
    "other ISO form": "20260503T101500+0200",
    "unknown word": "PERHAPS",
    "object": {},
    "list": [1],
    "true": True,
    "text of true": "true",
}
# What a field of each kind is for each oddity; where nothing stands, it is not known.
A_MOMENT = datetime(2026, 5, 3, 8, 15, tzinfo=UTC)
NUMBER = {"number as text": 70, "text as number": 70, "fraction": 70, "fraction as text": 70, "negative": -3}
TEXT = {
    "number as text": "70",
    "text as number": "70",
    "fraction": "70.5",
    "fraction as text": "70.5",
    "huge": str(10**30),
    "negative": "-3",
    "other ISO form": "20260503T101500+0200",
    "unknown word": "PERHAPS",
    "text of true": "true",
}
FLAG = {"true": True, "text of true": True}
MOMENT = {"other ISO form": A_MOMENT}
REFERENCE: dict[str, Any] = {}
SECONDS = {name: value for name, value in NUMBER.items() if name != "negative"}

# The resource, an answer that is right, and its fields: our name, ev.energy's, and the kind. Texts that are not
# known are empty.
LOG = [("vehicle_id", "vehicle", REFERENCE)]
FIELDS: list[tuple[type[Resource], Json, list[tuple[str, str, dict[str, Any]]]]] = [
    (User, user_json(), [("email", "email", TEXT)]),
    (
        Make,
        make_json(),
        [
            ("name", "name", TEXT),
            ("icon_url", "icon", TEXT),
            ("subscription_name", "subscription_name", TEXT),
            ("onboarding_url", "onboarding_url", TEXT),
        ],
    ),
    (Model, model_json(), [("name", "name", TEXT), ("onboarding_url", "onboarding_url", TEXT)]),
    (
        Trim,
        trim_json(),
        [
            ("name", "name", TEXT),
            ("onboarding_url", "onboarding_url", TEXT),
            ("battery_size_wh", "battery_size_watt_hours", NUMBER),
        ],
    ),
    (
        Vehicle,
        vehicle_json(),
        [
            ("integration", "integrated", TEXT),
            ("is_disabled", "disabled", FLAG),
            ("is_smart_charging_on", "smart_charging_enabled", FLAG),
            ("description", "description", TEXT),
            ("trim_id", "trim", REFERENCE),
            ("latest_status", "latest_status_log", REFERENCE),
        ],
    ),
    (
        StatusLog,
        status_log_json(),
        [
            *LOG,
            ("logged_at", "logged_at", MOMENT),
            ("state_of_charge_percentage", "state_of_charge_percentage", NUMBER),
            ("is_charging", "is_charging", FLAG),
            ("is_plugged_in", "is_plugged_in", FLAG),
            ("is_complete", "is_complete", FLAG),
            ("state", "state", TEXT),
            ("odometer_m", "odometer_meters", NUMBER),
            ("charge_rate_w", "charge_rate_watts", NUMBER),
            ("estimated_charge_rate_w", "estimated_charge_rate_watts", NUMBER),
            ("charge_level_wh", "charge_level_watt_hours", NUMBER),
            ("target_charge_level_percentage", "target_charge_level_percentage", NUMBER),
            ("target_charge_level_wh", "target_charge_level_watt_hours", NUMBER),
            ("charge_energy_added_wh", "charge_energy_added_watt_hours", NUMBER),
            ("minutes_to_full_charge", "minutes_to_full_charge", NUMBER),
            ("current_type", "current_type", TEXT),
            ("data_source", "data_source", TEXT),
        ],
    ),
    (
        ErrorLog,
        error_log_json(),
        [
            *LOG,
            ("status_code", "status_code", NUMBER),
            ("controller", "controller", TEXT),
            ("error_code", "error_code", TEXT),
            ("error_type", "error_type", TEXT),
            ("error_detail", "error_detail", TEXT),
            ("command", "command", TEXT),
            ("request_id", "request_id", TEXT),
            ("internal_command_id", "internal_command_id", TEXT),
        ],
    ),
    (
        CommandLog,
        command_log_json(),
        [
            *LOG,
            ("command", "command", TEXT),
            ("external_command_id", "external_command_id", TEXT),
            ("current_milliamps", "current_milliamps", NUMBER),
            ("internal_command_id", "internal_command_id", TEXT),
        ],
    ),
    (UserAtHome, user_json(), [("email", "email", TEXT), ("home", "default_location", {"object": Home()})]),
    (
        Home,
        home_json(),
        [
            *[(name, name, TEXT) for name in ("address_1", "address_2", "city", "state", "postal_code")],
            ("country_code", "country_code", TEXT),
            ("tariff_id", "tariff", REFERENCE),
        ],
    ),
    (Supplier, supplier_json(), [("name", "name", TEXT), ("is_highlighted", "highlighted", FLAG)]),
    (
        Tariff,
        tariff_json(),
        [
            *[("name", "name", TEXT), ("currency", "currency", TEXT), ("grid_area", "gsp_group", TEXT)],
            ("is_highlighted", "highlighted", FLAG),
        ],
    ),
    (LocationLog, {"sampled_at": "2024-04-17T09:39:45Z"}, [("at_home", "at_home", FLAG)]),
    (
        ControlModes,
        {},
        [
            (name, name, FLAG)
            for name in ("target_power", "import_max_power", "export_max_power", "charge_mode")
        ],
    ),
    (
        SubSession,
        sub_session_json(),
        [
            ("vehicle_id", "vehicle", REFERENCE),
            ("ended_at", "end", MOMENT),
            *[("mode", "mode", TEXT), ("currency", "currency", TEXT), ("cost", "cost", NUMBER)],
            ("energy_wh", "energy_delivered_watt_hours", NUMBER),
            ("co2_g", "total_co2_grams", NUMBER),
            ("saved_cost", "savings_cost", NUMBER),
            ("saved_co2_g", "savings_co2_grams", NUMBER),
        ],
    ),
    (ReconnectLink, {"url": "https://app.ev.energy/x"}, [("expires_at", "expires_at", MOMENT)]),
    (
        Compatibility,
        {"compatible": True},
        [("compatible", "compatible", FLAG), ("recommendation_rank", "recommendation_rank", NUMBER)],
    ),
    (
        TokenAnswer,
        {"access_token": "t", "expires_in": 60},
        [("expires_in", "expires_in", SECONDS), ("scope", "scope", TEXT)],
    ),
]
# What a resource cannot do without: with any oddity there it cannot be read.
STRICT: list[tuple[type[Resource], Json, str, dict[str, Any]]] = [
    (User, user_json(), "id", REFERENCE),
    (Make, make_json(), "id", REFERENCE),
    (Model, model_json(), "id", REFERENCE),
    (Model, model_json(), "make", REFERENCE),
    (Trim, trim_json(), "id", REFERENCE),
    (Trim, trim_json(), "model", REFERENCE),
    (Vehicle, vehicle_json(), "id", REFERENCE),
    (Vehicle, vehicle_json(), "user", REFERENCE),
    (StatusLog, status_log_json(), "sampled_at", MOMENT),
    (ErrorLog, error_log_json(), "logged_at", MOMENT),
    (CommandLog, command_log_json(), "logged_at", MOMENT),
    (ReconnectLink, {"url": "https://app.ev.energy/x"}, "url", REFERENCE),
    (UserAtHome, user_json(), "id", REFERENCE),
    (LocationLog, {"sampled_at": "2024-04-17T09:39:45Z"}, "sampled_at", MOMENT),
    (Supplier, supplier_json(), "id", REFERENCE),
    (Tariff, tariff_json(), "id", REFERENCE),
    (Tariff, tariff_json(), "supplier", REFERENCE),
    (SubSession, sub_session_json(), "id", REFERENCE),
    (SubSession, sub_session_json(), "start", MOMENT),
]


VEHICLE_FIELDS = ["vehicle_id", "user_id", "trim_id", "model_id", "make_id", "latest_status"]


def with_oddity(right: Json, field: str, oddity: str) -> Json:
    value = ODDITIES[oddity]
    odd = {name: old for name, old in right.items() if name != field}
    return odd if value is MISSING else odd | {field: value}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize(
    ("kind", "right", "ours", "theirs", "known"),
    [
        pytest.param(kind, right, *field, id=f"{kind.__name__}.{field[1]}")
        for kind, right, fields in FIELDS
        for field in fields
    ],
)
def test_odd_field_is_read_as_what_it_says_or_not_known(
    kind: type[Resource], right: Json, ours: str, theirs: str, known: dict[str, Any], oddity: str
) -> None:
    resource = parse(kind, with_oddity(right, theirs, oddity))

    value = getattr(resource, ours)
    assert value == known.get(oddity, "" if known is TEXT else None)
    assert type(value) is type(known.get(oddity, "" if known is TEXT else None))


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize(("kind", "right", "field", "known"), STRICT)
def test_odd_field_that_is_needed_leaves_out_its_entry_alone(
    kind: type[Resource], right: Json, field: str, known: dict[str, Any], oddity: str
) -> None:
    odd = with_oddity(right, field, oddity)

    entries, unreadable = parse_list(kind, [right, odd, right])

    if oddity in known:
        assert (len(entries), unreadable) == (3, ())
    else:
        assert len(entries) == 2
        named = "" if field == "id" else right.get("id", "")
        assert unreadable == (Unreadable(entry_id=named, field=field),)


@pytest.mark.parametrize("kind", [kind for kind, _right, _fields in FIELDS])
def test_every_field_is_in_the_tables(kind: type[Resource]) -> None:
    told = {ours for known, _right, fields in FIELDS if known is kind for ours, _theirs, _kind in fields}
    needed = [theirs for known, _right, theirs, _kind in STRICT if known is kind]
    for name, field in kind.model_fields.items():
        is_inside_another = isinstance(field.validation_alias, AliasPath)
        is_told = name in told or (field.validation_alias or name) in needed
        assert is_told or is_inside_another or name in {"raw", "access_token"}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize(
    ("path", "ours"),
    [
        (["trim", "id"], "trim_id"),
        (["trim", "model"], "model_id"),
        (["trim", "model", "id"], "model_id"),
        (["trim", "model", "make"], "make_id"),
        (["trim", "model", "make", "id"], "make_id"),
        (["latest_status_log", "sampled_at"], "latest_status"),
    ],
)
def test_odd_field_of_what_is_expanded_costs_what_it_says(path: list[str], ours: str, oddity: str) -> None:
    right = vehicle_json()
    inner = right
    for name in path[:-1]:
        inner[name] = dict(inner[name])
        inner = inner[name]
    odd = with_oddity(inner, path[-1], oddity)
    inner.clear()
    inner.update(odd)

    vehicle = parse(Vehicle, right)

    lost = {
        name
        for name in VEHICLE_FIELDS
        if getattr(vehicle, name) != getattr(parse(Vehicle, vehicle_json()), name)
    }
    # Without its model, nobody knows the make; a time in another form is one.
    below = {"model_id": {"model_id", "make_id"} if path[-1] == "model" else {"model_id"}}
    assert lost <= below.get(ours, {ours})


@pytest.mark.parametrize("entry", [None, 3, "text", [], [[]], True])
def test_entry_that_is_no_object_is_left_out_alone(entry: object) -> None:
    entries, unreadable = parse_list(Make, [make_json(1), entry, make_json(2)])

    assert [make.make_id for make in entries] == [an_id("vmak", 1), an_id("vmak", 2)]
    assert unreadable == (Unreadable(entry_id="", field=""),)


def test_what_is_odd_is_logged_once_by_field_and_never_by_value(caplog: pytest.LogCaptureFixture) -> None:
    secret = "ada@example.com"
    odd = [vehicle_json(number, disabled=secret, trim=secret) for number in range(1, 100)]

    with caplog.at_level(logging.INFO):
        parse_list(Vehicle, [*odd, vehicle_json(100) | {"user": secret}])

    assert secret not in caplog.text
    assert len(caplog.records) == 2
    assert f"{an_id('vhcl', 100)}, user" in caplog.text
    assert f"'disabled': '{an_id('vhcl', 1)}'" in caplog.text.replace("is_", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-03T10:15:00Z", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15:00z", A_MOMENT.replace(hour=10)),
        ("2026-05-03t10:15:00z", A_MOMENT.replace(hour=10)),
        ("2026-05-03 10:15:00", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15:00", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15:00+00:00", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15:00 +02:00", A_MOMENT),
        ("2026-05-03T10:15:00+0200", A_MOMENT),
        ("2026-05-03T10:15:00+02", A_MOMENT),
        ("2026-05-03T04:15:00-04:00", A_MOMENT),
        ("20260503T101500Z", A_MOMENT.replace(hour=10)),
        ("2026-W18-7T10:15:00Z", A_MOMENT.replace(hour=10)),
        ("2026-123T10:15:00Z", A_MOMENT.replace(hour=10)),
        ("2026-05-03T10:15:00.5Z", A_MOMENT.replace(hour=10, microsecond=500_000)),
        ("2026-05-03T10:15:00,5Z", A_MOMENT.replace(hour=10, microsecond=500_000)),
        ("2026-05-03T10:15:00.123456789Z", A_MOMENT.replace(hour=10, microsecond=123_456)),
        (" 2026-05-03T10:15:00Z ", A_MOMENT.replace(hour=10)),
        ("2026-05-03T24:00:00Z", datetime(2026, 5, 4, tzinfo=UTC)),
        ("2026-06-30T23:59:60Z", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-05-03", datetime(2026, 5, 3, tzinfo=UTC)),
    ],
)
def test_every_form_of_a_time_is_read(text: str, expected: datetime) -> None:
    assert read_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "1777777777",
        "2026-05-03T10:15:00Ω",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says
        read_moment(text)


@pytest.mark.parametrize("ends", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"])
def test_ends_of_the_calendar_are_no_times(ends: str) -> None:
    assert parse(ReconnectLink, {"url": "https://app.ev.energy/x", "expiry": ends}).expires_at is None
    with pytest.raises(BadResponse):
        parse(ErrorLog, error_log_json(logged_at=ends))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": "%s", "battery_size_watt_hours": NaN}]',
        b'[{"id": "%s", "battery_size_watt_hours": -Infinity}]',
        b'[{"id": "%s", "battery_size_watt_hours": 1e999}]',
        b'[{"id": "%s", "battery_size_watt_hours": ' + b"9" * 5_000 + b"}]",
        b'[{"id": "%s", "icon": "cut \xf0\x9f"}]',
    ],
)
def test_what_only_one_field_breaks_in_the_text_costs_that_field(
    client: Any, ev_energy_api: Any, body: bytes
) -> None:
    ev_energy_api.add("GET", "/vehicle_makes", body=body % an_id("vmak").encode(), breaks_contract=True)

    assert [make.make_id for make in client.makes().items] == [an_id("vmak")]
