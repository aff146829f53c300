"""The shipped catalogue, its border, and the importer that made it."""

from __future__ import annotations

import json
import re
import time
from datetime import date
from pathlib import Path

import pytest

import templates
from intake import catalogue_import
from intake.catalogue import FORMS, load, load_cues
from intake.catalogue_import import Curated, build, read
from intake.errors import BadSettings
from intake.model import Catalogue, Cue, ProcedureCode, Unit
from intake.papers import Names, PaperRow, components, short, slug
from ocr.text import nfc

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load()


def row(shipped: Catalogue, code: str):
    return shipped.procedures[ProcedureCode(code)]


def test_every_code_has_the_national_form_and_every_title_is_nfc(shipped):
    assert len(shipped.procedures) == 789
    for code, procedure in shipped.procedures.items():
        assert re.fullmatch(r"[1-6]\.\d{6}", code)
        assert all(nfc(part.title) == part.title for part in procedure.components)


def test_component_keys_are_unique_within_their_procedure(shipped):
    for procedure in shipped.procedures.values():
        keys = [part.key for part in procedure.components]
        assert len(keys) == len(set(keys)), procedure.code


def test_zero_days_mean_the_same_day(shipped):
    assert row(shipped, "1.001193").limit.unit is Unit.SAME_DAY
    assert row(shipped, "2.000815").limit.unit is Unit.SAME_DAY


def test_a_bare_number_without_a_unit_stays_unknown(shipped):
    limit = row(shipped, "2.000720").limit
    assert (limit.amount, limit.unit) == (1, Unit.UNKNOWN)
    assert row(shipped, "1.115148").limit.unit is Unit.UNKNOWN


def test_hours_working_days_and_calendar_days_are_told_apart(shipped):
    limits = {code: row(shipped, code).limit for code in ("2.001159", "1.004873", "1.013225", "1.013065")}
    assert [(x.amount, x.unit) for x in limits.values()] == [
        (1, Unit.HOUR),
        (3, Unit.WORKING_DAY),
        (15, Unit.CALENDAR_DAY),
        (8, Unit.HOUR),
    ]


def test_another_way_of_filing_with_its_own_limit_is_kept_beside_the_counters(shipped):
    ways = {other.way: other.limit.amount for other in row(shipped, "1.013225").other_ways}
    assert ways == {"Trực tuyến": 20, "Dịch vụ bưu chính": 20}


def test_a_birth_asks_for_the_form_and_the_hospitals_paper_and_only_shows_the_card(shipped):
    papers = {part.title: part for part in row(shipped, "1.001193").components}
    assert [title for title, part in papers.items() if part.required] == [
        "Tờ khai đăng ký khai sinh",
        "Giấy chứng sinh",
    ]
    card = next(part for title, part in papers.items() if title.startswith("Hộ chiếu"))
    assert "xuất trình" in card.condition
    assert {"CCCD", "CC24"} <= set(card.cues)


def test_repealed_rows_are_kept_and_name_what_replaced_them(shipped):
    assert row(shipped, "2.002622").repealed
    assert row(shipped, "2.002622").replaced_by == ("2.002913",)
    assert row(shipped, "2.000986").replaced_by == ("3.000722",)


@pytest.mark.parametrize("code", ["1.011606", "1.011607", "1.011608", "3.000412"])
def test_poverty_procedures_end_with_2026(shipped, code):
    assert row(shipped, code).effective_to == date(2026, 12, 31)
    assert not row(shipped, code).repealed


def test_every_lead_form_satisfies_a_component_of_the_procedures_it_leads(shipped):
    loose = [
        (cue.id, code)
        for cue in shipped.cues.values()
        for code in cue.procedures
        if shipped.procedures[code].components
        and not any(cue.id in part.cues for part in shipped.procedures[code].components)
    ]
    assert len(loose) <= 12, loose


def test_no_title_belongs_to_two_types_unless_their_words_part_them(shipped):
    owners: dict[str, set[str]] = {}
    for cue in shipped.cues.values():
        for title in cue.titles:
            owners.setdefault(title.casefold(), set()).add(cue.id)
    assert {title: ids for title, ids in owners.items() if len(ids) > 1} == {}


