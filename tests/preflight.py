"""Apache PDFBox Preflight as a judge of PDF/A-1b: one Java process for any number of files.

From Debian: libpdfbox2-java, libactivation-java, libjaxb-api-java, libcommons-logging-java and a Java runtime.
A machine without them fails these tests instead of skipping them: what nobody judged is not PDF/A.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

_JARS = ("preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api")
_FOLDER = Path("/usr/share/java")


def faults(files: Mapping[str, bytes], scratch: Path) -> dict[str, list[str]]:
    """What Preflight holds against each of ``files`` (name -> PDF bytes); an empty list is a valid PDF/A-1b."""
    paths = [scratch / f"{at:03d}-{name}.pdf" for at, name in enumerate(files)]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    verdicts = _judge(paths, scratch / "list.txt")
    return dict(zip(files, (verdicts[path.name] for path in paths), strict=True))


def _judge(paths: list[Path], listing: Path) -> dict[str, list[str]]:
    jars = [_FOLDER / f"{jar}.jar" for jar in _JARS]
    missing = [jar.name for jar in jars if not jar.is_file()]
    assert not missing, f"Preflight needs {missing}: apt install libpdfbox2-java libactivation-java libjaxb-api-java"
    listing.write_text("\n".join(map(str, paths)), encoding="utf-8")
    command = ["java", "-Xshare:auto", "-cp", ":".join(map(str, jars)), "org.apache.pdfbox.preflight.Validator_A1b"]
    done = subprocess.run([*command, "xml", "group", str(listing)], capture_output=True, text=True, timeout=120)
    report = listing.with_name(f"{listing.name}.preflight.xml")
    assert report.is_file(), done.stderr
    return {_name(verdict): _details(verdict) for verdict in ElementTree.parse(report).getroot()}


def _name(verdict: ElementTree.Element) -> str:
    return verdict.attrib["name"]


def _details(verdict: ElementTree.Element) -> list[str]:
    valid = verdict.findtext("isValid") == "true"
    details = [error.findtext("details") or "?" for error in verdict.iter("error")]
    return [] if valid and not details else details or ["not valid, no reason given"]
