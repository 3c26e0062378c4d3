"""The network outside, by policy: real programs and servers of this machine, on its loopback only."""

from __future__ import annotations

import difflib
import http.server
import socket
import socketserver
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

import pvm
from tests.direct.conftest import EXIT_0

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


PROGRAMS = Path(__file__).parent / "programs"


class Echo(socketserver.BaseRequestHandler):
    """Says back what it hears."""

    def handle(self) -> None:
        """Until the other side ends."""
        with suppress(ConnectionError):
            while data := self.request.recv(4096):
                self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    """An echo on a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 64


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of an echo of this machine."""
    with EchoServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port of this machine at which nobody listens, and that nobody else can get."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


@pytest.fixture
def full() -> Iterator[socket.socket]:
    """A server of this machine that accepts nobody, and has no room for more who wait."""
    with socket.socket() as server, ExitStack() as clients:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            client = clients.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server


def run_contained(program: Path, network: pvm.Network, *arguments: object) -> pvm.Completed:
    """Run a program of this folder with a network."""
    mounts = {"/program": pvm.HostDir(program.parent, only=program.name), "/tmp": pvm.MemDir()}
    with pvm.Kernel(mounts, network=network) as kernel:
        argv = [program.name, *map(str, arguments)]
        return pvm.spawn(f"/program/{program.name}", argv, kernel=kernel, limits=pvm.GuestLimits(timeout=60))


def test_sockets_are_those_of_linux(
    compile_c: Callable[..., Path], echo: int, nobody: int, full: socket.socket
) -> None:
    program = compile_c(PROGRAMS / "network.c", "-static", "-pthread")
    arguments = [str(port) for port in (echo, nobody, full.getsockname()[1])]
    native = subprocess.run([program, *arguments], capture_output=True, check=False, timeout=60)
    done = run_contained(program, pvm.Network([f"127.0.0.1:{port}" for port in arguments]), *arguments)
    expected, found = native.stdout.decode().splitlines(), (done.stdout or b"").decode().splitlines()
    assert "\n".join(difflib.unified_diff(expected, found, "host", "pvm", lineterm="", n=2)) == ""
    assert (done.returncode, done.stderr) == (0, b"")


