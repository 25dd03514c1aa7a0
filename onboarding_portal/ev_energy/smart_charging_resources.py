"""What ev.energy says about charging smartly: home, tariff, what can be controlled, what was charged."""

from typing import Annotated

from pydantic import AliasPath, Field

from onboarding_portal.ev_energy.json_types import (
    Flag,
    Moment,
    OrNotKnown,
    Resource,
    SubSessionId,
    SupplierId,
    TariffId,
    Text,
    VehicleId,
    WholeNumber,
)
from onboarding_portal.ev_energy.resources import User


class Home(Resource):
    """Where an owner's cars are charged. Each part is "" where ev.energy has none.

    The names of tariff and supplier are there only if they came expanded.
    """

    address_1: Text = Field("", repr=False)
    address_2: Text = Field("", repr=False)
    city: Text = Field("", repr=False)
    state: Text = Field("", repr=False)
    postal_code: Text = Field("", repr=False)
    country_code: Text = Field("", repr=False)
    tariff_id: Annotated[TariffId | None, OrNotKnown] = Field(None, validation_alias="tariff")
    tariff_name: Text = Field("", validation_alias=AliasPath("tariff", "name"))
    supplier_name: Text = Field("", validation_alias=AliasPath("tariff", "supplier", "name"))

    @property
    def has_address(self) -> bool:
        """Whether all that ev.energy wants of an address is there."""
        return all((self.address_1, self.city, self.postal_code, self.country_code))


class UserAtHome(User):
    """An owner with the home that ev.energy has, if it has one."""

    home: Annotated[Home | None, OrNotKnown] = Field(None, validation_alias="default_location", repr=False)


class Supplier(Resource):
    """An energy company; a highlighted one is often chosen."""

    supplier_id: SupplierId = Field(validation_alias="id")
    name: Text = ""
    is_highlighted: Flag = Field(None, validation_alias="highlighted")


class Tariff(Resource):
    """What a supplier asks for electricity. `grid_area` tells apart those of one name in Great Britain."""

    tariff_id: TariffId = Field(validation_alias="id")
    supplier_id: SupplierId = Field(validation_alias="supplier")
    name: Text = ""
    currency: Text = ""
    grid_area: Text = Field("", validation_alias="gsp_group")
    is_highlighted: Flag = Field(None, validation_alias="highlighted")


class LocationLog(Resource):
    """Whether the car was at home when it said where it is; None is "no home is known"."""

    sampled_at: Moment
    at_home: Flag = None


class ControlModes(Resource):
    """In which ways ev.energy can control the car."""

    target_power: Flag = None
    import_max_power: Flag = None
    export_max_power: Flag = None
    charge_mode: Flag = None

    @property
    def any_for_charging(self) -> bool | None:
        """Whether its charging can be controlled at all; None where ev.energy does not say."""
        said = [self.charge_mode, self.target_power, self.import_max_power]
        return True if True in said else None if None in said else False


class SubSession(Resource):
    """A time in which one way of charging was in force. Energy may have flowed during a part of it only.

    `mode` is the word as it came, `ended_at` is None as long as it lasts. Costs are in the currency's smallest unit.
    """

    sub_session_id: SubSessionId = Field(validation_alias="id")
    vehicle_id: Annotated[VehicleId | None, OrNotKnown] = Field(None, validation_alias="vehicle")
    started_at: Moment = Field(validation_alias="start")
    ended_at: Annotated[Moment | None, OrNotKnown] = Field(None, validation_alias="end")
    mode: Text = ""
    energy_wh: WholeNumber = Field(None, validation_alias="energy_delivered_watt_hours")
    cost: WholeNumber = None
    currency: Text = ""
    co2_g: WholeNumber = Field(None, validation_alias="total_co2_grams")
    saved_cost: WholeNumber = Field(None, validation_alias="savings_cost")
    saved_co2_g: WholeNumber = Field(None, validation_alias="savings_co2_grams")

    @property
    def is_smart(self) -> bool:
        return self.mode == SMART


SMART = "SMART"
