"""The commands. The only place that prints; everything it says is in ``templates/labels.vi.toml`` or in ``--help``.

Data goes to standard output, words for people and progress to standard error, so that output can be piped.
"""

from __future__ import annotations

import json
import logging
import os
import pwd
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table

from intake import config, duties, process, reading, workstation
from intake.checkup import check
from intake.codes import parse_dossier_code
from intake.config import Home, open_home
from intake.demo import demo
from intake.errors import BadInput, ExitCode, IntakeError
from intake.inbox import readable
from intake.labels import explain, say
from intake.manifest import dump
from intake.model import Applicant, DossierId, ProcedureCode
from intake.sealing import Decision, seal
from intake.separator import sheets
from intake.station import Station, open_station
from intake.vault import is_disk_full
from ocr.errors import OcrError

app = typer.Typer(
    name="intake",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Một Cửa: quét, đọc, xếp và chốt hồ sơ. / The scanning counter: pages in, sealed dossiers out.",
)
batch_app = typer.Typer(no_args_is_help=True, help="Mở và đóng lô giấy tờ. / Open and close batches.")
app.add_typer(batch_app, name="batch")

_out = Console()
_err = Console(stderr=True)

HomeDir = Annotated[
    Path, typer.Option("--home", help="Thư mục dữ liệu của trạm. / The station's data folder.", show_default=True)
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Tệp cấu hình thay cho intake.toml. / Settings file to use instead.")
]
AsJson = Annotated[bool, typer.Option("--json", help="In JSON cho chương trình khác. / Print JSON for programs.")]
Lane = Annotated[str, typer.Option("--lane", help="Lượt quét (số hoặc tên). / Lane, by number or name.")]
Clerk = Annotated[str, typer.Option("--clerk", help="Họ tên cán bộ quyết định. / Name of the clerk who decides.")]
Sources = Annotated[list[Path], typer.Argument(metavar="SRC...", help="Tệp hoặc thư mục. / Files or folders.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Báo lỗi nếu có trang để riêng. / Exit 4 if anything was set aside.")
]
Words = Annotated[bool, typer.Option("--words", help="Thêm từng từ và vị trí. / Add words with their boxes.")]
Each = Annotated[bool, typer.Option("--each", help="Mỗi tệp là một chồng riêng. / Each file is a stack of its own.")]
DemoDir = Annotated[Path, typer.Option("--into", metavar="DIR", help="Nơi chạy thử. / Where the demo lives.")]
_LISTED = ("id", "number", "procedure", "documents", "missing", "due_at")
DEFAULT_HOME = Path("~/.local/share/intake").expanduser()


@app.callback()
def everywhere(context: typer.Context, home: HomeDir = DEFAULT_HOME) -> None:
    """Lets ``--home`` stand before the command as well as behind it."""
    given = {"home": str(home)}
    context.default_map = {command.name: given for command in app.registered_commands if command.name}
    context.default_map["batch"] = {command.name: given for command in batch_app.registered_commands if command.name}


# --- the main job ----------------------------------------------------------------------------------------


@app.command("process")
def process_command(
    sources: Sources,
    into: Annotated[Path, typer.Option("--into", metavar="DIR", help="Nơi ghi kết quả. / Where results go.")],
    lane: Lane = "1",
    seal_all: Annotated[bool, typer.Option("--seal", help="Chốt luôn mọi hồ sơ. / Seal every dossier.")] = False,
    clerk: Clerk = "",
    strict: Strict = False,
    home: HomeDir = DEFAULT_HOME,
    settings: ConfigFile = None,
) -> None:
    """Xử lý tệp và thư mục thành hồ sơ. / Turn files and folders into dossiers; each folder is one batch.

    Tệp gốc chỉ được đọc, không bị sửa hay xóa. / Sources are only read. --seal is an operator's explicit
    command: the act is recorded with the name given by --clerk, or the login name.
    """
    with _station(home, settings) as station:
        order = process.Order(sources=tuple(sources), into=into, lane=_lane(station.home, lane))
        decision = Decision(clerk=clerk, act=f"intake process --seal ({_login()})") if seal_all else None
        outcome = workstation.process(station, order, decision, _err)
    written = say("process.written", dossiers=outcome.dossiers, pages=outcome.pages, into=into / "manifest.json")
    _err.print(written, soft_wrap=True, markup=False)
    if outcome.set_aside:
        _err.print(f"[yellow]{say('process.aside', count=outcome.set_aside)}[/yellow]")
        if strict:
            raise typer.Exit(ExitCode.SET_ASIDE)


