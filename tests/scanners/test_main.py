"""One device, one process: what stands in the folder, on the wire and in the exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from scanners import OUTCOMES, ScanExit, Sheet, outcome
from scanners.__main__ import Outlet, Wire, main, run, run_name

Event = dict[str, str | int | float | bool | None]


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    for number in (1, 2, 3):
        Image.new("RGB", (60, 80), (255, 255, 60 * number)).save(folder / f"{number}.png", dpi=(300, 300))
    return folder


@pytest.fixture
def lane(tmp_path: Path) -> Path:
    folder = tmp_path / "lane"
    folder.mkdir()
    return folder


def _scan(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[ScanExit, list[Event]]:
    code = run([str(argument) for argument in arguments], Wire(), threading.Event())
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_scan_tells_each_page_under_the_name_it_lies_under(
    stack: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, events = _scan(capsys, f"replay:{stack}", "--into", lane, "--source", "duplex")
    assert code == ScanExit.OK
    assert [event["event"] for event in events] == ["started", "page", "page", "page", "end"]
    assert events[0] == {
        "event": "started",
        "device": f"replay:{stack}",
        "source": "duplex",
        "mode": "color",
        "dpi": 300,
    }
    assert [event["file"] for event in events[1:4]] == _names(lane)
    assert [event["back"] for event in events[1:4]] == [False, True, False]
    assert [(lane / name).read_bytes() for name in _names(lane)] == [
        (stack / f"{n}.png").read_bytes() for n in (1, 2, 3)
    ]
    assert events[-1] == {"event": "end", "pages": 3}


def test_two_runs_into_one_folder_do_not_touch_each_other(
    stack: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = [event["file"] for event in _scan(capsys, f"replay:{stack}", "--into", lane)[1] if "file" in event]
    second = [event["file"] for event in _scan(capsys, f"replay:{stack}", "--into", lane)[1] if "file" in event]
    assert _names(lane) == first + second
    assert len(set(first + second)) == 6


def test_run_names_sort_by_time_whatever_the_zone_and_differ_within_a_microsecond() -> None:
    now = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    later = now + timedelta(microseconds=1)
    assert run_name(now, "ffffffff") < run_name(later, "00000000")
    assert run_name(now, "a") != run_name(now, "b")
    assert run_name(now.astimezone(None), "a") == run_name(now, "a")


@pytest.mark.parametrize("kind", OUTCOMES)
def test_each_outcome_has_its_event_and_exit_code(
    kind: type, stack: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[object] = [f"replay:{stack}", "--into", lane, "--cue", f"{kind.code}@3"]
    pages = 2
    if kind.code == "feeder_empty":
        empty = stack.parent / "empty"
        empty.mkdir()
        arguments, pages = [f"replay:{empty}", "--into", lane], 0
    if kind.code == "bad_setting":
        arguments, pages = ["sane:x", "--into", lane], 0
    code, events = _scan(capsys, *arguments)
    assert outcome(code) is kind
    assert {key: events[-1][key] for key in ("event", "code", "pages")} == {
        "event": "error",
        "code": kind.code,
        "pages": pages,
    }
    assert events[-1]["words"]
    assert len(_names(lane)) == pages


def test_a_resolution_out_of_range_is_told_on_the_wire(
    stack: Path, lane: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, events = _scan(capsys, f"replay:{stack}", "--into", lane, "--dpi", 9600)
    assert (code, events[-1]["code"]) == (ScanExit.BAD_SETTING, "bad_setting")


def test_a_folder_that_does_not_take_pages_is_told_apart_from_a_device_fault(
    stack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, events = _scan(capsys, f"replay:{stack}", "--into", tmp_path / "gone")
    assert (code, events[-1]["code"]) == (ScanExit.CANNOT_WRITE, "cannot_write")


def test_a_page_that_fails_to_become_durable_leaves_nothing_behind(lane: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    sheet = Sheet(seq=1, back=False, suffix=".jpg", data=b"page", dpi=None)
    with pytest.raises(OSError, match="No space"):
        Outlet(folder=lane, run="run").write(sheet)
    assert _names(lane) == []


def test_a_page_is_announced_only_after_it_is_durable(
    stack: Path, lane: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, tell = os.fsync, Wire.tell
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(Wire, "tell", lambda wire, event, **facts: (steps.append(event), tell(wire, event, **facts))[1])
    _scan(capsys, f"replay:{stack}", "--into", lane, "--source", "flatbed")
    assert steps == ["started", "fsync", "fsync", "page", "end"]


# --- as a process --------------------------------------------------------------------------------------------


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scanners", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def _event(process: subprocess.Popen[str]) -> Event:
    assert process.stdout is not None
    event: Event = json.loads(process.stdout.readline())
    return event


def test_a_driver_that_dies_leaves_whole_pages_and_no_last_word(stack: Path, lane: Path) -> None:
    with _start(f"replay:{stack}", "--into", lane, "--cue", "die@3") as process:
        out, _ = process.communicate(timeout=30)
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "page", "page"]
    assert outcome(process.returncode) is not None
    assert [(lane / name).read_bytes() for name in _names(lane)] == [(stack / f"{n}.png").read_bytes() for n in (1, 2)]


def test_a_stalled_scan_ends_on_sigterm_and_keeps_its_pages(stack: Path, lane: Path) -> None:
    with _start(f"replay:{stack}", "--into", lane, "--cue", "stall@2") as process:
        assert [_event(process)["event"], _event(process)["event"]] == ["started", "page"]
        process.send_signal(signal.SIGTERM)
        last = _event(process)
        assert process.wait(timeout=30) == ScanExit.INTERRUPTED
    assert (last["code"], last["pages"], len(_names(lane))) == ("interrupted", 1, 1)


def test_a_scan_nobody_listens_to_stops_quietly(stack: Path, lane: Path) -> None:
    command = [sys.executable, "-m", "scanners", f"replay:{stack}", "--into", str(lane), "--pause-s", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == ScanExit.INTERRUPTED
    assert len(_names(lane)) == 1


def test_wrong_usage_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["replay:x"])
    assert caught.value.code == ScanExit.BAD_SETTING
    assert "--into" in capsys.readouterr().err
