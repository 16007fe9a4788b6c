"""Questions to a compiler: it translates, nothing is run, and the answers stand in its output.

A constant expression becomes ``const long long v7 = (long long)(EXPRESSION);`` on a line of its
own.  Lines that do not compile are names or fields which the platform lacks: they are dropped and
the rest is compiled again.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TypeVar

from .targets import BLUETOOTH, Target

Key = TypeVar("Key", bound=Hashable)

HEADERS = Path(__file__).parent / "headers"

_CLANG_VALUE = re.compile(r"^@v(\d+) = .*\bconstant i64 (-?\d+)", re.MULTILINE)
_GCC_VALUE = re.compile(r"^v(\d+):\n((?:\t\.(?:quad|word|zero)\t-?\d+\n)+)", re.MULTILINE)

# An object in assembler: how many bytes each directive makes, or that its operand says so.
_OBJECT = re.compile(r"^_?v(\d+):.*\n((?:\t\.\w+\t\d+.*\n)+)", re.MULTILINE)
_DIRECTIVE = re.compile(r"\.(\w+)\t(\d+)")
_SIZES = {"byte": 1, "short": 2, "half": 2, "hword": 2, "2byte": 2}
_SIZES |= dict.fromkeys(("long", "word", "4byte"), 4)
_SIZES |= dict.fromkeys(("quad", "xword", "dword", "8byte"), 8)
_FILLERS = ("zero", "space")


def run(target: Target, source: str, *options: str) -> tuple[str, str]:
    """Compile ``source``; return (output, messages), the output empty if there were errors."""
    with tempfile.TemporaryDirectory(prefix="pysock-abi-") as folder:
        file, output = Path(folder, "question.c"), Path(folder, "answer")
        file.write_text(source)
        command = [*target.command, "-w"]
        if target.system == "linux":
            Path(folder, "bluetooth").symlink_to(BLUETOOTH)
            command += ["-isystem", folder]
        if "-E" not in options:
            command += ["-o", str(output)]
        done = subprocess.run([*command, *options, str(file)], capture_output=True, text=True)
        if done.returncode:
            return "", done.stderr
        return done.stdout if "-E" in options else output.read_text(), done.stderr


def _include(unit: str) -> str:
    """One line, by the whole path: ours is not the system's <windows.h>."""
    return f'#include "{HEADERS / unit}"\n'


def preprocess(target: Target, unit: str) -> str:
    """All that ``headers/UNIT`` includes, preprocessed, with its ``#define`` lines kept."""
    text, messages = run(target, _include(unit), "-E", "-dD")
    if not text:
        raise RuntimeError(f"{target.name}: {unit} does not compile:\n{messages}")
    return text


def evaluate(target: Target, unit: str, questions: Mapping[Key, str]) -> dict[Key, int]:
    """The values of C constant expressions, by key; what does not compile is left out."""
    lines = [
        f"const long long v{i} = (long long)({question});"
        for i, question in enumerate(questions.values())
    ]
    if target.includes:
        text = _translate(target, unit, lines, "-emit-llvm")
        found = {int(i): int(value) for i, value in _CLANG_VALUE.findall(text)}
    else:
        text = _translate(target, unit, lines)
        found = {int(i): _gcc_value(directives) for i, directives in _GCC_VALUE.findall(text)}
    return {key: found[i] for i, key in enumerate(questions) if i in found}


def octets(target: Target, unit: str, objects: Mapping[Key, str]) -> dict[Key, bytes]:
    """The bytes of initialized objects (``struct linger % = {...}``), by key."""
    if not objects:
        return {}
    lines = [f"const {text.replace('%', f'v{i}')};" for i, text in enumerate(objects.values())]
    text = _translate(target, unit, lines)
    found = {int(i): _octets(directives) for i, directives in _OBJECT.findall(text)}
    return {key: found[i] for i, key in enumerate(objects) if i in found}


def _translate(target: Target, unit: str, lines: list[str], *options: str) -> str:
    """The compiler's output for those lines that compile."""
    while True:
        source = _include(unit) + "\n".join(lines) + "\n"
        text, messages = run(target, source, "-S", "-g0", *options)
        if text:
            return text
        wrong = {int(n) for n in re.findall(r"question\.c:(\d+):\d+: (?:fatal )?error", messages)}
        if not wrong or 1 in wrong:
            raise RuntimeError(f"{target.name}: {unit} does not compile:\n{messages}")
        for number in wrong:
            lines[number - 2] = ""


def _octets(directives: str) -> bytes:
    """What some lines of assembler lay out; the numbers in it are bytes, or zero."""
    made = b""
    for name, operand in _DIRECTIVE.findall(directives):
        number = int(operand)
        if name in _FILLERS:
            made += bytes(number)
        elif name == "byte" or not number:
            made += number.to_bytes(_SIZES[name], "little")
        else:
            raise ValueError(f"the byte order of .{name} {number} is not known")
    return made


def _gcc_value(directives: str) -> int:
    """Eight bytes of assembler: a .quad (alpha), two .word with the high one first (hppa)."""
    numbers = [int(n) for n in re.findall(r"-?\d+", directives)]
    if ".zero" in directives:
        return 0
    if ".quad" in directives:
        return numbers[0]
    high, low = numbers
    return (high << 32) | (low & 0xFFFFFFFF)