@app.command("read")
def read_command(
    files: Sources,
    as_json: AsJson = False,
    words: Words = False,
    settings: ConfigFile = None,
    home: HomeDir = DEFAULT_HOME,
) -> None:
    """Đọc chữ trên ảnh và PDF, không lưu gì. / Read pages and print them; keeps nothing."""
    failed = False
    for entry in reading.read_files(files, _home(home, settings), words=words):
        failed |= "error" in entry
        if "error" in entry:
            _err.print(f"[red]{escape(entry['source'])}[/red]: {entry['explanation']}", highlight=False)
        if as_json:
            print(dump(entry))
        elif "error" not in entry:
            print(f"--- {entry['source']} · {entry['source_page']}\n{entry['text']}\n")
    if failed:
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command("sort")
def sort_command(
    files: Sources,
    as_json: AsJson = False,
    each: Each = False,
    settings: ConfigFile = None,
    home: HomeDir = DEFAULT_HOME,
) -> None:
    """Nhận ra từng giấy tờ trong một chồng trang. / Name the documents in a stack of pages; keeps nothing."""
    for entry in reading.sort_files(files, _home(home, settings), each=each):
        if as_json:
            print(dump(entry))
        else:
            print(f"{entry['title'] or say('seal.untitled')}  [{entry['procedure'] or '?'}]  {entry['score']:.2f}")


@app.command("glance")
def glance_command(
    files: Sources,
    as_json: AsJson = False,
    settings: ConfigFile = None,
    home: HomeDir = DEFAULT_HOME,
) -> None:
    """Liếc trang đầu để gọi tên giấy tờ ngay, không lưu gì. / Name documents by a glance at their first pages."""
    for entry in reading.glance_files(files, _home(home, settings)):
        if as_json:
            print(dump(entry))
        else:
            title = entry["title"] or say("seal.untitled")
            print(f"{title}  [{entry['procedure'] or '?'}]  {entry['score']:.2f}  {entry['seconds']:.2f} s")


@app.command("demo")
def demo_command(
    into: DemoDir = Path("demo"),
    seed: Annotated[int, typer.Option(help="Số khởi tạo giấy mẫu. / Seed of the sample papers.")] = 1,
) -> None:
    """Chạy thử việc chính trên giấy mẫu, bốn máy quét cùng lúc. / The main job on sample papers, four lanes at once."""
    demo(into.absolute(), seed, _err)


@app.command("run")
def run(
    home: HomeDir = DEFAULT_HOME,
    settings: ConfigFile = None,
) -> None:
    """Chạy trạm quét: nhận tệp từ các lượt, đọc, xếp hồ sơ. / Run the workstation until stopped."""
    with _station(home, settings) as station:
        workstation.run(
            station, on_start=lambda: _err.print(say("run.started", inbox=station.home.inbox), markup=False)
        )
    _err.print(say("run.stopped"))


# --- looking ---------------------------------------------------------------------------------------------


@app.command("status")
def status(home: HomeDir = DEFAULT_HOME, as_json: AsJson = False, settings: ConfigFile = None) -> None:
    """Trạm đang có gì, đang chờ gì, lỗi gì. / What there is, what waits and what failed."""
    with _station(home, settings) as station:
        view = workstation.status(station)
        if as_json:
            print(json.dumps({**view["counts"], "notes": view["notes"]}, ensure_ascii=False))
            return
        table = Table(show_header=False)
        for name, count in view["counts"].items():
            table.add_row(say(f"status.{name}"), str(count))
        _out.print(table)
        for line in view["notes"]:
            _out.print(f"[yellow]•[/yellow] {escape(line)}", highlight=False)


