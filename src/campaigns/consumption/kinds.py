"""The kinds that this room imports."""

from __future__ import annotations

from campaigns.consumption.datahub import Datahub
from campaigns.consumption.heat_meters import HeatMeters
from campaigns.consumption.plain_readings import PlainReadings
from campaigns.consumption.series import SPOT_PRICES, TEMPERATURES
from campaigns.register.deliveries import Kind

KINDS: tuple[Kind, ...] = (SPOT_PRICES, TEMPERATURES, Datahub(), PlainReadings(), HeatMeters())
