"""The door to devices: settings, outcomes, names nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

import scanners
from scanners import OUTCOMES, BadSetting, DriverDied, Jam, Offline, ScanExit, ScannerError, ScanSettings, outcome


def _leaves(kind: type[ScannerError]) -> set[type[ScannerError]]:
    below = kind.__subclasses__()
    return {kind} if not below else set().union(*map(_leaves, below))


def test_the_outcomes_are_a_closed_set_drawn_in_the_docstring() -> None:
    assert _leaves(ScannerError) == set(OUTCOMES)
    assert all(kind.__name__ in (scanners.__doc__ or "") for kind in OUTCOMES)
    assert len({kind.code for kind in OUTCOMES}) == len({kind.exit_code for kind in OUTCOMES}) == len(OUTCOMES)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(0, None), (11, Jam), (2, BadSetting), (-9, DriverDied), (-11, DriverDied), (1, DriverDied), (77, DriverDied)],
)
def test_an_exit_status_is_read_back_as_its_outcome(status: int, kind: type[ScannerError] | None) -> None:
    assert outcome(status) is kind


def test_every_outcome_survives_the_way_through_an_exit_code() -> None:
    assert [outcome(kind.exit_code) for kind in OUTCOMES] == list(OUTCOMES)


def test_a_page_that_could_not_be_written_is_no_fault_of_the_driver() -> None:
    assert outcome(ScanExit.CANNOT_WRITE) is ScannerError


@pytest.mark.parametrize("dpi", [0, 49, 1201, -300])
def test_a_resolution_no_scanner_has_is_refused(dpi: int) -> None:
    with pytest.raises(BadSetting, match="dpi"):
        ScanSettings(dpi=dpi)


@pytest.mark.parametrize("name", ["", "replay", "replay:", "airscan:e0:Scanner A", "/dev/usb/lp0", "Replay:x"])
def test_an_unknown_device_is_answered_with_the_ones_we_know(name: str) -> None:
    with pytest.raises(BadSetting, match="supported: replay:"):
        scanners.open_scanner(name)


def test_a_folder_that_is_not_there_is_a_device_that_is_off(tmp_path: Path) -> None:
    with pytest.raises(Offline):
        scanners.open_scanner(f"replay:{tmp_path / 'gone'}")