def test_the_document_types_of_the_domain_are_there(shipped):
    wanted = "TK_KS TK_KT TK_KH TK_XNHN TK_CMC TK_CCHT TK_GH TK_CDGH TK_LKS TK_LKH TK_LKT TK_LNCN DON_NCN TK_GCHT "
    wanted += "TK_TLHT CT01 CT07 DK18 DK15 DD01 DD21 DD_HG GPXD HKD BT1 BT04 HT01 KT01 NCC12 NCC18 HN01 DKN DTC CHTR "
    wanted += "MGHP HB CN22 XE TK1TS CC_PHIEU UQ CCCD CC24 CMND GCS GBT GKS TLKT GCNKH GXNHN TLGC LYHON SHK GCN_OLD "
    wanted += (
        "GCN_NEW GCN_RED HDCN DICHUC TCDS PCDS LOICHUNG BBHGD GXNKT GCN_NCC BHYT GKSK LLTP BANG HSTK GCN_HKD GPLX "
    )
    wanted += "DKX BIENLAI ADN PHIEU_01 PHIEU_02 PHIEU_07 VB_QD VB_TTR VB_CV VB_CT VB_ND VB_TB VB_BC"
    assert set(wanted.split()) <= set(shipped.cues)


def test_it_loads_within_half_a_second():
    started = time.perf_counter()
    load()
    assert time.perf_counter() - started < 2.0  # 0.2 s alone; other work may share the machine


def test_a_file_of_the_office_replaces_the_shipped_one_of_that_name(tmp_path):
    (tmp_path / "procedures").mkdir()
    text = templates.text("procedures/ho-tich.toml").replace('name = "Đăng ký khai sinh"', 'name = "Khai sinh tại xã"')
    (tmp_path / "procedures" / "ho-tich.toml").write_text(text, encoding="utf-8")
    assert row(load(tmp_path), "1.001193").name == "Khai sinh tại xã"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("procedures/moi.toml", "field = 'Mới'\n[[procedure]]\ncode = '9.000901'\nname = 'x'", "procedure.0.code"),
        ("procedures/moi.toml", "field = 'Mới'\n[[procedure]]\ncode = '1.000001'\nnmae = 'x'", "procedure.0.n"),
        ("procedures/moi.toml", "field = 'Mới'\n[[procedure]]\ncode = '1.001193'\nname = 'x'", "1.001193"),
        ("procedures/moi.toml", "field = 'Mới", "moi.toml"),
        (
            "procedures/moi.toml",
            "field = 'Mới'\n[[procedure]]\ncode = '1.000001'\nname = 'x'\n"
            "components = [{ key = 'a', title = 'A', cues = ['KHONG_CO'] }]",
            "KHONG_CO",
        ),
        ("cues/moi.toml", "[[cue]]\nid = 'MOI'\nname = 'x'\nprocedures = ['1.999999']", "1.999999"),
        ("cues/moi.toml", "[[cue]]\nid = 'TK_KS'\nname = 'x'", "TK_KS"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(tmp_path, name, text, told):
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings, match=re.escape(told)) as caught:
        load(tmp_path)
    assert "Tệp mẫu" in str(caught.value) or "Loại giấy tờ" in str(caught.value)


def test_bytes_that_are_not_utf8_are_refused_as_a_bad_file(tmp_path):
    (tmp_path / "cues").mkdir()
    (tmp_path / "cues" / "moi.toml").write_bytes(b"\xff\xfe[[cue]]")
    with pytest.raises(BadSettings, match=re.escape("moi.toml")):
        load(tmp_path)


# --- the importer ------------------------------------------------------------------------------------------


NAMES = Names.of(
    [
        Cue(id="DON", name="Đơn xin phép", titles=("ĐƠN XIN PHÉP LÀM VIỆC",), procedures=(ProcedureCode("1.000001"),)),
        Cue(id="UQ", name="Giấy ủy quyền", titles=("GIẤY ỦY QUYỀN", "VĂN BẢN ỦY QUYỀN")),
        Cue(id="GCS", name="Giấy chứng sinh", titles=("GIẤY CHỨNG SINH",)),
        Cue(id="CCCD", name="Căn cước công dân", titles=("CĂN CƯỚC CÔNG DÂN",)),
    ]
)


def parts(*rows: PaperRow):
    return components(ProcedureCode("1.000001"), rows, NAMES)


@pytest.mark.parametrize(
    ("text", "group", "required", "condition"),
    [
        ("Giấy chứng sinh", "", True, ""),
        ("Giấy chứng sinh; trường hợp không có thì nộp văn bản cam đoan", "", True, "trường hợp không có"),
        ("Giấy chứng sinh (nếu có)", "", False, "nếu có"),
        ("Văn bản ủy quyền trong trường hợp ủy quyền thực hiện", "", False, "trong trường hợp ủy quyền"),
        ("Trường hợp trẻ bị bỏ rơi thì phải có biên bản của Công an", "", False, "Trường hợp trẻ bị bỏ rơi"),
        ("Giấy chứng sinh", "Đối với công trình tôn giáo", False, "Đối với công trình tôn giáo"),
        ("Thẻ căn cước công dân", "Giấy tờ phải xuất trình", False, "xuất trình"),
        ("Tờ khai theo mẫu (nếu nộp trực tiếp tại bộ phận một cửa)", "", True, ""),
    ],
)
def test_only_a_paper_without_a_condition_is_required(text, group, required, condition):
    part = parts(PaperRow(text=text, group=group, originals=1, copies=0))[0]
    assert part.required is required
    assert condition in part.condition


