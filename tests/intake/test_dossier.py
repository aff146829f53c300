"""The dossier file: all pages in order, readable, searchable, bookmarked; valid PDF/A-1b; the same bytes every time."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake import cover
from intake.cover import ranges
from intake.dossier import DossierBinding, build
from intake.errors import BadSettings, Broken
from intake.model import BlobId, Classification, PageId, ReceiptNumber
from tests.intake import made_papers as made
from tests.intake.made_papers import Scans, binding, documents
from tests.preflight import faults

THREE = (range(1, 4), range(4, 6), (7,))
LONG = "Giấy chứng nhận quyền sử dụng đất, quyền sở hữu nhà ở và tài sản khác gắn liền với đất " * 4


def _build(bound: DossierBinding, folder: Path) -> bytes:
    build(bound, folder / "made.pdf")
    assert [path.name for path in folder.iterdir()] == ["made.pdf"]
    return (folder / "made.pdf").read_bytes()


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Nine pages, three papers; 6 in no paper, 2 blank inside a paper, 8 blank in none, 9 in none."""
    scans = Scans(count=9, blank=frozenset({2, 8}))
    return _build(binding(scans, documents(*THREE)), tmp_path_factory.mktemp("common"))


def _outline(pdf: bytes) -> list[tuple[str, int, list[tuple[str, int]]]]:
    """Title and page (from 0) of every bookmark, and of those below it."""
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_outline() as outline:
        order = {page.obj.objgen: at for at, page in enumerate(opened.pages)}

        def told(items):
            return [(item.title, order[item.destination[0].objgen], told(item.children)) for item in items]

        return told(outline.root)


def test_every_captured_page_is_there_in_order_with_its_words(common):
    texts = made.page_texts(common)
    assert len(texts) == 11
    for number in (1, 3, 4, 5, 6, 7, 9):
        assert texts[number] == f"trang số {number} của hồ sơ Quảng Yên, Đất đỏ"
    assert texts[2] == texts[8] == ""


def test_the_cover_says_what_lies_inside_what_is_missing_and_who_decided(common):
    text = made.page_texts(common)[0]
    for said in (
        "Cấp Giấy xác nhận tình trạng hôn nhân (mã 1.004873)",
        "H56.147-261123-0042",
        "2026-000123",
        "Lê Văn Thử, 09 giờ 30 phút, ngày 23/11/2026",
        "9 = giữ 7 + trống 1 + để riêng 0 + tờ ngăn 1",
        "1 Tờ khai cấp Giấy xác nhận tình trạng hôn nhân 3 1–3",
        "2 4–5",
        "3 Trích lục ghi chú ly hôn 1 7",
        "Trang chưa xếp vào giấy tờ nào 2 6, 9",
        "Trang trống 1 8",
        "– Giấy tờ chứng minh nơi cư trú",
        "mang tính chất hỗ trợ",
        "Nghị định 309/2026/NĐ-CP",
    ):
        assert said in text


def test_the_slip_is_the_last_page(common):
    assert "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ" in made.page_texts(common)[-1]


def test_bookmarks_lead_to_each_paper_in_page_order(common):
    assert _outline(common) == [
        ("Bìa và mục lục", 0, []),
        (f"1. {made.TITLES[0]}", 1, [("Trang 2 (trang trống)", 2, [])]),
        (f"2. {made.TITLES[1]}", 4, []),
        ("Trang 6", 6, []),
        (f"3. {made.TITLES[2]}", 7, []),
        ("Trang 8 (trang trống)", 8, []),
        ("Trang 9", 9, []),
        ("Giấy tiếp nhận hồ sơ và hẹn trả kết quả", 10, []),
    ]


def test_page_labels_are_the_numbers_the_cover_speaks_of(common):
    with pikepdf.open(io.BytesIO(common)) as pdf:
        assert [page.label for page in pdf.pages] == ["Bìa 1", *map(str, range(1, 10)), "Phiếu 1"]


def test_pages_have_their_true_size_and_pictures_go_in_untouched(common):
    with pikepdf.open(io.BytesIO(common)) as pdf:
        pages = list(pdf.pages)[1:4]
        assert [[float(edge) for edge in page.mediabox] for page in pages] == [[0, 0, 595.2, 841.92]] * 3
        pictures = [page.obj.Resources.XObject.P for page in pages]
        assert [str(picture.Filter) for picture in pictures] == ["/DCTDecode", "/DCTDecode", "/CCITTFaxDecode"]
        assert pictures[0].read_raw_bytes() == made.picture("RGB")
        assert pictures[1].read_raw_bytes() == made.picture("L")


