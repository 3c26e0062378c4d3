"""The network outside, by policy: real programs and servers of this machine, on its loopback only."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

import pvm

pytestmark = pytest.mark.usefixtures("contained")
Tool = Callable[[str], str]


class Greeting(http.server.BaseHTTPRequestHandler):
    """Greets whoever asks."""

    def do_GET(self) -> None:
        body = f"hello {self.path}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a web server of this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Greeting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def run(tool: Tool, network: pvm.Network | None, *argv: str, **options: object) -> pvm.Completed:
    """Run a program of this machine with a network."""
    tool(argv[0])
    with pvm.Kernel(pvm.system_mounts(), network=network, **options) as kernel:  # type: ignore[arg-type]
        return pvm.spawn("/usr/bin/env", ["env", *argv], kernel=kernel, limits=pvm.GuestLimits(timeout=60, memory="4G"))


def run_python(tool: Tool, network: pvm.Network | None, script: str, **options: object) -> str:
    """Run a script; its output."""
    done = run(tool, network, "python3", "-c", script, **options)
    assert done.returncode == 0, done
    return (done.stdout or b"").decode()


CLIENTS = {
    "curl": ("curl", "-sS", "-m", "20"),
    "busybox": ("busybox", "wget", "-q", "-O", "-"),
    "wget": ("wget", "-q", "-O", "-"),
    "python3": (
        "python3",
        "-c",
        "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode(), end='')",
    ),
    "node": ("node", "-e", "fetch(process.argv[1]).then(r => r.text()).then(t => process.stdout.write(t))"),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_real_clients_reach_what_is_allowed(client: str, port: int, tool: Tool) -> None:
    network = pvm.Network([f"web.test:{port}"], hosts={"web.test": "127.0.0.1"})
    done = run(tool, network, *CLIENTS[client], f"http://web.test:{port}/{client}")
    assert (done.stdout, done.returncode) == (f"hello /{client}\n".encode(), 0)


@pytest.mark.parametrize("client", CLIENTS)
def test_real_clients_fail_where_nothing_is_allowed(client: str, port: int, tool: Tool) -> None:
    network = pvm.Network([f"127.0.0.1:{port}"])
    for url in (f"http://127.0.0.1:{port + 1}/", "http://192.0.2.77/", "http://web.test/"):
        done = run(tool, network, *CLIENTS[client], url)
        assert done.returncode != 0
        assert done.stdout == b""


def test_by_default_there_is_no_network_outside(port: int, tool: Tool) -> None:
    done = run(tool, None, *CLIENTS["curl"], f"http://127.0.0.1:{port}/")
    assert done.returncode == 7


def test_a_refusal_says_so(port: int, tool: Tool) -> None:
    tool("python3")
    lines: list[str] = []
    script = """
import socket
for address in ("192.0.2.1", "169.254.169.254", "10.0.0.1"):
    with socket.socket() as s:
        try: s.connect((address, 80))
        except OSError as error: print(error)
"""
    network = pvm.Network([f"127.0.0.1:{port}"])
    with pvm.Kernel(pvm.system_mounts(), network=network, trace=lines.append) as kernel:
        done = pvm.spawn("/usr/bin/env", ["env", "python3", "-c", script], kernel=kernel)
        assert done.stdout == b"[Errno 101] Network is unreachable\n" * 3
        policy = kernel.network
        assert policy is not None
        assert [str(refused) for refused in policy.refused] == ["192.0.2.1:80", "169.254.169.254:80", "10.0.0.1:80"]
    assert [line.partition("] ")[2] for line in lines if "192.0.2.1" in line] == [
        "connect(3, 192.0.2.1:80, 16) = -101 ENETUNREACH"
    ]


def test_names_are_shown_in_the_trace(port: int, tool: Tool) -> None:
    lines: list[str] = []
    network = pvm.Network([f"web.test:{port}"], hosts={"web.test": "127.0.0.1"})
    run(tool, network, "busybox", "nslookup", "web.test", trace=lines.append)
    run(tool, network, "busybox", "nslookup", "other.test", trace=lines.append)
    assert {"[names] 'web.test' A = 1 found", "[names] 'other.test' A = no such name"} <= set(lines)
