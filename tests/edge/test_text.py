"""Text that no database can keep is refused at the door, wherever it stands: it never becomes an error of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Served, served_at

from tallystick.edge.faults import is_text


@pytest.fixture
def served(database_url: str, tmp_path: Path) -> Iterator[Served]:
    with served_at(database_url, tmp_path / "cell") as found:
        yield found


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/items/itm%00",
        "/api/v1/programmes/plain-answers/items?domain=%00",
        "/api/v1/programmes/plain%00answers",
        "/api/v1/receipts/%00",
    ],
)
def test_a_nul_in_an_address_is_no_fault_of_ours(served: Served, path: str) -> None:
    token = served.token(served.world.lead)
    answer = served.http.get(path, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in {400, 404, 422}, answer.text


def test_what_is_text() -> None:
    assert is_text("Zażółć gęślą jaźń 🧪\n\t")
    assert not is_text("nul \x00 inside")
    assert not is_text("half \ud83e of a character")
