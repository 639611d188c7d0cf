"""How often somebody may fail to sign in."""

from hypothesis import given
from hypothesis import strategies as st

from tallystick.edge.rates import PER_ADDRESS, PER_LOGIN, Allowance, Buckets, Rates, TooMany


class Clock:
    """Seconds that move by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def fail(rates: Rates, times: int, *, login: str = "vera", client: str = "192.0.2.1") -> list[TooMany | None]:
    """So many failures in a row."""
    return [rates.admit(login=login, client=client) for _ in range(times)]


def test_a_login_has_its_burst_and_then_waits() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    *admitted, refused = fail(rates, PER_LOGIN.burst + 1)
    assert admitted == [None] * PER_LOGIN.burst
    assert refused is not None
    assert refused.retry_after_s == PER_LOGIN.seconds_each
    clock.at += refused.retry_after_s
    assert fail(rates, 2)[0] is None


def test_another_login_from_the_same_address_is_not_held_back_at_once() -> None:
    rates = Rates(clock=Clock())
    fail(rates, PER_LOGIN.burst + 1)
    assert fail(rates, 1, login="otto") == [None]


def test_an_address_that_tries_many_logins_is_held_back() -> None:
    rates = Rates(clock=Clock())
    answers = [fail(rates, 1, login=f"guess-{n}")[0] for n in range(PER_ADDRESS.burst + 1)]
    assert answers[:-1] == [None] * PER_ADDRESS.burst
    assert answers[-1] is not None
    assert fail(rates, 1, login="otto", client="192.0.2.2") == [None]


def test_a_right_password_costs_nothing() -> None:
    rates = Rates(clock=Clock())
    for _ in range(PER_ADDRESS.burst * 3):
        assert rates.admit(login="vera", client="192.0.2.1") is None
        rates.succeeded(login="vera", client="192.0.2.1")


def test_memory_is_bounded() -> None:
    buckets = Buckets(Allowance(3, 1.0), clock=Clock(), most=100)
    for n in range(10_000):
        buckets.take(str(n))
    assert len(buckets) == 100


@given(st.lists(st.floats(0, 10), max_size=60))
def test_nobody_gets_more_than_the_allowance(pauses: list[float]) -> None:
    clock = Clock()
    allowance = Allowance(burst=5, seconds_each=3.0)
    buckets = Buckets(allowance, clock=clock)
    admitted = 0
    for pause in pauses:
        clock.at += pause
        wait = buckets.take("x")
        admitted += wait == 0
        assert 0 <= wait <= allowance.seconds_each
    assert admitted <= allowance.burst + clock.at / allowance.seconds_each + 1e-6