def test_remarks_are_not_papers():
    notes = (
        PaperRow(text="Người tiếp nhận có trách nhiệm kiểm tra", group="Lưu ý", originals=0, copies=0),
        PaperRow(text="Người yêu cầu nộp các giấy tờ sau:", originals=0, copies=0),
    )
    assert parts(*notes) == ()


def test_the_procedures_own_form_comes_first_and_is_required_in_every_case():
    made = parts(
        PaperRow(text="Giấy chứng sinh", originals=1, copies=0),
        PaperRow(text="Đơn xin phép làm việc theo Mẫu số 05 Phụ lục I", group="Đối với cá nhân", originals=1, copies=0),
    )
    assert (made[0].cues, made[0].required, made[0].title) == (("DON",), True, "Đơn xin phép làm việc (Mẫu 05)")


def test_the_same_paper_under_two_cases_stands_once():
    made = parts(
        PaperRow(text="Giấy chứng sinh", group="Trường hợp một", originals=1, copies=0),
        PaperRow(text="Giấy chứng sinh.", group="Trường hợp hai", originals=0, copies=2),
    )
    assert [(part.originals, part.copies) for part in made] == [(1, 2)]


def test_a_long_title_is_cut_between_words():
    assert short("một hai ba bốn", 9) == "một hai…"
    assert slug("Đăng ký, quản lý cư trú") == "dang-ky-quan-ly-cu-tru"


PORTAL = {
    "code": "1.000001",
    "name": "Thủ tục cho phép",
    "field": "Việc mẫu",
    "ways": [{"way": "Trực tiếp", "time": 4, "unit": "ngày (không ghi)", "fee_vnd": 0}],
    "components": [{"group": "", "name": "Đơn đề nghị cho phép làm việc mẫu", "originals": 1, "copies": 0}],
    "decision": "1/QĐ-X",
}
HEAD = "code\tname\tfield\ttime_limit_days\tworking_days\tfee_vnd\tform_title\trequired_papers\tsource_confidence\n"


def test_a_row_known_only_to_the_portal_keeps_its_unknown_unit(tmp_path):
    files = build(read(json.dumps(PORTAL), HEAD), {}, {})
    text = files["procedures/viec-mau.toml"]
    assert 'name = "Cho phép"' in text
    assert "amount = 4" in text
    assert 'unit = "unknown"' in text
    assert "F_DON_DE_NGHI_CHO_PHEP_LAM_VIEC_MAU" in files[FORMS]


def test_the_condensed_row_says_the_limit_and_curated_facts_win():
    condensed = HEAD + "1.000001\tThủ tục cho phép\tViệc mẫu\t0\ty\t\t\t\tREPEALED: quyết định mẫu\n"
    notes = {"1.000001": Curated(replaced_by=(ProcedureCode("1.000002"),), effective_to=date(2026, 9, 7))}
    text = build(read(json.dumps(PORTAL), condensed), {}, notes)["procedures/viec-mau.toml"]
    for line in (
        'unit = "same_day"',
        'confidence = "REPEALED"',
        'replaced_by = ["1.000002"]',
        "effective_to = 2026-09-07",
    ):
        assert line in text


def test_an_invented_code_stops_the_import():
    with pytest.raises(ValueError, match=re.escape("9.000901")):
        read(json.dumps(PORTAL | {"code": "9.000901"}), HEAD)


def test_without_its_sources_the_importer_explains_itself_and_writes_nothing(tmp_path, capsys):
    assert catalogue_import.main([str(tmp_path)]) == 3
    assert "SRC_DIR" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not (SHARED / "procedures.jsonl").is_file(), reason="needs ../shared/data, absent here")
def test_the_shipped_files_are_what_the_importer_makes(tmp_path):
    assert catalogue_import.main([str(SHARED), str(tmp_path)]) == 0
    for made in (tmp_path / "procedures").glob("*.toml"):
        assert made.read_text("utf-8") == templates.text(f"procedures/{made.name}"), made.name
    assert (tmp_path / FORMS).read_text("utf-8") == templates.text(FORMS)
    assert len(load_cues(without=(FORMS,))) < len(load_cues())
