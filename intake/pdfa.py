"""The last step of every PDF that leaves this house: PDF/A-1b (ISO 19005-1), the same input giving the same bytes.

PDF/A-1 because CV 7197/BKHCN-CĐSQG (DOMAIN 3.2) takes it or PDF/A-2, and NĐ 30/2020 asks for PDF 1.4 or later: 1b
is what every archive can check. Callers must have embedded their fonts and drawn without transparency.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from xml.etree import ElementTree

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, Stream, String
from pikepdf.models.metadata import encode_pdf_date

from intake.errors import BadSettings
from intake.labels import say
from ocr.text import nfc

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

PROFILE = Path("/usr/share/color/icc/sRGB.icc")
"""From Debian's icc-profiles-free; version 2, as PDF/A-1 demands."""
PRODUCER = "Một Cửa"
"""Without a version: printing an old receipt again after an update gives the same bytes."""
_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}
_WRAPPER = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    '%s\n</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
)
_ICC_VERSION = 8
_COLOURS = 3

for _prefix, _uri in _SPACES.items():
    ElementTree.register_namespace(_prefix, _uri)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What the file says about itself. ``at`` needs a time zone; empty strings are left out."""

    title: str
    at: datetime
    author: str = ""
    subject: str = ""
    keywords: str = ""


def finish(pdf: Pdf, facts: DocumentFacts) -> bytes:
    """``pdf`` as the bytes of a PDF/A-1b; :func:`finish_into` for files that should not stand in memory."""
    out = io.BytesIO()
    finish_into(pdf, facts, out)
    return out.getvalue()


def finish_into(pdf: Pdf, facts: DocumentFacts, target: Path | BinaryIO) -> None:
    """Write ``pdf`` as PDF/A-1b; not atomic: publishing is the vault's work.

    Raises BadSettings without a profile, OSError as the disk does.
    """
    pdf.Root.OutputIntents = Array([_output_intent(pdf)])
    pdf.Root.Lang = String("vi-VN")
    _describe(pdf, facts)
    if isinstance(target, Path):
        with target.open("wb") as file:
            write(pdf, file)
    else:
        write(pdf, target)


def write(pdf: Pdf, file: BinaryIO) -> None:
    """Save ``pdf`` the one way this house saves: PDF 1.4, no object streams, an /ID that follows from the content.

    Raises OSError where the disk is full - instead of letting qpdf abort the process (see :class:`_Sink`).
    """
    sink = _Sink(file)
    pdf.save(
        cast(BinaryIO, sink),
        force_version="1.4",
        fix_metadata_version=False,
        object_stream_mode=ObjectStreamMode.disable,
        compress_streams=True,
        deterministic_id=True,
    )
    if sink.fault is not None:
        raise sink.fault


class _Sink(io.RawIOBase):
    """Passes bytes on and remembers the first fault instead of raising it.

    qpdf writes once more while it unwinds from a failed write; the second exception, thrown out of a destructor,
    would end the process (seen with qpdf 12 on a full disk).
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.fault: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data)
        if self.fault is None:
            try:
                self.file.write(view)
            except OSError as error:
                self.fault = error
        return view.nbytes

    def flush(self) -> None:
        if self.fault is None and not self.closed:
            try:
                self.file.flush()
            except OSError as error:
                self.fault = error


@cache
def _profile() -> bytes:
    try:
        data = PROFILE.read_bytes()
    except OSError as error:
        raise BadSettings(say("print.no_profile", file=PROFILE)) from error
    if data[_ICC_VERSION] > 2:
        raise BadSettings(say("print.no_profile", file=PROFILE))
    return data


def _output_intent(pdf: Pdf) -> pikepdf.Object:
    profile = Stream(pdf, _profile(), N=_COLOURS, Alternate=Name.DeviceRGB)
    return pdf.make_indirect(
        Dictionary(
            Type=Name.OutputIntent,
            S=Name.GTS_PDFA1,
            OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
            RegistryName=String("http://www.color.org"),
            Info=String("sRGB IEC61966-2.1"),
            DestOutputProfile=profile,
        )
    )


def _describe(pdf: Pdf, facts: DocumentFacts) -> None:
    """Say the same in the XMP packet and in the old information dictionary: PDF/A-1 compares them."""
    at = facts.at.replace(microsecond=0)
    if at.tzinfo is None:
        raise ValueError("facts.at needs a time zone")
    del pdf.docinfo
    pdf.Root.Metadata = Stream(pdf, _packet(facts, at.isoformat()), Type=Name.Metadata, Subtype=Name.XML)
    old = {"Title": facts.title, "Author": facts.author, "Subject": facts.subject, "Keywords": facts.keywords}
    for key, value in (old | {"Creator": PRODUCER, "Producer": PRODUCER}).items():
        if value:
            pdf.docinfo[f"/{key}"] = String(nfc(value))
    for key in ("/CreationDate", "/ModDate"):
        pdf.docinfo[key] = String(encode_pdf_date(at))


def _packet(facts: DocumentFacts, stamp: str) -> bytes:
    """The XMP packet. Every namespace is declared on ``rdf:Description``: PDFBox Preflight 2 looks nowhere else."""
    about = ElementTree.Element(f"{{{_SPACES['rdf']}}}Description", {f"{{{_SPACES['rdf']}}}about": ""})
    plain = {"pdfaid:part": "1", "pdfaid:conformance": "B", "pdf:Producer": PRODUCER, "pdf:Keywords": facts.keywords}
    plain |= {"xmp:CreatorTool": PRODUCER, "xmp:CreateDate": stamp, "xmp:ModifyDate": stamp}
    for name, value in plain.items():
        if value:
            _element(about, name).text = nfc(value)
    listed = (
        ("dc:title", "Alt", facts.title),
        ("dc:description", "Alt", facts.subject),
        ("dc:creator", "Seq", facts.author),
    )
    for name, kind, value in listed:
        if value:
            item = _element(_element(_element(about, name), f"rdf:{kind}"), "rdf:li")
            item.text = nfc(value)
            if kind == "Alt":
                item.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")
    return _WRAPPER.replace("%s", ElementTree.tostring(about, encoding="unicode")).encode()


def _element(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    space, _, local = name.partition(":")
    return ElementTree.SubElement(parent, f"{{{_SPACES[space]}}}{local}")
