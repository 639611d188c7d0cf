"""Keys in a cloud key service: its waiting times are told, its limits kept, its moods survived a few times."""

import pytest
from custody.strict_service import DAY_US, START, StrictService

from tallystick.custody import CustodyMismatch, KeyDestroyed, KeysUnavailable
from tallystick.custody.cloud import CloudKeys

CELL = "tests.invalid/cell"


def keys_of(service: StrictService, *, pauses: list[float] | None = None, days: int = 7) -> CloudKeys:
    return CloudKeys(service, CELL, days=days, pause=(pauses if pauses is not None else []).append)


def test_a_destroyed_epoch_is_of_no_use_at_once_and_gone_after_its_time() -> None:
    service = StrictService()
    keys = keys_of(service)
    keys.new_epoch(1)
    wrapped = keys.wrap(1, [("a#1@1", bytes(32))])
    keys.new_epoch(2)
    keys.destroy_epoch(1)
    assert (keys.epochs(), keys.waiting()) == ((2,), {1: START + 7 * DAY_US})
    with pytest.raises(KeyDestroyed):
        keys.unwrap(1, [("a#1@1", wrapped[0])])
    service.now += 7 * DAY_US
    assert (keys.epochs(), keys.waiting()) == ((2,), {})


def test_an_epoch_that_waits_is_not_made_again() -> None:
    keys = keys_of(StrictService())
    keys.new_epoch(1)
    keys.destroy_epoch(1)
    with pytest.raises(KeyDestroyed):
        keys.new_epoch(1)


def test_what_services_do_not_sign_whole_is_refused_here() -> None:
    keys = keys_of(StrictService())
    vkey = keys.new_log_key(CELL)
    assert len(keys.sign(vkey, bytes(4096))) == 64
    with pytest.raises(ValueError, match="at most 4096 bytes to sign, found 4097"):
        keys.sign(vkey, bytes(4097))


def test_a_busy_service_is_asked_again_a_few_times() -> None:
    service, pauses = StrictService(), list[float]()
    keys = keys_of(service, pauses=pauses)
    service.busy = 3
    keys.new_epoch(1)
    assert pauses == [0.2, 0.8, 3.2]
    service.busy = 100
    calls = service.calls
    with pytest.raises(KeysUnavailable, match="the key service is busy after 4 attempts: rate exceeded"):
        keys.wrap(1, [("a#1@1", bytes(32))])
    assert service.calls == calls + 4


def test_a_service_that_is_down_is_not_asked_again() -> None:
    service, pauses = StrictService(), list[float]()
    keys = keys_of(service, pauses=pauses)
    service.is_down = True
    with pytest.raises(KeysUnavailable, match="the key service does not answer: internal error"):
        keys.epochs()
    assert pauses == []
    service.is_down = False
    with pytest.raises(KeysUnavailable, match="a waiting time of 7 to 30 days"):
        spoilt(service)


def spoilt(service: StrictService) -> None:
    keys = keys_of(service, days=3)
    keys.new_epoch(1)
    keys.destroy_epoch(1)


def test_the_log_has_the_name_of_the_cell() -> None:
    with pytest.raises(CustodyMismatch, match="expected a log of the name"):
        keys_of(StrictService()).new_log_key("other.invalid/cell")