@pytest.mark.parametrize("kind", ["RGB", "L", "1", "CMYK", "P", "RGBA"])
def test_every_kind_of_picture_shows_as_it_was(kind, tmp_path):
    pdf = _build(binding(Scans(count=1, kinds=(kind,)), documents((1,))), tmp_path)
    pixels = np.asarray(made.render(pdf, 1, 75))
    assert pixels[60, 300] < 60, "the bar is black"
    assert pixels[500, 300] > 200, "the paper is white"


def test_a_smaller_copy_of_a_picture_keeps_the_size_of_the_page_and_the_place_of_the_words(tmp_path):
    bound = binding(Scans(count=1), documents((1,)))
    small = _build(replace(bound, picture=lambda _: made.picture("L", 310, 438)), tmp_path)
    with pikepdf.open(io.BytesIO(small)) as pdf:
        assert [float(edge) for edge in pdf.pages[1].mediabox] == [0, 0, 595.2, 841.92]
    assert made.page_texts(small)[1].startswith("trang số 1")


def test_a_page_too_large_for_pdf_is_shown_smaller_and_a_sliver_larger(tmp_path):
    scans = Scans(count=2)

    def odd(page: PageId):
        sizes = {"p1": {"width": 40000, "height": 300}, "p2": {"width": 2, "height": 900}}
        return replace(scans.reading(page), dpi=72.0, **sizes[page])

    with pikepdf.open(io.BytesIO(_build(replace(binding(scans, ()), reading=odd), tmp_path))) as pdf:
        for page in list(pdf.pages)[1:3]:
            width, height = float(page.mediabox[2]), float(page.mediabox[3])
            assert 3 <= min(width, height) <= max(width, height) <= 14400


def test_all_kinds_of_dossiers_are_pdf_a_1b(common, tmp_path):
    bounds = {
        "colour": binding(Scans(count=2, kinds=("RGB",)), documents((1, 2))),
        "grey": binding(Scans(count=2, kinds=("L",)), documents((1, 2))),
        "bilevel": binding(Scans(count=2, kinds=("1",)), documents((1, 2))),
        "others": binding(Scans(count=3, kinds=("CMYK", "P", "RGBA")), documents((1, 2, 3))),
        "wordless": binding(Scans(count=2, blank=frozenset({1, 2})), ()),
        "empty": binding(Scans(count=0), ()),
        "undecided": binding(Scans(count=1), documents((1,)), sealed=None, procedure=None),
        "long-titles": binding(
            Scans(count=3), documents((1,), (2,), (3,), titles=(LONG, "\u4e2d \U0001f600 \x07", ""))
        ),
        "forty-papers": binding(Scans(count=80), documents(*((n, n + 1) for n in range(1, 80, 2)))),
    }
    files = {"common": common}
    for name, bound in bounds.items():
        (tmp_path / name).mkdir()
        files[name] = _build(bound, tmp_path / name)
    (tmp_path / "judged").mkdir()
    assert faults(files, tmp_path / "judged") == {name: [] for name in files}
    assert {name: made.unembedded_fonts(pdf) for name, pdf in files.items()} == {name: [] for name in files}
    for path in (tmp_path / "judged").glob("*.pdf"):
        done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_contents_of_many_papers_flow_over_and_no_page_number_moves(tmp_path):
    pdf = _build(binding(Scans(count=120, kinds=("1",)), documents(*((n,) for n in range(1, 121)))), tmp_path)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        labels = [page.label for page in opened.pages]
    front = labels.index("1")
    assert front > 1
    assert labels[:front] == [f"Bìa {at}" for at in range(1, front + 1)]
    assert [at for title, at, _ in _outline(pdf) if title.startswith("120.")] == [front + 119]


def test_an_undecided_dossier_does_not_pretend_that_nothing_is_missing(tmp_path):
    pdf = _build(binding(Scans(count=1), documents((1,)), procedure=None, missing=(), sealed=None), tmp_path)
    text = made.page_texts(pdf)[0]
    assert "Chưa chọn thủ tục" in text
    assert "chưa chốt" in text


