"""Calls about extended attributes: those of ``user.`` names, which files and directories may have.

What Linux gives to processes without privileges is given for the others: ``trusted.`` names are not there and may not
be set, and there is nothing that handles ``security.`` and ``system.`` names.
"""

from __future__ import annotations

import errno

from pvm.engines.direct.calls.call import Call
from pvm.engines.direct.calls.paths import locate
from pvm.errors import GuestError
from pvm.kernel.fs.attributes import PREFIX
from pvm.kernel.vfs.node import FileKind, Node

NAME_MAX = 255
VALUE_MAX = 1 << 16
LIST_MAX = 1 << 16
CREATE, REPLACE = 1, 2
TRUSTED = b"trusted."
HOLDERS = frozenset({FileKind.REGULAR, FileKind.DIRECTORY})


def by_path(call: Call) -> Node | None:
    return locate(call, -1, 0, follow=True).node


def by_link(call: Call) -> Node | None:
    return locate(call, -1, 0, follow=False).node


def by_descriptor(call: Call) -> Node | None:
    """What a descriptor refers to; None for what has no place, such as a pipe."""
    location = call.supervisor.files.location(call.guest, call.signed(0))
    return None if location is None else location.node


def read_name(call: Call) -> bytes:
    """The name of an attribute."""
    try:
        name = call.guest.memory.read_text(call.args[1], NAME_MAX + 1)
    except GuestError as error:
        raise GuestError(errno.ERANGE if error.errno == errno.ENAMETOOLONG else error.errno) from None
    if not 0 < len(name) <= NAME_MAX:
        raise GuestError(errno.ERANGE)
    return name


def holder(node: Node | None, name: bytes, missing: int) -> Node:
    """The node, if it may have an attribute of this name; ``missing`` is the error if only this one may not."""
    if name.startswith(TRUSTED):
        raise GuestError(missing)
    if not name.startswith(PREFIX):
        raise GuestError(errno.EOPNOTSUPP)
    if node is None or node.kind not in HOLDERS:
        raise GuestError(missing)
    if name == PREFIX:
        raise GuestError(errno.EINVAL)
    return node


def give(call: Call, data: bytes, address: int, size: int) -> int:
    """Answer with data, or with its size if the caller asks for that only."""
    if size == 0:
        return len(data)
    if size < len(data):
        raise GuestError(errno.ERANGE)
    call.write(address, data)
    return len(data)


def get(call: Call, node: Node | None) -> int:
    name = read_name(call)
    value = holder(node, name, errno.ENODATA).attribute(name)
    if value is None:
        raise GuestError(errno.ENODATA)
    return give(call, value, 2, call.args[3])


def list_names(call: Call, node: Node | None) -> int:
    names = [] if node is None or node.kind not in HOLDERS else node.attributes()
    data = b"".join(name + b"\0" for name in names)
    if len(data) > LIST_MAX:
        raise GuestError(errno.E2BIG)
    return give(call, data, 1, call.args[2])


def put(call: Call, node: Node | None) -> int:
    flags = call.args[4] & 0xFFFF_FFFF
    if flags & ~(CREATE | REPLACE):
        raise GuestError(errno.EINVAL)
    name = read_name(call)
    size = call.args[3]
    if size > VALUE_MAX:
        raise GuestError(errno.E2BIG)
    value = call.guest.memory.read(call.args[2], size) if size else b""
    call.check_waiting()
    there = writable_holder(node, name)
    if flags:
        exists = there.attribute(name) is not None
        if exists and flags & CREATE:
            raise GuestError(errno.EEXIST)
        if not exists and flags & REPLACE:
            raise GuestError(errno.ENODATA)
    there.change_attribute(name, value)
    return 0


def remove(call: Call, node: Node | None) -> int:
    name = read_name(call)
    call.check_waiting()
    there = writable_holder(node, name)
    if there.attribute(name) is None:
        raise GuestError(errno.ENODATA)
    there.change_attribute(name, None)
    return 0


def writable_holder(node: Node | None, name: bytes) -> Node:
    """The node, if an attribute of it may be changed."""
    if node is not None and node.fs.read_only:
        raise GuestError(errno.EROFS)
    return holder(node, name, errno.EPERM)


CALLS = {
    "setxattr": lambda call: put(call, by_path(call)),
    "lsetxattr": lambda call: put(call, by_link(call)),
    "fsetxattr": lambda call: put(call, by_descriptor(call)),
    "getxattr": lambda call: get(call, by_path(call)),
    "lgetxattr": lambda call: get(call, by_link(call)),
    "fgetxattr": lambda call: get(call, by_descriptor(call)),
    "listxattr": lambda call: list_names(call, by_path(call)),
    "llistxattr": lambda call: list_names(call, by_link(call)),
    "flistxattr": lambda call: list_names(call, by_descriptor(call)),
    "removexattr": lambda call: remove(call, by_path(call)),
    "lremovexattr": lambda call: remove(call, by_link(call)),
    "fremovexattr": lambda call: remove(call, by_descriptor(call)),
}
