"""The structs that follow from an ABI row, against what each target's headers say."""

from __future__ import annotations

from ctypes import Array, alignment, c_uint64, sizeof
from pkgutil import iter_modules
from typing import Any

import pytest

from pysock import _constants, _host, _libc, _platform, families
from pysock._calls.cmsg import Control
from pysock._ffi.abi import ABI, Sockaddr
from pysock._layouts import layouts
from pysock.families import _hosts

PAGES = sorted(page.name for page in iter_modules(families.__path__) if page.name[0] != "_")
TARGETS = [target for target in _constants.targets() if not target.startswith("windows")]

# ctypes lays a struct out by the host's alignments, and some 32-bit hosts align 64-bit
# numbers to 4 bytes: there, only 32-bit layouts come out right.
if alignment(c_uint64) != 8:
    TARGETS = [target for target in TARGETS if _libc.abi_of(target).bits == 32]

# The structs that headers were asked for.  A family of your own may well have another.
ASKED = {name for target in _constants.targets() for name in layouts(target)["structs"]}

every_target = pytest.mark.parametrize("target", TARGETS)
with_windows = pytest.mark.parametrize("target", [*TARGETS, *_constants.targets("windows")])


def fields_of(struct: Any) -> dict[str, list[int]]:
    return {
        name: [getattr(struct, name).offset, sizeof(ctype)]
        for name, ctype in struct._fields_
        if not name.startswith("__")  # padding, which headers call this or that
    }


def addresses(target: str, abi: ABI) -> dict[str, Sockaddr]:
    """Each struct of each codec whose family the target has, by its name in C."""
    found = {}
    for name in PAGES:
        number = families.number_of(f"AF_{name.upper()}", abi)
        codec = None if number is None else families.codec_of(number, abi)
        if codec is not None:
            declared = [value for value in vars(codec).values() if isinstance(value, Sockaddr)]
            found.update({each.ctype.__name__.partition(" ")[2]: each for each in declared})
    return found


@every_target
def test_structs(target: str) -> None:
    truth = layouts(target)["structs"]
    for name, struct in _libc.structs(_libc.abi_of(target)).items():
        known = truth[name]["fields"].items()
        assert fields_of(struct) == {f: at for f, at in known if not f.startswith("__")}, name
        assert (sizeof(struct), alignment(struct)) == (truth[name]["size"], truth[name]["align"])


@with_windows
def test_addresses(target: str) -> None:
    abi, truth = _libc.abi_of(target), layouts(target)["structs"]
    assert abi.storage == truth["sockaddr_storage"]["size"]
    found = addresses(target, abi)
    assert {"sockaddr_in", "sockaddr_in6", "sockaddr_un"} <= found.keys()
    sizes = [truth[name]["size"] for name in ("sockaddr_in", "sockaddr_in6")]
    assert sizes == list(_hosts._SOCKADDR_SIZES.values())
    for name in found.keys() & ASKED:
        address = found[name]
        known, fields = truth[name], fields_of(address.ctype)
        # A page may leave out a member that is always zero, so not all need be there.
        assert {**known["fields"], **fields} == known["fields"], name
        # No alignment: the kernel copies an address from wherever it is.
        assert address.size == known["size"], name


@with_windows
def test_addresses_travel_as_their_structs_say(target: str) -> None:
    """The short cut past ctypes (``packer``, ``unpack``) means what the struct means."""
    for name, address in addresses(target, _libc.abi_of(target)).items():
        raw = bytes(range(1, address.size + 1))
        struct = address.ctype.from_buffer_copy(raw)
        header, members = split(address)
        values = [getattr(struct, m) for m in members]
        values = [bytes(v) if isinstance(v, Array) else v for v in values]
        assert list(address.unpack(raw)[1:]) == values, name

        again = address.ctype.from_buffer_copy(address.packer(1)(*values))
        assert getattr(again, header[-1]) == 1
        for member in members:
            kept = [bytes(v) if isinstance(v, Array) else v for v in [getattr(again, member)]]
            assert kept == [values[members.index(member)]], (name, member)


def split(address: Sockaddr) -> tuple[list[str], list[str]]:
    """The names of the header's members, and those of the members behind it."""
    names = [name for name, _ in address.ctype._fields_]
    return names[: 1 + address.abi.sa_len], names[1 + address.abi.sa_len :]


@with_windows
def test_control_messages(target: str) -> None:
    control, known = Control(_libc.abi_of(target)), layouts(target)["cmsg"]
    assert [control.len(n) for n in range(128)] == known["CMSG_LEN"]
    assert [control.space(n) for n in range(128)] == known["CMSG_SPACE"]


@pytest.mark.skipif(_platform.target not in TARGETS, reason=f"no layouts of {_platform.target}")
def test_the_host_is_laid_out_as_its_target() -> None:
    assert vars(_host.abi).keys() == vars(_libc.abi_of(_platform.target)).keys()
    for name, struct in _host.structs.items():
        same = _libc.structs(_libc.abi_of(_platform.target))[name]
        assert (fields_of(struct), sizeof(struct)) == (fields_of(same), sizeof(same))
