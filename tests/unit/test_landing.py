"""Which record the cursor waits for."""

from __future__ import annotations

from ktui.model import Record, TopicPartition
from ktui.ui.widgets.landing import Landing


def records(*places: tuple[int, int]) -> list[Record]:
    return [Record("t", partition, offset) for partition, offset in places]


def test_the_first_gets_the_cursor_unless_all_fits() -> None:
    landing = Landing()
    assert landing.among(records((0, 1)), fits=False) is None
    landing.on_first()
    assert landing.among([], fits=False) is None
    assert landing.among(records((0, 1), (0, 2)), fits=False) == 0
    assert landing.among(records((0, 3)), fits=False) is None
    landing.on_first()
    assert landing.among(records((0, 1)), fits=True) is None
    assert landing.among(records((0, 2)), fits=False) is None


def test_the_first_of_a_sought_partition_is_waited_for() -> None:
    landing = Landing()
    landing.on_first({TopicPartition("t", 2)})
    assert landing.among(records((0, 1), (1, 1)), fits=False) is None
    assert landing.among(records((0, 2), (2, 181), (2, 182)), fits=True) == 1
    assert landing.among(records((2, 183)), fits=False) is None


def test_who_goes_elsewhere_is_not_called_back() -> None:
    landing = Landing()
    landing.on_first({TopicPartition("t", 2)})
    landing.on_record(TopicPartition("t", 0), 7)
    landing.gone_elsewhere()
    assert landing.among(records((2, 1), (0, 7)), fits=False) == 1