@app.command("dossiers")
def dossiers_command(home: HomeDir = DEFAULT_HOME, as_json: AsJson = False, settings: ConfigFile = None) -> None:
    """Liệt kê hồ sơ. / List dossiers: id, receipt number, procedure, documents, what is missing."""
    with _station(home, settings) as station:
        for dossier in station.ledger.dossiers():
            receipt = station.ledger.receipt(dossier.id)
            row = {
                "id": dossier.id,
                "number": receipt.number if receipt else None,
                "procedure": dossier.procedure,
                "documents": [document.title for document in dossier.documents],
                "missing": list(dossier.missing),
                "due_at": receipt.due.at.isoformat() if receipt and receipt.due.at else None,
                "due_trace": list(receipt.due.trace) if receipt else [],
            }
            print(dump(row) if as_json else "\t".join(str(row[name] or "-") for name in _LISTED))


@app.command("check")
def check_command(
    home: HomeDir = DEFAULT_HOME,
    fix: Annotated[bool, typer.Option("--fix", help="Sửa những gì sửa được. / Mend what can be mended.")] = False,
    settings: ConfigFile = None,
) -> None:
    """Đối chiếu sổ với kho, băm lại mọi tệp. / Re-hash the vault and compare it with the books."""
    left = 0
    with _station(home, settings) as station:
        for finding in check(station, fix=fix):
            left += not finding.mended
            mark = "[green]✓[/green]" if finding.mended else "[red]✗[/red]"
            _out.print(f"{mark} {say(f'check.{finding.fault}')}: {escape(finding.what)}", highlight=False)
    if left:
        raise typer.Exit(ExitCode.DAMAGED)
    _out.print(say("check.clean"))


@app.command("config")
def config_command(home: HomeDir = DEFAULT_HOME, as_json: AsJson = False, settings: ConfigFile = None) -> None:
    """Mọi cài đặt, giá trị, và lấy từ đâu. / Every setting, its value, and where it came from."""
    opened = _home(home, settings)
    rows = [(name, value, str(opened.file) if given else "default") for name, value, given in config.rows(opened)]
    if as_json:
        known = {name: {"value": value, "from": origin} for name, value, origin in rows}
        print(json.dumps(known, ensure_ascii=False, default=str))
        return
    table = Table("setting", "value", "from")
    for name, value, origin in rows:
        table.add_row(name, escape(json.dumps(value, ensure_ascii=False, default=str)), escape(origin))
    _out.print(table)


# --- deciding --------------------------------------------------------------------------------------------


@app.command("seal")
def seal_command(
    dossier: Annotated[str, typer.Argument(help="Mã hồ sơ của máy. / Dossier id.")],
    clerk: Clerk,
    procedure: Annotated[str | None, typer.Option(help="Mã thủ tục, nếu khác đề xuất. / Procedure code.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Mã hồ sơ của tỉnh. / Provincial dossier code.")] = None,
    name: Annotated[str, typer.Option(help="Người nộp. / Applicant.")] = "",
    id_number: Annotated[str, typer.Option(help="Số định danh. / Personal number.")] = "",
    address: Annotated[str, typer.Option(help="Địa chỉ. / Address.")] = "",
    phone: Annotated[str, typer.Option(help="Điện thoại. / Telephone.")] = "",
    email: Annotated[str, typer.Option(help="Thư điện tử. / E-mail.")] = "",
    authorised: Annotated[str, typer.Option(help="Người được ủy quyền. / Authorised person.")] = "",
    home: HomeDir = DEFAULT_HOME,
    settings: ConfigFile = None,
) -> None:
    """Chốt một hồ sơ: cấp số một lần, làm giấy tiếp nhận và hồ sơ PDF. / Seal a dossier, once."""
    if not clerk.strip():
        raise BadInput(say("seal.no_clerk"))
    applicant = Applicant(
        name=name, id_number=id_number, address=address, phone=phone, email=email, authorised=authorised
    )
    decision = Decision(
        clerk=clerk.strip(),
        act="intake seal",
        procedure=ProcedureCode(procedure) if procedure else None,
        applicant=applicant,
        official_code=_dossier_code(code),
    )
    with _station(home, settings) as station:
        receipt = seal(station, DossierId(dossier), decision)
        workstation.publish_now(station, station.ledger.dossier(DossierId(dossier)).batch)
        _err.print(say("seal.done", dossier=dossier, number=receipt.number))
        print(station.home.dossiers / receipt.number)


