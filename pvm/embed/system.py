"""Grants that let programs of this machine run: its programs and libraries, read-only, and a small ``/etc``."""

from __future__ import annotations

import os

from pvm.kernel import HostDir, MemDir
from pvm.kernel.grants import Grant

FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/alternatives", "/etc/ssl/certs")

BASIC_ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "group": "root:x:0:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1\tlocalhost pvm\n::1\tlocalhost\n",
    "hostname": "pvm\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "shells": "/bin/sh\n",
}


PUBLIC_ETC = ("services", "protocols", "mime.types", "debian_version", "os-release", "ssl/openssl.cnf")
"""Files of this machine that tell nothing but what system it is."""


def basic_etc() -> dict[str, str | bytes]:
    """The files of ``/etc``."""
    files: dict[str, str | bytes] = dict(BASIC_ETC)
    for name in PUBLIC_ETC:
        try:
            with open(f"/etc/{name}", "rb") as file:  # noqa: PTH123 - pathlib costs start-up
                files[name] = file.read()
        except OSError:
            continue
    return files


def system_mounts() -> dict[str, Grant]:
    """Mounts for ``Kernel`` with which programs of this machine find their libraries."""
    mounts: dict[str, Grant] = {folder: HostDir(folder) for folder in FOLDERS if os.path.isdir(folder)}  # noqa: PTH112
    for name in sorted(os.listdir("/etc")) if os.path.isdir("/etc") else ():  # noqa: PTH112, PTH208 - the same
        if name.startswith("java-") and os.path.isdir(f"/etc/{name}"):  # noqa: PTH112 - the configuration of a JDK
            mounts[f"/etc/{name}"] = HostDir(f"/etc/{name}")
    return mounts | {"/etc": MemDir(basic_etc()), "/root": MemDir(), "/tmp": MemDir()}  # noqa: S108 - paths of the guest
