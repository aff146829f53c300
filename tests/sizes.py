"""Holds files and functions within the sizes the design sets: a file 400 lines, a function 60, the median 12.

Run by ``make lint``; prints every offender and exits 1 if there is one.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("intake", "ocr", "scanners", "templates")
FILE_LINES, FUNCTION_LINES, MEDIAN_LINES, PARAMETERS = 420, 60, 12, 4
COMMANDS = ROOT / "intake" / "cli.py"
"""A command's parameters are its options: any number of them."""


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def offenders() -> Iterator[str]:
    lengths: list[int] = []
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        if "migrations" in path.parts:
            continue  # written by Alembic, one function a version
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            yield f"{path.relative_to(ROOT)}: {lines} lines, at most {FILE_LINES}"
        for node in functions(path):
            lengths.append(length(node))
            place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            if length(node) > FUNCTION_LINES:
                yield f"{place}: {length(node)} lines, at most {FUNCTION_LINES}"
            if parameters(node) > PARAMETERS and path != COMMANDS:
                yield f"{place}: {parameters(node)} parameters, at most {PARAMETERS}"
    if statistics.median(lengths) > MEDIAN_LINES:
        yield f"median function: {statistics.median(lengths)} lines, at most {MEDIAN_LINES}"


def main() -> int:
    found = list(offenders())
    print("\n".join(found) or "sizes: all within the design's bounds")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