def test_a_draft_has_no_slip_no_number_and_promises_no_day(tmp_path):
    sealed = binding(Scans(count=2), documents((1,), (2,)), sealed=None)
    draft = replace(sealed, slip=None, receipt=replace(sealed.receipt, number=ReceiptNumber("")))
    pdf = _build(draft, tmp_path)
    texts = made.page_texts(pdf)
    assert len(texts) == 3
    assert "Hẹn trả kết quả (chưa ghi)" in texts[0]
    assert "Tiếp nhận lúc (chưa ghi)" in texts[0]
    assert "chưa chốt · bìa 1" in texts[0]
    assert "Giấy tiếp nhận" not in texts[0]
    assert [title for title, _, _ in _outline(pdf)][-1] == f"2. {made.TITLES[1]}"
    later = replace(draft, receipt=replace(draft.receipt, issued_at=datetime(2027, 1, 1, tzinfo=UTC)))
    assert _build(later, tmp_path) == pdf, "a draft looked at twice is the same draft"
    (tmp_path / "judged").mkdir()
    assert faults({"draft": pdf}, tmp_path / "judged") == {"draft": []}


def test_building_again_gives_the_same_bytes_also_in_another_process(common, tmp_path):
    code = (
        "import sys, pathlib; from tests.intake.made_papers import *; from intake.dossier import build;"
        "build(binding(Scans(count=9, blank=frozenset({2, 8})), documents(range(1, 4), range(4, 6), (7,))),"
        "pathlib.Path(sys.argv[1]))"
    )
    elsewhere = tmp_path / "elsewhere.pdf"
    command = [sys.executable, "-c", code, str(elsewhere)]
    subprocess.run(command, cwd=Path(__file__).parents[2], env={"PYTHONHASHSEED": "5"}, check=True)
    assert elsewhere.read_bytes() == common


_WEIGH = """
import pathlib, resource, sys
from dataclasses import replace
from intake.dossier import build
from tests.intake.made_papers import Scans, binding, documents, picture

def build_one(count):
    comment = b"\\xff\\xfe" + (60_000).to_bytes(2, "big") + bytes(59_998)
    heavy = lambda _: picture("L")[:2] + comment * 8 + picture("L")[2:]
    bound = binding(Scans(count=count, kinds=("L",)), documents(range(1, count + 1)))
    build(replace(bound, picture=heavy), pathlib.Path(sys.argv[1]))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

few = build_one(40)
print(build_one(300) - few)
"""


def test_memory_does_not_grow_with_the_pages(tmp_path):
    """260 more pages of half a megabyte, 125 MB in all, may cost little more than their lists."""
    command = [sys.executable, "-c", _WEIGH, str(tmp_path / "heavy.pdf")]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env={}, capture_output=True, text=True, check=True)
    assert (tmp_path / "heavy.pdf").stat().st_size > 120e6
    assert int(done.stdout) < 40_000, "kB"


def test_a_paper_whose_page_is_not_bound_is_a_bug_and_never_a_shorter_dossier(tmp_path):
    with pytest.raises(Broken, match="p9"):
        build(binding(Scans(count=3), documents((1, 9))), tmp_path / "x.pdf")
    twice = binding(Scans(count=1), ())
    with pytest.raises(Broken, match="twice"):
        build(replace(twice, pages=twice.pages * 2), tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_what_a_picture_s_fault_leaves_behind_is_nothing(tmp_path):
    def gone(blob: BlobId) -> bytes:
        raise FileNotFoundError(blob)

    with pytest.raises(FileNotFoundError):
        build(replace(binding(Scans(count=3), documents((1, 2))), picture=gone), tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


@given(st.sets(st.integers(1, 60)))
def test_page_ranges_name_every_page_once(pages):
    named = []
    for part in filter(None, ranges(pages).split(", ")):
        first, _, last = part.partition("–")
        named += range(int(first), int(last or first) + 1)
    assert named == sorted(pages)


def test_a_slip_of_the_pen_in_the_cover_s_words_is_named(tmp_path):
    (tmp_path / "print").mkdir()
    (tmp_path / "print" / "dossier.toml").write_text('titel = "x"', encoding="utf-8")
    with pytest.raises(BadSettings, match=r"dossier\.toml"):
        cover.dossier_words(tmp_path)


def test_a_title_read_off_a_paper_of_no_known_type_is_quoted_as_read(tmp_path):
    known, unknown = documents((1,), (2,))
    unknown = replace(unknown, title="CÔNG THÔNG TIM", guess=Classification())
    texts = made.page_texts(_build(binding(Scans(count=2), (known, unknown)), tmp_path))
    assert "Giấy tờ chưa rõ tên (máy đọc được: “CÔNG THÔNG TIM”)" in " ".join(texts[0].split())
