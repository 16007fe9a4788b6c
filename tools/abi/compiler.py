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
    keys = list(questions)
    lines = [f"const long long v{i} = (long long)({questions[k]});" for i, k in enumerate(keys)]
    zig = bool(target.includes)
    while True:
        options = ("-S", "-g0", "-emit-llvm") if zig else ("-S", "-g0")
        text, messages = run(target, _include(unit) + "\n".join(lines) + "\n", *options)
        if text:
            break
        wrong = {int(n) for n in re.findall(r"question\.c:(\d+):\d+: (?:fatal )?error", messages)}
        if not wrong or 1 in wrong:
            raise RuntimeError(f"{target.name}: {unit} does not compile:\n{messages}")
        for number in wrong:
            lines[number - 2] = ""
    if zig:
        found = {int(i): int(value) for i, value in _CLANG_VALUE.findall(text)}
    else:
        found = {int(i): _gcc_value(directives) for i, directives in _GCC_VALUE.findall(text)}
    return {key: found[i] for i, key in enumerate(keys) if i in found}


def _gcc_value(directives: str) -> int:
    """Eight bytes of assembler: a .quad (alpha), two .word with the high one first (hppa)."""
    numbers = [int(n) for n in re.findall(r"-?\d+", directives)]
    if ".zero" in directives:
        return 0
    if ".quad" in directives:
        return numbers[0]
    high, low = numbers
    return (high << 32) | (low & 0xFFFFFFFF)
