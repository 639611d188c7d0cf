"""Time zones by name, as the machine's time zone data has them. Reads those data; writes nothing."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tallystick.flow.contract import DataContract
from tallystick.flow.refusal import Refused


def zone_of(name: str) -> tzinfo:
    """The zone of a name. `UTC` needs no data. Raises ZoneInfoNotFoundError for a zone that this machine lacks."""
    return UTC if name == "UTC" else ZoneInfo(name)


def check_zone(contract: DataContract) -> Refused | None:
    """Why pay periods cannot be counted in the zone of a contract on this machine, or None."""
    if contract.pay is None:
        return None
    try:
        zone_of(contract.pay.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Refused(
            "pay-zone-unknown",
            f"Expected a time zone that this machine knows, found {contract.pay.time_zone}. Correct its name, have the "
            "operator install time zone data, or write UTC.",
            "pay.time_zone",
        )
    return None
