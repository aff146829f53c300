"""A folder plays a device: order, bytes, settings, and every fault on cue."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from PIL import Image

from scanners import (
    BadSetting,
    FeederEmpty,
    Interrupted,
    Mode,
    Offline,
    Rehearsal,
    ScannerError,
    ScanSettings,
    Sheet,
    Source,
    open_scanner,
)
from scanners.replay import Act

SIZE = (120, 170)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Three colour pages at 300 dpi whose names sort wrongly as text."""
    for number, name in ((1, "trang-2.jpg"), (2, "trang-10.PNG"), (3, "trang-11.tif")):
        Image.new("RGB", SIZE, (255, 200, 10 * number)).save(tmp_path / name, dpi=(300, 300))
    return tmp_path


def _play(folder: Path, settings: ScanSettings | None = None, cue: str = "") -> list[Sheet]:
    scanner = open_scanner(f"replay:{folder}", Rehearsal(cues=(cue,) if cue else ()))
    return list(scanner.scan(settings or ScanSettings()))


def _picture(sheet: Sheet) -> Image.Image:
    return Image.open(io.BytesIO(sheet.data))


def test_files_come_in_natural_order_byte_for_byte(stack: Path) -> None:
    sheets = _play(stack)
    files = ["trang-2.jpg", "trang-10.PNG", "trang-11.tif"]
    assert [sheet.data for sheet in sheets] == [(stack / file).read_bytes() for file in files]
    assert [(sheet.seq, sheet.suffix) for sheet in sheets] == [(1, ".jpg"), (2, ".png"), (3, ".tif")]
    assert [round(sheet.dpi or 0) for sheet in sheets] == [300, 300, 300]


def test_hidden_and_unfinished_files_are_no_pages(stack: Path) -> None:
    (stack / ".part-x.jpg").write_bytes(b"half")
    (stack / "folder").mkdir()
    assert len(_play(stack)) == 3


def test_a_flatbed_takes_one_sheet_and_duplex_marks_backs(stack: Path) -> None:
    assert len(_play(stack, ScanSettings(source=Source.FLATBED))) == 1
    assert [sheet.back for sheet in _play(stack, ScanSettings(source=Source.DUPLEX))] == [False, True, False]


@pytest.mark.parametrize(("mode", "made"), [(Mode.GRAY, "L"), (Mode.LINEART, "1")])
def test_less_colour_is_delivered_when_asked_for(stack: Path, mode: Mode, made: str) -> None:
    sheet = _play(stack, ScanSettings(mode=mode))[0]
    assert (_picture(sheet).mode, _picture(sheet).size, sheet.suffix) == (made, SIZE, ".png")
    assert round(_picture(sheet).info["dpi"][0]) == 300


def test_less_resolution_is_delivered_when_asked_for_and_never_more(stack: Path) -> None:
    low, high = _play(stack, ScanSettings(dpi=150))[0], _play(stack, ScanSettings(dpi=600))[0]
    assert (_picture(low).size, low.dpi) == ((60, 85), 150.0)
    assert high.data == (stack / "trang-2.jpg").read_bytes()


def test_multi_page_and_broken_files_pass_unchanged(tmp_path: Path) -> None:
    pages = [Image.new("RGB", SIZE, color) for color in ("white", "red")]
    pages[0].save(tmp_path / "1.tif", save_all=True, append_images=pages[1:], dpi=(600, 600))
    (tmp_path / "2.jpg").write_bytes(b"\xff\xd8\xff no picture")
    (tmp_path / "3.pdf").write_bytes(b"%PDF-1.4")
    sheets = _play(tmp_path, ScanSettings(mode=Mode.GRAY))
    assert [sheet.data for sheet in sheets] == [(tmp_path / name).read_bytes() for name in ("1.tif", "2.jpg", "3.pdf")]


def test_a_picture_too_large_to_open_passes_unopened(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert _play(stack, ScanSettings(mode=Mode.GRAY))[0].data == (stack / "trang-2.jpg").read_bytes()


def test_an_empty_folder_is_an_empty_feeder(tmp_path: Path) -> None:
    with pytest.raises(FeederEmpty):
        _play(tmp_path)


def test_a_folder_that_goes_away_between_open_and_scan_is_offline(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    scanner = open_scanner(f"replay:{folder}")
    folder.rmdir()
    with pytest.raises(Offline):
        next(iter(scanner.scan(ScanSettings())))


@pytest.mark.parametrize("act", sorted(set(Act) - {Act.STALL, Act.DIE}))
def test_a_fault_comes_on_cue_after_the_sheets_before_it(stack: Path, act: Act) -> None:
    scanner = open_scanner(f"replay:{stack}", Rehearsal(cues=(f"{act}@3",)))
    feed = scanner.scan(ScanSettings())
    assert [next(feed).seq, next(feed).seq] == [1, 2]
    with pytest.raises(ScannerError, match="sheet 3") as caught:
        next(feed)
    assert caught.value.code == act
    scanner.close()


@pytest.mark.parametrize("cue", ["jam", "jam@", "jam@0", "jam@x", "fire@1", "@1", "jam@9999999"])
def test_a_strange_cue_is_refused_with_the_known_ones(stack: Path, cue: str) -> None:
    with pytest.raises(BadSetting, match="double_feed"):
        _play(stack, cue=cue)


@pytest.mark.parametrize("cue", [(), ("stall@2",)])
def test_a_stop_ends_the_scan_before_the_next_sheet_even_in_a_stall(stack: Path, cue: tuple[str, ...]) -> None:
    stop = threading.Event()
    feed = open_scanner(f"replay:{stack}", Rehearsal(cues=cue), stop).scan(ScanSettings())
    next(feed)
    stop.set()
    with pytest.raises(Interrupted):
        next(feed)