@batch_app.command("open")
def batch_open(lane: Lane, home: HomeDir = DEFAULT_HOME, settings: ConfigFile = None) -> None:
    """Mở lô mới ở một lượt quét. / Open a batch: what comes from now on belongs to it."""
    with _station(home, settings) as station:
        name = _lane(station.home, lane)
        workstation.open_batch(station, name)
        _err.print(say("batch.opened", lane=name))


@batch_app.command("close")
def batch_close(lane: Lane, home: HomeDir = DEFAULT_HOME, settings: ConfigFile = None) -> None:
    """Đóng lô đang mở. / Close what is open, once the files that have come are in."""
    with _station(home, settings) as station:
        name = _lane(station.home, lane)
        count = station.store.ask_to_close(name, station.clock.now())
        _err.print(say("batch.closing", lane=name, count=count) if count else say("batch.none_open", lane=name))


@app.command("retry")
def retry(home: HomeDir = DEFAULT_HOME, settings: ConfigFile = None) -> None:
    """Làm lại việc lỗi và đưa tệp để riêng về lượt quét. / Try again what failed or was set aside."""
    with _station(home, settings) as station:
        tried = duties.retry_faults(station.store.database, station.clock.now())
        returned = workstation.return_set_aside(station)
        _err.print(say("retry.done", duties=tried, files=returned))


@app.command("separators")
def separators(
    into: Annotated[Path, typer.Option("--into", metavar="FILE", help="Tệp PDF để in. / PDF to print.")],
    count: Annotated[int, typer.Option(min=1, max=200, help="Số tờ. / How many.")] = 1,
) -> None:
    """In tờ ngăn hồ sơ. / Print separator sheets."""
    if not into.absolute().parent.is_dir():
        raise BadInput(say("process.no_source", source=into.absolute().parent))
    into.write_bytes(sheets([""] * count))


# --- shared ----------------------------------------------------------------------------------------------


def _home(root: Path, file: Path | None) -> Home:
    return open_home(root.expanduser(), file)


@contextmanager
def _station(root: Path, file: Path | None) -> Iterator[Station]:
    with open_station(_home(root, file)) as station:
        yield station


def _lane(home: Home, given: str) -> str:
    """A configured lane by its number, or any proper lane name."""
    lanes = home.settings.inbox.lanes
    if given.isdecimal() and 1 <= int(given) <= len(lanes):
        return lanes[int(given) - 1]
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", given):
        raise BadInput(say("process.bad_lane", lane=given))
    return given


def _dossier_code(given: str | None) -> str | None:
    if given is None:
        return None
    code = parse_dossier_code(given)
    if code is None:
        raise BadInput(say("seal.bad_code", code=given))
    return code


def _login() -> str:
    """Who runs this command, by the machine's own book of users."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def main() -> None:
    """Run a command; every failure ends in a Vietnamese sentence and an exit code of :class:`ExitCode`."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=_err)])
    try:
        app()
    except IntakeError as error:
        _err.print(readable(str(error)), style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except OcrError as error:
        _err.print(f"[red]{explain(error.reason)}[/red]", highlight=False)
        sys.exit(ExitCode.BAD_INPUT)
    except OSError as error:
        if error.filename is None:  # no file that a person could see to: a bug, with its traceback
            raise
        sys.exit(_refused_by_the_disk(error))


def _refused_by_the_disk(error: OSError) -> ExitCode:
    """Say which path the machine could not use and why, and what the shell is told."""
    full = is_disk_full(error)
    path = readable(os.fsdecode(error.filename))
    said = say("disk.full", folder=path) if full else say("disk.refused", path=path, why=_why(error))
    _err.print(said, style="red", markup=False, highlight=False, soft_wrap=True)
    return ExitCode.DISK_FULL if full else ExitCode.BAD_INPUT


def _why(error: OSError) -> str:
    """The system's reason, in Vietnamese where it is a usual one."""
    usual: dict[type[OSError], str] = {
        FileExistsError: "disk.is_a_file",
        NotADirectoryError: "disk.is_a_file",
        IsADirectoryError: "disk.is_a_folder",
        PermissionError: "disk.no_permission",
        FileNotFoundError: "disk.not_there",
    }
    key = usual.get(type(error))
    return say(key) if key else str(error.strerror)
