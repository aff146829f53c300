"""Pages into documents, documents into dossiers, and what a dossier lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.assemble import AssemblyPage, Proposal, assemble
from intake.catalogue import load
from intake.classify import Classifier
from intake.model import Catalogue, Component, Cue, PageId, Procedure, ProcedureCode, TimeLimit, Unit
from ocr.text import PageText
from tests.intake.made_pages import BODY, STATE, form, guess, page

CATALOGUE = load()
CLASSIFIER = Classifier(CATALOGUE)
BIRTH, DEATH, CERTIFICATE, MANDATE = (
    form(title)
    for title in ("TỜ KHAI ĐĂNG KÝ KHAI SINH", "TỜ KHAI ĐĂNG KÝ KHAI TỬ", "GIẤY CHỨNG SINH", "GIẤY ỦY QUYỀN")
)
BACK = page(*BODY)


class Blank:
    """A side without print."""


class Sheet:
    """A separator sheet that names a dossier, or none."""

    def __init__(self, code: str = "") -> None:
        self.code = code


def stack(*sides: PageText | Blank | Sheet) -> list[AssemblyPage]:
    made = []
    for seq, side in enumerate(sides, start=1):
        text = side if isinstance(side, PageText) else PageText()
        made.append(
            AssemblyPage(
                id=PageId(f"p{seq}"),
                seq=seq,
                text=text,
                guess=CLASSIFIER.classify(text),
                blank=isinstance(side, Blank),
                separator=side.code if isinstance(side, Sheet) else None,
            )
        )
    return made


def sort(*sides: PageText | Blank | Sheet) -> Proposal:
    return assemble(stack(*sides), CATALOGUE)


def shape(proposal: Proposal) -> list[tuple[str | None, int]]:
    return [(document.guess.cue, len(document.pages)) for document in proposal.documents]


def test_a_classified_page_begins_a_document_and_what_follows_joins_it():
    assert shape(sort(BIRTH, BACK, CERTIFICATE, Blank(), MANDATE)) == [("TK_KS", 2), ("GCS", 2), ("UQ", 1)]


def test_blank_sides_before_the_first_print_belong_to_the_first_document():
    assert shape(sort(Blank(), Blank(), BIRTH)) == [("TK_KS", 3)]


def test_blank_sides_alone_are_one_untitled_document_of_no_procedure():
    proposal = sort(Blank(), Blank())
    assert shape(proposal) == [(None, 2)]
    assert proposal.documents[0].title == ""
    assert proposal.dossiers[0].procedure is None


def test_an_unknown_first_page_is_a_document_with_its_printed_title():
    proposal = sort(form("BẢNG KÊ SẢN PHẨM TRƯNG BÀY"), BACK)
    assert shape(proposal) == [(None, 2)]
    assert proposal.documents[0].title == "BẢNG KÊ SẢN PHẨM TRƯNG BÀY"


def test_an_unknown_page_under_the_states_name_begins_a_document():
    assert shape(sort(BIRTH, form("BẢNG KÊ SẢN PHẨM TRƯNG BÀY"), BACK)) == [("TK_KS", 1), (None, 2)]


@pytest.mark.parametrize("mark", ["Trang 2/3", "2/3", "trang 2 / 2"])
def test_a_counted_page_goes_on_even_if_it_bears_a_title(mark):
    assert shape(sort(BIRTH, page(f"^{mark}", *STATE, "", "^GIẤY ỦY QUYỀN", *BODY))) == [("TK_KS", 2)]


def test_the_first_of_counted_pages_begins():
    assert shape(sort(BIRTH, page("^Trang 1/2", *STATE, "", "^GIẤY ỦY QUYỀN", *BODY))) == [("TK_KS", 1), ("UQ", 1)]


def test_a_page_number_at_the_top_does_not_hide_a_clear_title():
    assert shape(sort(BIRTH, page("^14", *STATE, "", "^GIẤY ỦY QUYỀN", *BODY))) == [("TK_KS", 1), ("UQ", 1)]


def test_two_papers_of_one_type_are_two_documents():
    assert shape(sort(CERTIFICATE, CERTIFICATE)) == [("GCS", 1), ("GCS", 1)]


def test_a_heading_repeated_without_the_states_name_is_the_same_paper():
    assert shape(sort(BIRTH, page("^TỜ KHAI ĐĂNG KÝ KHAI SINH", *BODY))) == [("TK_KS", 2)]


def test_the_back_of_a_card_joins_its_front_only():
    sides = [
        AssemblyPage(id=PageId(f"p{seq}"), seq=seq, guess=guess(cue))
        for seq, cue in enumerate(("CCCD", "CCCD_B", "UQ", "CCCD_B"))
    ]
    assert shape(assemble(sides, CATALOGUE)) == [("CCCD", 2), ("UQ", 1), ("CCCD_B", 1)]


def test_the_certification_closes_the_contract_it_stands_behind():
    assert shape(sort(form("HỢP ĐỒNG CHUYỂN NHƯỢNG QUYỀN SỬ DỤNG ĐẤT"), form("LỜI CHỨNG"))) == [("HDCN", 2)]


def test_separators_part_dossiers_and_stay_outside_them():
    proposal = sort(Sheet(), BIRTH, CERTIFICATE, Sheet("H56.16480-261102-000001"), DEATH, Sheet())
    assert [dossier.documents for dossier in proposal.dossiers] == [(0, 1), (2,)]
    assert [dossier.code for dossier in proposal.dossiers] == [None, "H56.16480-261102-000001"]
    assert proposal.separators == ("p1", "p4", "p6")


def test_one_code_on_the_pages_is_the_dossiers_two_are_nobodys():
    one, two = stack(BIRTH, CERTIFICATE)
    for codes, wanted in ((("A", None), "A"), (("A", "A"), "A"), (("A", "B"), None)):
        pages = [
            AssemblyPage(id=side.id, seq=side.seq, text=side.text, guess=side.guess, code=code)
            for side, code in zip((one, two), codes, strict=True)
        ]
        assert assemble(pages, CATALOGUE).dossiers[0].code == wanted


def test_a_birth_with_the_hospitals_paper_lacks_nothing():
    proposal = sort(BIRTH, CERTIFICATE)
    dossier = proposal.dossiers[0]
    assert (dossier.procedure, dossier.missing) == ("1.001193", ())
    assert [document.guess.component for document in proposal.documents] == [
        "to-khai-dang-ky-khai-sinh",
        "giay-chung-sinh",
    ]
    assert proposal.documents[0].guess.procedure == "1.001193"
    assert proposal.documents[1].guess.procedure is None


def test_a_birth_without_it_lacks_it_and_what_is_conditional_is_told_apart():
    dossier = sort(BIRTH, MANDATE).dossiers[0]
    assert dossier.missing == ("Giấy chứng sinh",)
    assert any("bị bỏ rơi" in paper for paper in dossier.conditional)
    assert not any(paper.startswith("Văn bản ủy quyền") for paper in dossier.conditional)


def test_the_usual_procedure_is_named_as_such_with_the_others():
    evidence = " ".join(sort(BIRTH, CERTIFICATE).dossiers[0].evidence)
    assert "thường gặp 1.001193" in evidence
    assert "2.000528" in evidence


def test_papers_without_an_application_get_no_procedure():
    dossier = sort(CERTIFICATE, MANDATE).dossiers[0]
    assert (dossier.procedure, dossier.score, dossier.missing) == (None, 0.0, ())
    assert "mở đầu" in dossier.evidence[0]


def test_applications_of_two_procedures_get_none_and_say_why():
    dossier = sort(BIRTH, DEATH).dossiers[0]
    assert dossier.procedure is None
    assert "khai sinh" in dossier.evidence[0]
    assert "khai tử" in dossier.evidence[0]


def test_two_applications_that_only_one_procedure_wants_together_are_that_procedure():
    assert sort(BIRTH, form("TỜ KHAI ĐĂNG KÝ NHẬN CHA, MẸ, CON")).dossiers[0].procedure == "1.000689"


def test_a_form_of_many_procedures_without_a_sign_is_left_to_the_clerk():
    dossier = sort(form("TỜ KHAI THAY ĐỔI THÔNG TIN CƯ TRÚ"), MANDATE).dossiers[0]
    assert dossier.procedure is None
    assert "1.004222" in dossier.evidence[-1]


def shared_form(*wanted: str) -> Catalogue:
    """Two procedures with one form 'A'; each also wants the paper named for it."""
    codes = (ProcedureCode("1.000001"), ProcedureCode("1.000002"))
    papers = {
        code: (Component(key="don", title="Đơn", cues=("A",)), Component(key="giay", title="Giấy", cues=(cue,)))
        for code, cue in zip(codes, wanted, strict=True)
    }
    limit = TimeLimit(amount=None, unit=Unit.UNKNOWN)
    return Catalogue(
        procedures={c: Procedure(code=c, name=c, field="", limit=limit, components=papers[c]) for c in codes},
        cues={
            "A": Cue(id="A", name="Đơn", titles=("ĐƠN",), procedures=codes),
            "B": Cue(id="B", name="Giấy B", titles=("GIẤY B",)),
            "C": Cue(id="C", name="Giấy C", titles=("GIẤY C",)),
        },
    )


@pytest.mark.parametrize(
    ("wanted", "procedure"), [(("B", "C"), "1.000001"), (("C", "B"), "1.000002"), (("B", "B"), None)]
)
def test_the_company_decides_where_only_one_procedure_wants_it(wanted, procedure):
    pages = [AssemblyPage(id=PageId(cue), seq=seq, guess=guess(cue)) for seq, cue in enumerate("AB")]
    dossier = assemble(pages, shared_form(*wanted)).dossiers[0]
    assert dossier.procedure == procedure
    assert bool(dossier.score) == (procedure is not None)


def test_an_unknown_paper_satisfies_the_component_whose_name_it_bears():
    proof = form("GIẤY TỜ LÀM CĂN CỨ THAY ĐỔI,", "CẢI CHÍNH, BỔ SUNG THÔNG TIN HỘ TỊCH")
    change = form("TỜ KHAI ĐĂNG KÝ VIỆC THAY ĐỔI, CẢI CHÍNH,", "BỔ SUNG THÔNG TIN HỘ TỊCH, XÁC ĐỊNH LẠI DÂN TỘC")
    assert len(sort(change).dossiers[0].missing) == 1
    assert sort(change, proof).dossiers[0].missing == ()


def test_the_order_of_the_list_does_not_matter_only_seq_does():
    sides = stack(BIRTH, BACK, CERTIFICATE, Sheet(), DEATH)
    assert assemble(sides, CATALOGUE) == assemble(list(reversed(sides)), CATALOGUE)


def test_no_pages_make_no_dossier():
    assert assemble([], CATALOGUE) == Proposal(documents=(), dossiers=(), separators=())


SIDES = st.sampled_from([BIRTH, DEATH, CERTIFICATE, MANDATE, BACK, PageText(), Blank(), Sheet(), Sheet("X")])
PREPARED = {}


@given(st.lists(SIDES, max_size=14))
def test_every_page_is_in_exactly_one_document_in_order(sides):
    pages = [
        AssemblyPage(
            id=PageId(f"p{seq:02d}"),
            seq=seq,
            text=side if isinstance(side, PageText) else PageText(),
            guess=PREPARED.setdefault(side, CLASSIFIER.classify(side)) if isinstance(side, PageText) else guess(None),
            blank=isinstance(side, Blank),
            separator=side.code if isinstance(side, Sheet) else None,
        )
        for seq, side in enumerate(sides)
    ]
    proposal = assemble(pages, CATALOGUE)
    inside = [page for document in proposal.documents for page in document.pages]
    assert inside == [page.id for page in pages if page.separator is None]
    assert proposal.separators == tuple(page.id for page in pages if page.separator is not None)
    told = [index for dossier in proposal.dossiers for index in dossier.documents]
    assert told == list(range(len(proposal.documents)))
    assert all(document.pages for document in proposal.documents)
    assert all(dossier.documents for dossier in proposal.dossiers)