def test_one_who_waits_keeps_nobody_else(compile_c: Callable[..., Path], full: socket.socket) -> None:
    program = compile_c(PROGRAMS / "network.c", "-static", "-pthread")
    port = full.getsockname()[1]
    limits = pvm.GuestLimits(timeout=60)
    with (
        ExitStack() as accepted,
        pvm.Kernel({"/program": pvm.HostDir(program.parent)}, network=pvm.Network([f"127.0.0.1:{port}"])) as kernel,
        pvm.start(
            f"/program/{program.name}", ["network", str(port)], kernel=kernel, stdout=pvm.PIPE, limits=limits
        ) as guest,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(100) == b"signal 14\n"
        full.settimeout(0.05)
        while guest.poll() is None:
            with suppress(TimeoutError):
                accepted.enter_context(full.accept()[0])
        assert guest.stdout.read(100) == b"go(s, port): 0\ngo(s, port): EISCONN\n"


@pytest.mark.parametrize("name", ["addresses", "again", "options", "families", "passed", "ports", "races"])
def test_trespass_is_held(name: str, compile_c: Callable[..., Path], echo: int) -> None:
    program = compile_c(PROGRAMS / "trespasses.c", "-static", "-pthread")
    with socket.socket() as forbidden, socket.socket(socket.AF_UNIX) as abstract:
        forbidden.bind(("127.0.0.1", 0))
        forbidden.listen(1)
        forbidden.setblocking(False)
        abstract.bind("\0pvm-host-socket")
        abstract.listen(1)
        port = forbidden.getsockname()[1]
        done = run_contained(program, pvm.Network([f"127.0.0.1:{echo}", "*:1"]), name, echo, port)
        with pytest.raises(BlockingIOError):
            forbidden.accept()
    assert (done.stdout, done.stderr, done.returncode) == (b"held\n", b"", 0)


def fetch(place: tuple[str, int], path: str = "/etc/hostname") -> bytes:
    """Ask a server of this machine."""
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    with urllib.request.urlopen(f"http://{host}:{place[1]}{path}", timeout=30) as answer:
        content: bytes = answer.read()
        return content


SERVER = (
    "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=80, bind=sys.argv[1] or None)"
)


@pytest.mark.parametrize("bound", ["", "127.0.0.1", "::"])
def test_a_published_port_leads_inside(bound: str, tool: Tool) -> None:
    tool("python3")
    network = pvm.Network(publish=["0:80"])
    argv = ["env", "python3", "-u", "-c", SERVER, bound]
    with pvm.Kernel(pvm.system_mounts(), network=network) as kernel, ExitStack() as running:
        guest = running.enter_context(
            pvm.start(
                "/usr/bin/env", argv, kernel=kernel, stdout=pvm.PIPE, stderr=None, limits=pvm.GuestLimits(timeout=60)
            )
        )
        assert guest.stdout is not None
        place = guest.published[80]
        assert place[0] == "127.0.0.1"
        assert guest.stdout.read(7) == b"Serving"
        assert fetch(place) == b"pvm\n"
    with pytest.raises(OSError, match="refused"):
        fetch(place)


INSIDE = """
import os, socket, sys
def listener(port, **options):
    s = socket.create_server(("", port), **options)
    return s
try: socket.create_connection(("127.0.0.1", 80))
except OSError as error: print(error)
one = listener(80)
try: listener(80)
except OSError as error: print(error)
child = os.fork()
if child == 0:
    c, _ = one.accept(); c.sendall(b"from inside"); os._exit(0)
print(socket.create_connection(("localhost", 80)).recv(100))
os.waitpid(child, 0)
other = listener(81)
print(socket.create_connection(("127.0.0.1", 81)).getpeername())
one.close()
try: socket.create_connection(("127.0.0.1", 80))
except OSError as error: print(error)
listener(80)
two = [listener(82, reuse_port=True) for _ in range(2)]
print("done")
"""


def test_a_published_port_is_there_for_the_guest_too(tool: Tool) -> None:
    network = pvm.Network(publish=["0:80", "0:82"])
    assert run_python(tool, network, INSIDE).splitlines() == [
        "[Errno 111] Connection refused",
        "[Errno 98] Address already in use",
        "b'from inside'",
        "('127.0.0.1', 81)",
        "[Errno 111] Connection refused",
        "done",
    ]


def test_what_is_not_published_is_not_reachable(nobody: int, tool: Tool) -> None:
    script = f"""
import socket, sys
s = socket.create_server(("", {nobody}))
print("listens", flush=True)
sys.stdin.read()
"""
    tool("python3")
    with (
        pvm.Kernel(pvm.system_mounts(), network=pvm.Network(publish=["0:80"])) as kernel,
        pvm.start(
            "/usr/bin/env", ["env", "python3", "-c", script], kernel=kernel, stdin=pvm.PIPE, stdout=pvm.PIPE
        ) as guest,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(7) == b"listens"
        with pytest.raises(OSError, match="refused"):
            fetch(("127.0.0.1", nobody))
        with pytest.raises(OSError, match="refused"):
            fetch(guest.published[80])


def test_a_port_that_is_in_use_cannot_be_published(echo: int, build: Callable[[str], bytes]) -> None:
    network = pvm.Network(publish=[f"{echo}:80"])
    with (
        pvm.Kernel({"/bin": pvm.MemDir({"program": build(EXIT_0)}, mode=0o755)}, network=network) as kernel,
        pytest.raises(pvm.UsageError, match="cannot be published"),
    ):
        pvm.spawn("/bin/program", kernel=kernel)


ASYNC_SERVER = """
import asyncio
async def main():
    async def serve(reader, writer):
        writer.write(await reader.readline()); await writer.drain(); writer.close()
    server = await asyncio.start_server(serve, "", 7)
    print("listens", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def test_a_server_that_waits_with_epoll_is_reached(tool: Tool) -> None:
    tool("python3")
    with (
        pvm.Kernel(pvm.system_mounts(), network=pvm.Network(publish=["0:7"])) as kernel,
        pvm.start("/usr/bin/env", ["env", "python3", "-c", ASYNC_SERVER], kernel=kernel, stdout=pvm.PIPE) as guest,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(7) == b"listens"
        for _ in range(3):
            with socket.create_connection(guest.published[7], timeout=30) as connection:
                connection.sendall(b"line\n")
                assert connection.makefile("rb").read() == b"line\n"
