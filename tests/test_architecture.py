"""The design's rules, read off the sources: who may import whom, ask what, and grow how long."""

import ast
import dis
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from types import CodeType, FunctionType

import pytest

import pysock

from . import ROOT

LONGEST = 500

SOURCES: dict[str, ast.Module] = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes())
    for folder in ("pysock", "tests", "tools", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PACKAGE = {name: tree for name, tree in SOURCES.items() if name.startswith("pysock/")}
MODULES = {re.sub(r"(/__init__)?\.py$", "", name).replace("/", "."): name for name in PACKAGE}

Place = tuple[str, ast.AST]


def places(sources: dict[str, ast.Module]) -> Iterator[Place]:
    """Each node of each source, with the words to report it by."""
    for name, tree in sources.items():
        for node in ast.walk(tree):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that importing a module executes: no function's body, nothing for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from run_at_import(child)


def imported(name: str, node: ast.AST) -> list[str]:
    """What the import statement *node* of the file *name* asks for, as absolute names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = name.split("/")[: -node.level] if node.level else []
    source = ".".join(above + ([node.module] if node.module else []))
    return [f"{source}.{alias.name}" for alias in node.names]


def import_graph(types: bool = False) -> dict[str, set[str]]:
    """Which modules of the package each of them imports when it is itself imported.

    With ``types``, also what it imports for type checkers alone.
    """
    graph: dict[str, set[str]] = {}
    for module, name in MODULES.items():
        graph[module] = set()
        tree = PACKAGE[name]
        for node in ast.walk(tree) if types else run_at_import(tree):
            for wanted in imported(name, node):
                # A name that is no module is a name in one: from ._errors import gaierror.
                target = wanted if wanted in MODULES else wanted.rpartition(".")[0]
                if target in MODULES:
                    graph[module].add(target)
    return graph


# From top to bottom, in the order in which a call falls.  Each imports only what is below it.
FLOORS: list[tuple[str, ...]] = [
    ("pysock.__main__", "pysock._commands"),  # programs, which import pysock as programs do
    ("pysock._startup",),
    ("pysock.pytest",),
    ("pysock",),
    # Beyond the standard library: whoever wants them imports them.
    ("pysock.datagrams", "pysock.dial", "pysock.streams"),
    ("pysock.ancillary", "pysock.interfaces", "pysock.multicast", "pysock.tcp", "pysock.unix"),
    ("pysock.trace",),
    ("pysock._lookups", "pysock._tcp_diag"),
    ("pysock._tcp_fields", "pysock._netlink"),
    ("pysock._going_on", "pysock._records"),
    ("pysock._beyond",),
    ("pysock._exit", "pysock._naming", "pysock._tls", "pysock._tracebacks"),
    ("pysock._late",),
    ("pysock._plain",),
    ("pysock._functions",),
    ("pysock._socket",),
    ("pysock._methods.shortcuts",),
    ("pysock._methods",),
    ("pysock._calls",),
    ("pysock.families",),
    ("pysock._enums", "pysock._timeouts"),
    ("pysock._public",),
    ("pysock._host",),
    ("pysock._libc", "pysock._winsock", "pysock._winheaders"),
    ("pysock._ffi",),
    ("pysock._platform",),
    ("pysock._constants", "pysock._layouts"),
    ("pysock._install",),  # answers import statements, and so imports late what they ask for
]


def floor_of(module: str) -> int:
    """Where a module is: by its own name, or by that of the folder that it is in."""
    while True:
        for number, names in enumerate(FLOORS):
            if module in names:
                return number
        module, dot, _ = module.rpartition(".")
        assert dot, "each module of the package has its floor"


def test_the_sources_are_found() -> None:
    assert {"pysock", "pysock._socket", "pysock._host", "pysock.families"} <= MODULES.keys()
    assert "pysock._libc" in import_graph()["pysock._host"]
    assert floor_of("pysock.families.inet") == floor_of("pysock.families") > floor_of("pysock")
    assert {floor_of(module) for module in MODULES} == set(range(len(FLOORS)))


@pytest.mark.parametrize("types", [False, True], ids=["to run", "for types alone"])
def test_each_folder_imports_only_folders_below_it(types: bool) -> None:
    upwards = [
        f"{module} imports {below}"
        for module, imports in import_graph(types).items()
        for below in imports
        # A package is imported by whoever imports from within it.
        if floor_of(below) < floor_of(module) and not module.startswith(f"{below}.")
        if not (types and module == "pysock._install")
    ]
    assert upwards == []


@pytest.mark.parametrize("types", [False, True], ids=["to run", "for types alone"])
def test_no_circle_of_modules(types: bool) -> None:
    graph = import_graph(types)
    if types:
        graph["pysock._install"] = set()  # it imports what import statements ask for, and no types
    left = cycles(graph)
    assert left == {}, f"these modules import each other: {sorted(left)}"


def cycles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of *graph* without all that imports nothing in it, or that nothing imports."""
    while True:
        left = {module: below & graph.keys() for module, below in graph.items()}
        above = set().union(*left.values())
        left = {module: below for module, below in left.items() if below and module in above}
        if left.keys() == graph.keys():
            return left
        graph = left


def test_families_never_import_the_resolver() -> None:
    offenders = [
        place
        for place, node in places(PACKAGE)
        if place.startswith("pysock/families/")
        and any("_resolver" in wanted for wanted in imported(place.partition(":")[0], node))
    ]
    assert offenders == []

    graph, reached = import_graph(), set()
    ahead = [module for module in MODULES if module.startswith("pysock.families")]
    while ahead:
        module = ahead.pop()
        reached.add(module)
        ahead.extend(graph[module] - reached)
    assert "pysock._functions.resolver" not in reached


# The bed of tests.bsd says what the one module is told.
ASKING = ("pysock/_platform.py:", "tests/bsd/bed/sitecustomize.py:")


def test_one_module_asks_which_system_this_is() -> None:
    questions = {("sys", "platform"), ("os", "name")}
    offenders = []
    for place, node in places(SOURCES):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            asked = {(node.value.id, node.attr)}
        elif isinstance(node, ast.ImportFrom):
            asked = {(node.module or "", alias.name) for alias in node.names}
        else:
            continue
        if asked & questions and not place.startswith(ASKING):
            offenders.append(place)
    assert offenders == []


# A call that imports something can hang in a forked child, and fail in a signal handler or in
# a frozen program.  Tables and families of other platforms are no part of a call on this one; nor
# is a module of the standard library that a program takes from pysock, or that is for ssl, when it
# is imported.
IMPORT_LATE = (
    *("pysock/__main__.py", "pysock/_commands/", "pysock/trace/", "pysock/_constants/"),
    *("pysock/_install.py", "pysock/_startup/", "pysock/_late.py", "pysock/_tls.py"),
    "pysock/families/__init__.py",
)


def test_no_function_that_a_call_can_reach_imports_anything() -> None:
    offenders = [
        place
        for place, node in places(PACKAGE)
        if isinstance(node, (ast.FunctionDef, ast.Lambda)) and not place.startswith(IMPORT_LATE)
        for inner in ast.walk(node)
        if isinstance(inner, (ast.Import, ast.ImportFrom))
    ]
    assert offenders == []


CALLS = ("pysock/_calls/", "pysock/_functions/", "pysock/_methods/", "pysock/families/")
BEYOND = (
    *("pysock/_beyond.py", "pysock/_going_on.py", "pysock/_lookups.py", "pysock/_netlink.py"),
    *("pysock/_records.py", "pysock/_tcp_diag.py", "pysock/_tcp_fields.py", "pysock/_timeouts.py"),
    *("pysock/ancillary/", "pysock/datagrams.py", "pysock/dial.py", "pysock/interfaces/"),
    *("pysock/multicast.py", "pysock/streams.py", "pysock/tcp.py", "pysock/unix.py"),
)
IN_PLACE = ("pysock/_install.py", "pysock/_naming.py", "pysock/_tracebacks.py")
# Run at import; and what shows an address to a reader of a trace.
MAKERS = {"_to_messages", "_to_walk", "_per_thread", "__init__"}
SHOWN = {"text", "describe", "name_of", "struct_of"}


def test_no_call_makes_a_function() -> None:
    """No lambda and no generator expression: without memory for one, CPython 3.13 crashes."""
    makes = (ast.FunctionDef, ast.Lambda, ast.GeneratorExp)
    offenders = [
        f"{place}, in {node.name}"
        for place, node in places(PACKAGE)
        if place.startswith(CALLS + BEYOND + IN_PLACE) and isinstance(node, ast.FunctionDef)
        if node.name not in MAKERS | SHOWN
        if any(isinstance(inner, makes) for part in node.body for inner in ast.walk(part))
    ]
    assert offenders == []


# Beside the parts of calls: what runs on CPython alone, and what holds nothing that could be lost.
RETURNS = ("pysock/_methods/shortcuts/", "pysock/_ffi/cpython.py")


def test_no_call_returns_a_value_out_of_a_with_statement() -> None:
    """It is kept in a variable, and returned behind the statement.

    PyPy 8 has the value on its stack then, between the object and its ``__exit__``.  What a signal
    handler raises at that moment makes it call the value instead: a TypeError comes out in place of
    the handler's exception, and a lock or a buffer is not released.
    """
    offenders = [
        f"{place}, in {node.name}"
        for place, node in places(PACKAGE)
        if place.startswith((*CALLS, "pysock/_ffi/")) and not place.startswith(RETURNS)
        if isinstance(node, ast.FunctionDef)
        for statement in ast.walk(node)
        if isinstance(statement, ast.With)
        for inner in ast.walk(statement)
        if isinstance(inner, ast.Return) and not isinstance(inner.value, (ast.Constant, type(None)))
    ]
    assert offenders == []


# Programs and trace own nothing that an exception at such a place would lose.
NOTHING_TO_LOSE = ("pysock/_commands/", "pysock/trace/")


def test_no_exception_escapes_the_end_of_a_try_statement() -> None:
    """A loop whose cleanup must happen stands in a function of its own, called within the try.

    From 3.12 on CPython hears signals where a loop jumps back to its begin, and in 3.13 and 3.14
    its compiler leaves some of these jumps out of the table that says which handler is whose.  So
    what a handler of a signal raises there goes past the ``finally`` and ``with`` around the loop.
    """
    if not hasattr(dis, "_parse_exception_table"):
        pytest.skip("this Python has no tables of exceptions")
    past = [
        f"{name}:{line}, in {code.co_name}"
        for name in PACKAGE
        if not name.startswith(NOTHING_TO_LOSE)
        for code in codes(compile((ROOT / name).read_bytes(), name, "exec", dont_inherit=True))
        for line in jumps_past_handlers(code)
    ]
    assert past == []


def codes(code: CodeType) -> Iterator[CodeType]:
    """A module's code, and that of all its functions."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def jumps_past_handlers(code: CodeType) -> set[int]:
    """The lines that jump back to the begin of a loop without its handlers of exceptions."""
    table = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    steps = {step.offset: step for step in dis.get_instructions(code)}

    def handlers(at: int) -> set[int]:
        return {
            row.target
            for row in table
            if row.start <= at < row.end and steps[row.target].opname == "PUSH_EXC_INFO"
        }

    return {
        step.positions.lineno or 0  # type: ignore[attr-defined]
        for step in steps.values()
        if step.opname == "JUMP_BACKWARD" and handlers(step.argval) - handlers(step.offset)
    }


# Who decides what follows from an errno; the last says it in Winsock's way.
READ_ERRNO = {
    "pysock/_ffi/errors.py",
    "pysock/_calls/wait.py",
    "pysock/_methods/connection.py",
    "pysock/_winsock.py",
}


def test_errno_is_read_in_few_places() -> None:
    def reads(tree: ast.Module) -> bool:
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        return any(isinstance(f, ast.Name) and f.id == "pop_errno" for f in calls)

    assert {name for name, tree in PACKAGE.items() if reads(tree)} == READ_ERRNO


def test_every_public_name_says_what_it_does() -> None:
    """Its docstring says how it blocks and fails; test_signatures, with which call it begins."""
    silent = []

    def says_all(text: str) -> bool:
        waits = re.search(r"[Bb]lock|Makes no call|Like ``", text)
        return bool(waits and re.search(r"[Rr]aise[sd]?\b|Error|fails", text))

    for cls in (pysock.Socket, pysock.SocketType):
        for name in dir(cls):
            # (On Windows, sendmsg is an attribute of each socket, and not of the class.)
            attribute = getattr(cls, name, None)
            if name[0] == "_" or attribute is None:
                continue
            text = attribute.__doc__ or ""
            if not (says_all(text) if callable(attribute) else text):
                silent.append(f"{cls.__name__}.{name}")
    functions = [
        name
        for name in pysock.__all__
        if isinstance(getattr(pysock, name), FunctionType)
    ]
    assert len(functions) > 30
    silent += [name for name in functions if not says_all(getattr(pysock, name).__doc__ or "")]
    assert silent == []


# All socket work goes by ctypes, and by what ctypes itself is made of.
OTHER_WAYS = ("cffi", "_cffi_backend", "cppyy", "_cppyy")


def test_no_source_imports_the_c_module_or_another_way_to_c() -> None:
    offenders = [
        place
        for place, node in places(PACKAGE)
        for wanted in imported(place.partition(":")[0], node)
        if wanted.partition(".")[0] in ("socket", "_socket", *OTHER_WAYS)
    ]
    # On PyPy, it makes the calls that ctypes has declared.
    assert [place.partition(":")[0] for place in offenders] == ["pysock/_ffi/pypy.py"]


def test_importing_pysock_loads_no_c_module() -> None:
    program = "import sys, pysock; print({'socket', '_socket'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_no_type_whose_width_depends_on_the_host() -> None:
    banned = {"ctypes.c_long", "ctypes.c_ulong", "ctypes.wintypes", "ctypes.*"}
    offenders = []
    for place, node in places(PACKAGE):
        named = imported(place.partition(":")[0], node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            named = [f"{node.value.id}.{node.attr}"]
        if any(".".join(name.split(".")[:2]) in banned for name in named):
            offenders.append(place)
    assert offenders == []


def test_no_exception_is_swallowed() -> None:
    """Who catches everything raises again or hands it on; who catches OSError does something."""
    offenders = []
    for place, node in places(SOURCES):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {"Exception"}
        if node.type:
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
        used = [inner for statement in node.body for inner in ast.walk(statement)]
        passes_on = any(
            isinstance(inner, ast.Raise) or (isinstance(inner, ast.Name) and inner.id == node.name)
            for inner in used
        )
        does_nothing = all(isinstance(inner, (ast.Pass, ast.Expr, ast.Constant)) for inner in used)
        if caught & {"Exception", "BaseException"} and not passes_on:
            offenders.append(place)
        elif caught & {"OSError", "error"} and does_nothing:
            offenders.append(place)
    assert offenders == []


def test_every_module_says_what_it_is() -> None:
    assert [name for name, tree in SOURCES.items() if not ast.get_docstring(tree)] == []


# Whose name another one knows: io, pytest, asyncio, html.parser, argparse, importlib.
CALLED_BY_OTHERS = {"readable", "seekable", "readinto"} | {
    *("pytest_report_header", "connection_made", "handle_starttag", "_fill_text", "is_package"),
}


def test_no_function_is_without_a_use() -> None:
    """Something names it: the package, the tools, or the documentation; not a test alone."""
    if not (ROOT / "docs").is_dir():
        pytest.skip("docs/ is not in a packed source")
    read = [name for name in SOURCES if not name.startswith("tests/")]
    read += [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    words = re.findall(r"\w+", "\n".join([(ROOT / n).read_text(encoding="utf-8") for n in read]))
    uses = Counter(words)
    unused = [
        f"{place} {node.name}"
        for place, node in places({name: SOURCES[name] for name in read if name in SOURCES})
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and uses[node.name] == 1
        and node.name[:2] != "__"
        and node.name not in CALLED_BY_OTHERS
        and not (node.name[0] == "_" and uses[node.name[1:]])  # asked for by the name of a call
    ]
    assert unused == []


def test_no_file_is_long() -> None:
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in SOURCES
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_names_a_path_of_one_machine() -> None:
    if shutil.which("git") is None:
        pytest.skip("only git knows which files are the project's, and there is none here")
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    tracked = [ROOT / os.fsdecode(name) for name in git.stdout.split(b"\0") if name]
    if not tracked:
        pytest.skip(f"git names no files of the project here: {git.stderr.decode().strip()}")
    homes = re.compile(rb"/(?:home|root|Users)/\w|[A-Z]:\\Users\\")
    here = str(ROOT).encode()
    offenders = []
    for path in tracked:
        content = path.read_bytes() if path.is_file() else b""
        if homes.search(content) or (len(ROOT.parts) > 2 and here in content):
            offenders.append(path.relative_to(ROOT).as_posix())
    assert offenders == []
