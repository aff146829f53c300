"""The last step of every PDF: valid PDF/A-1b, the same bytes for the same input, and no way to kill the process."""

from __future__ import annotations

import errno
import io
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from intake import pdfa
from intake.errors import BadSettings
from tests.preflight import faults

AT = datetime(2026, 11, 23, 9, 5, 30, 123456, tzinfo=timezone(timedelta(hours=7)))
FACTS = pdfa.DocumentFacts(title="Hồ sơ số 1", at=AT, author="Xã Mẫu & <bạn>", subject="Khai sinh", keywords="1, 2")


def _empty(facts: pdfa.DocumentFacts = FACTS) -> bytes:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        return pdfa.finish(pdf, facts)


def _with_helvetica() -> bytes:
    """What any program would write: a standard font, not embedded."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 720, "Helvetica")
    canvas.save()
    return out.getvalue()


def test_preflight_takes_what_is_finished_and_refuses_what_is_not(tmp_path):
    """The negative controls show that the judge judges."""
    raw = _with_helvetica()
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        dressed = pdfa.finish(pdf, FACTS)
    with pikepdf.open(io.BytesIO(_empty())) as pdf:
        pdf.pages[0].Group = pikepdf.Dictionary(S=pikepdf.Name.Transparency)
        transparent = pdfa.finish(pdf, FACTS)
    files = {"good": _empty(), "raw": raw, "dressed": dressed, "transparent": transparent, "torn": _empty()[:-900]}
    found = faults(files, tmp_path)
    assert found["good"] == []
    assert any("MetaData" in fault for fault in found["raw"])
    assert any("Helvetica" in fault for fault in found["dressed"])
    assert found["transparent"] != []
    assert found["torn"] != []


def test_the_same_input_is_the_same_bytes_and_another_title_is_not():
    assert _empty() == _empty()
    assert _empty() != _empty(pdfa.DocumentFacts(title="Khác", at=AT))


def test_the_file_is_pdf_1_4_without_object_streams():
    data = _empty()
    assert data.startswith(b"%PDF-1.4\n")
    assert b"/ObjStm" not in data
    assert b"/XRef" not in data
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_old_and_new_metadata_say_the_same_in_vietnamese():
    with pikepdf.open(io.BytesIO(_empty())) as pdf:
        xmp = pdf.open_metadata()
        assert xmp["dc:title"] == str(pdf.docinfo["/Title"]) == "Hồ sơ số 1"
        assert xmp["dc:creator"] == [str(pdf.docinfo["/Author"])] == ["Xã Mẫu & <bạn>"]
        assert xmp["xmp:CreateDate"] == "2026-11-23T09:05:30+07:00"
        assert re.match(r"D:20261123090530\+07'00'?$", str(pdf.docinfo["/CreationDate"]))
        assert xmp.pdfa_status == "1B"


def test_nothing_of_an_earlier_information_dictionary_survives():
    with pikepdf.open(io.BytesIO(_with_helvetica())) as pdf:
        finished = pdfa.finish(pdf, pdfa.DocumentFacts(title="T", at=AT))
    with pikepdf.open(io.BytesIO(finished)) as pdf:
        assert sorted(pdf.docinfo.keys()) == ["/CreationDate", "/Creator", "/ModDate", "/Producer", "/Title"]


def test_a_date_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        _empty(pdfa.DocumentFacts(title="T", at=datetime(2026, 1, 1)))  # noqa: DTZ001


class _FullAfter(io.RawIOBase):
    def __init__(self, room: int) -> None:
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "full")
        return len(data)


@pytest.mark.parametrize("room", [0, 100, 4000])
def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(room):
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        with pytest.raises(OSError, match="full"):
            pdfa.finish_into(pdf, FACTS, _FullAfter(room))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_a_path_is_an_error_too():
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        with pytest.raises(OSError, match="No space"):
            pdfa.finish_into(pdf, FACTS, Path("/dev/full"))


def test_a_missing_or_unfit_colour_profile_is_named(tmp_path, monkeypatch):
    unfit = tmp_path / "v4.icc"
    unfit.write_bytes(b"\0" * 8 + b"\x04\x20\0\0" + b"\0" * 200)
    for profile in (tmp_path / "none.icc", unfit):
        monkeypatch.setattr(pdfa, "PROFILE", profile)
        pdfa._profile.cache_clear()
        with pytest.raises(BadSettings, match="icc-profiles-free"):
            _empty()
    pdfa._profile.cache_clear()
