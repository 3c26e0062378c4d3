"""The network outside, by policy: real programs and servers of this machine, on its loopback only."""

from __future__ import annotations

import difflib
import errno
import functools
import gc
import http.server
import os
import socket
import socketserver
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

import pvm
from pvm.cli.application import run_command
from tests.direct.conftest import EXIT_0

pytestmark = pytest.mark.usefixtures("contained")
Tool = Callable[[str], str]
LIMITS = pvm.GuestLimits(timeout=240, memory="4G")


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


class QuietFiles(http.server.SimpleHTTPRequestHandler):
    """Gives files and says nothing."""

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
        return pvm.spawn("/usr/bin/env", ["env", *argv], kernel=kernel, limits=LIMITS)


def run_python(tool: Tool, network: pvm.Network | None, script: str, **options: object) -> str:
    """Run a script; its output."""
    done = run(tool, network, "python3", "-c", script, **options)
    assert done.returncode == 0, done
    return (done.stdout or b"").decode()


PERL = "my $r = HTTP::Tiny->new->get($ARGV[0]); $r->{success} or exit 1; print $r->{content}"
CLIENTS = {
    "curl": ("curl", "-sS", "-m", "20"),
    "busybox": ("busybox", "wget", "-q", "-O", "-"),
    "wget": ("wget", "-q", "-O", "-"),
    "perl": ("perl", "-MHTTP::Tiny", "-e", PERL),
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


def test_git_clones_from_what_is_allowed(tool: Tool, tmp_path: Path) -> None:
    script = """
        cd "$0"; git init -q one; cd one; git config user.email a@b; git config user.name a
        echo content > file; git add file; git commit -qm first; git update-server-info
    """
    tool("git")
    subprocess.run([tool("sh"), "-ec", script, tmp_path], check=True, timeout=60, env={"PATH": os.environ["PATH"]})
    handler = functools.partial(QuietFiles, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        network = pvm.Network([f"git.test:{port}"], hosts={"git.test": "127.0.0.1"})
        script = f"git clone -q http://git.test:{port}/one/.git /tmp/two && cat /tmp/two/file"
        done = run(tool, network, "sh", "-c", script)
        server.shutdown()
        thread.join()
    assert (done.stdout, done.returncode) == (b"content\n", 0), done


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
        return pvm.spawn(f"/program/{program.name}", argv, kernel=kernel, limits=LIMITS)


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


def test_what_epoll_waits_for_follows_at_every_number(echo: int, tool: Tool) -> None:
    script = f"""
import os, select, socket
spare = socket.socket()
for wanted in (3, 0, 70, 1000):
    if wanted != spare.fileno(): os.dup2(spare.fileno(), wanted)
    s = spare if wanted == spare.fileno() else socket.socket(fileno=wanted)
    p = select.epoll()
    p.register(s, select.EPOLLIN)
    s.connect(("127.0.0.1", {echo}))
    s.send(b"x")
    print(s.fileno(), p.poll(30) == [(wanted, select.EPOLLIN)])
    s.detach()
    spare = socket.socket()
"""
    lines = run_python(tool, pvm.Network([f"127.0.0.1:{echo}"]), script).splitlines()
    assert lines == ["3 True", "0 True", "70 True", "1000 True"]


def test_one_who_waits_keeps_nobody_else(compile_c: Callable[..., Path], full: socket.socket) -> None:
    program = compile_c(PROGRAMS / "network.c", "-static", "-pthread")
    port = full.getsockname()[1]
    with (
        ExitStack() as accepted,
        pvm.Kernel({"/program": pvm.HostDir(program.parent)}, network=pvm.Network([f"127.0.0.1:{port}"])) as kernel,
        pvm.start(
            f"/program/{program.name}", ["network", str(port)], kernel=kernel, stdout=pvm.PIPE, limits=LIMITS
        ) as guest,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(100) == b"signal 14\n"
        full.settimeout(0.05)
        while guest.poll() is None:
            with suppress(TimeoutError):
                accepted.enter_context(full.accept()[0])
        assert guest.stdout.read(100) == b"go(s, port): 0\ngo(s, port): EISCONN\n"


@contextmanager
def forbidden_servers() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Servers of this machine that nobody may reach: of TCP and UDP at one port, and one with an abstract name."""
    with ExitStack() as opened:
        while True:
            stream = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
            mailbox = opened.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            with suppress(OSError):  # somebody has that port of UDP
                mailbox.bind(stream.getsockname())
                break
        abstract = opened.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0pvm-host-{stream.getsockname()[1]}")
        abstract.listen(1)
        yield stream, mailbox


@pytest.mark.parametrize("datagrams", [False, True])
@pytest.mark.parametrize("name", ["addresses", "again", "options", "families", "passed", "ports", "races", "datagrams"])
def test_trespass_is_held(name: str, datagrams: bool, compile_c: Callable[..., Path], echo: int) -> None:
    program = compile_c(PROGRAMS / "trespasses.c", "-static", "-pthread")
    network = pvm.Network([f"127.0.0.1:{echo}", "*:1", *([f"127.0.0.1:{echo}/udp"] if datagrams else [])])
    with forbidden_servers() as (forbidden, mailbox):
        done = run_contained(program, network, name, echo, forbidden.getsockname()[1])
        for server in (forbidden, mailbox):
            server.setblocking(False)
        with pytest.raises(BlockingIOError):
            forbidden.accept()
        with pytest.raises(BlockingIOError):
            mailbox.recv(1)
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
            pvm.start("/usr/bin/env", argv, kernel=kernel, stdout=pvm.PIPE, stderr=None, limits=LIMITS)
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


FORKED = """
import os, socket
s = socket.socket(socket.AF_INET6)
s.bind(("::", 80))
for name in ("one", "two"):
    if os.fork() == 0:
        s.listen(5)
        s.listen(6)
        print(s.getsockname()[:2], flush=True)
        c, _ = s.accept()
        c.sendall(repr(c.getsockname()[:2]).encode())
        os._exit(0)
for _ in range(2): os.wait()
"""


def test_servers_that_are_forked_before_they_listen_share_the_port(tool: Tool) -> None:
    tool("python3")
    with (
        pvm.Kernel(pvm.system_mounts(), network=pvm.Network(publish=["0:80"])) as kernel,
        pvm.start("/usr/bin/env", ["env", "python3", "-c", FORKED], kernel=kernel, stdout=pvm.PIPE) as guest,
    ):
        assert guest.stdout is not None
        lines = b""
        while lines.count(b"\n") < 2:
            lines += guest.stdout.read(100)
        assert lines == b"('::', 80)\n" * 2
        for _ in range(2):
            with socket.create_connection(guest.published[80], timeout=30) as connection:
                assert connection.makefile("rb").read() == b"('::ffff:127.0.0.1', 80)"
        assert guest.wait().returncode == 0


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


class Answer(socketserver.BaseRequestHandler):
    """Says back what a datagram says, and from which port it came."""

    def handle(self) -> None:
        """Answer."""
        data, connection = self.request
        connection.sendto(b"%d:%s" % (self.client_address[1], data), self.client_address)


@pytest.fixture
def mail() -> Iterator[list[int]]:
    """Ports of two servers of this machine that answer datagrams."""
    with ExitStack() as running:
        servers = []
        for _ in range(2):
            server = running.enter_context(socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer))
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            running.callback(thread.join)
            running.callback(server.shutdown)
            servers.append(server.server_address[1])
        yield servers


SENDER = """
import socket, sys
first, second = map(int, sys.argv[1:])
def text(data): return data.partition(b":")[2][:9]
s = socket.socket(type=socket.SOCK_DGRAM)
s.settimeout(30)
for port in (first, second, first):
    s.sendto(b"one", ("127.0.0.1", port))
    data, sender = s.recvfrom(100)
    print(text(data), sender == ("127.0.0.1", port))
s.sendmsg([b"t", b"wo"], [], 0, ("127.0.0.1", second))
print(text(s.recv(100)))
s.connect(("127.0.0.1", first))
print(s.getpeername() == ("127.0.0.1", first), s.send(b"x" * 60000), len(text(s.recv(70000))))
t = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
t.settimeout(30)
t.sendto(b"six", ("::ffff:127.0.0.1", second))
print(text(t.recv(100)))
one, two = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
for end in (one, two):
    end.settimeout(30)
    end.sendto(b"", ("127.0.0.1", first))
print(len({one.recv(100), two.recv(100)}))
own = socket.socket(type=socket.SOCK_DGRAM)
own.bind(("127.0.0.1", 0))
t.sendto(b"inside", ("::ffff:127.0.0.1", own.getsockname()[1]))
print(own.recv(100))
try: own.sendto(b"x", ("8.8.8.8", 53))
except OSError as error: print(error)
"""


def test_datagrams_go_to_what_is_allowed(mail: list[int], tool: Tool) -> None:
    network = pvm.Network([f"127.0.0.1:{port}/udp" for port in mail])
    done = run(tool, network, "python3", "-c", SENDER, *map(str, mail))
    assert (done.stdout or b"").decode().splitlines() == [
        *["b'one' True"] * 3,
        "b'two'",
        "True 60000 9",
        "b'six'",
        "2",
        "b'inside'",
        "[Errno 101] Network is unreachable",
    ], done


POST = """
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 53))
print("ready", flush=True)
for _ in range(6):
    data, sender = s.recvfrom(100)
    s.sendto(b"%d:%s" % (sender[1], data), sender)
    try: s.sendto(b"x", ("::ffff:127.0.0.1", sender[1] ^ 1)) and s.sendto(b"x", ("::ffff:8.8.8.8", 53))
    except OSError as error: data = str(error).encode()
print(data)
try: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).bind(("::", 53))
except OSError as error: print(error)
"""


def test_a_published_port_of_datagrams(tool: Tool) -> None:
    tool("python3")
    with (
        pvm.Kernel(pvm.system_mounts(), network=pvm.Network(publish=["0:53/udp", "0:53"])) as kernel,
        pvm.start("/usr/bin/env", ["env", "python3", "-c", POST], kernel=kernel, stdout=pvm.PIPE) as guest,
        ExitStack() as clients,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(100) == b"ready\n"
        opened = [clients.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(2)]
        for number in range(3):
            for client in opened:
                client.settimeout(30)
                client.sendto(b"%d" % number, guest.published["53/udp"])
                data, sender = client.recvfrom(100)
                assert data == b"%d:%d" % (client.getsockname()[1], number)
                assert sender == guest.published["53/udp"]
        assert guest.wait().returncode == 0
        assert guest.stdout.read(1000).splitlines() == [
            b"b'[Errno 101] Network is unreachable'",
            b"[Errno 98] Address already in use",
        ]


def test_own_addresses_of_one_who_sends_outside(tool: Tool) -> None:
    script = """
import socket
for family, address in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.connect((address, 9))
    print(s.getsockname()[0], s.getpeername()[:2])
"""
    network = pvm.Network(["192.0.2.1:9/udp", "[2001:db8::1]:9/udp"])
    assert run_python(tool, network, script).splitlines() == [
        "10.0.2.15 ('192.0.2.1', 9)",
        "fd00::2:15 ('2001:db8::1', 9)",
    ]


def test_connections_are_bounded(echo: int, tool: Tool) -> None:
    script = f"""
import socket
def fill():
    kept = []
    try:
        while len(kept) < 100: kept.append(socket.create_connection(("127.0.0.1", {echo})))
    except OSError as error: print(len(kept), error)
    return kept
kept = fill()
kept[0].close()
kept.append(socket.create_connection(("127.0.0.1", {echo})))
del kept
fill()
"""
    network = pvm.Network([f"127.0.0.1:{echo}"], connections=7)
    assert run_python(tool, network, script).splitlines() == ["7 [Errno 105] No buffer space available"] * 2


def test_a_machine_without_a_family_of_addresses(echo: int, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = socket.socket

    def only_four(family: int = socket.AF_INET, *args: object, **options: object) -> socket.socket:
        if family == socket.AF_INET6 and "fileno" not in options:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return genuine(family, *args, **options)  # type: ignore[arg-type]

    script = """
import socket, sys
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    try: socket.socket(socket.AF_INET6, kind).connect(("2001:db8::1", 9)); print("connected")
    except OSError as error: print(error)
print(socket.create_connection(("127.0.0.1", int(sys.argv[1]))).getpeername()[0])
"""
    network = pvm.Network(["[2001:db8::1]:9", f"127.0.0.1:{echo}"])
    monkeypatch.setattr(socket, "socket", only_four)
    done = run(tool, network, "python3", "-c", script, str(echo))
    assert done.stdout == b"[Errno 101] Network is unreachable\n" * 2 + b"127.0.0.1\n", done


@pytest.fixture
def six() -> Iterator[socket.socket]:
    """A server of this machine on the loopback address of IPv6, or leave the test."""
    with socket.socket(socket.AF_INET6) as server:
        try:
            server.bind(("::1", 0))
        except OSError:
            print("not run: IPv6")
            pytest.skip("not run: IPv6")
        server.listen(5)
        yield server


def test_addresses_of_ipv6(six: socket.socket, tool: Tool) -> None:
    port = six.getsockname()[1]
    script = f"""
import socket
for address in ("::1", "127.0.0.1", "::ffff:127.0.0.1"):
    try: print(socket.create_connection((address, {port})).getpeername()[0])
    except OSError as error: print(error)
"""
    assert run_python(tool, pvm.Network([f"[::1]:{port}"]), script).splitlines() == [
        "::1",
        "[Errno 111] Connection refused",
        "[Errno 111] Connection refused",
    ]
    network = pvm.Network(publish=["[::1]:0:80"])
    script = "import socket; s = socket.create_server(('::', 80), family=socket.AF_INET6); s.accept()[0].send(b'six')"
    with (
        pvm.Kernel(pvm.system_mounts(), network=network) as kernel,
        pvm.start("/usr/bin/env", ["env", "python3", "-c", script], kernel=kernel) as guest,
    ):
        received = b""
        while guest.poll() is None and not received:
            with suppress(ConnectionRefusedError), socket.create_connection(guest.published[80]) as connection:
                received = connection.recv(3)
    assert received == b"six"


def test_nothing_of_a_network_stays(mail: list[int], tool: Tool) -> None:
    def state() -> tuple[list[str], list[str]]:
        gc.collect()
        links = []
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
            with suppress(FileNotFoundError):
                links.append(os.readlink(f"/proc/self/fd/{name}").partition(":")[0])  # noqa: PTH115 - the same
        names = [thread.name for thread in threading.enumerate() if thread.name.startswith("pvm-")]
        return sorted(links), names

    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port = server.getsockname()[1]
        network = pvm.Network(
            [f"web.test:{port}", *(f"127.0.0.1:{port}/udp" for port in mail)], ["0:80"], {"web.test": "127.0.0.1"}
        )
        script = f"""
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
for port in {mail}: s.sendto(b"x", ("127.0.0.1", port)); s.recv(100)
socket.create_connection(("web.test", {port}))
socket.getaddrinfo("other.test", 80, type=socket.SOCK_STREAM)
"""
        run(tool, network, "python3", "-c", script)
        before = state()
        for _ in range(3):
            done = run(tool, network, "python3", "-c", script)
            assert b"Name or service not known" in (done.stderr or b"")
        assert state() == before


def test_a_network_needs_its_namespace(build: Callable[[str], bytes]) -> None:
    network = pvm.Network(["example.org"])
    with (
        pvm.Kernel({"/bin": pvm.MemDir({"program": build(EXIT_0)}, mode=0o755)}, network=network) as kernel,
        pytest.raises(pvm.UsageError, match="network-namespace"),
    ):
        pvm.spawn("/bin/program", kernel=kernel, lower=["network-namespace"])


def test_the_command_line(port: int, tool: Tool, capfd: pytest.CaptureFixture[str]) -> None:
    curl = tool("curl")
    options = ["--system", "--stats", "--add-host", "web.test:127.0.0.1", "--allow-net", f"web.test:{port}"]
    assert run_command(["run", *options, curl, "-sS", f"http://web.test:{port}/x"]) == 0
    captured = capfd.readouterr()
    assert captured.out == "hello /x\n"
    assert "refused" not in captured.err
    assert run_command(["run", *options, curl, "-sS", "http://192.0.2.1:81/", "http://other.test/"]) == 6
    shown = [line for line in capfd.readouterr().err.splitlines() if line.startswith("refused")]
    assert shown[0] == "refused         1 x 192.0.2.1:81 (--allow-net 192.0.2.1:81 allows it)"
    assert shown[1].endswith(" x other.test (--allow-net other.test allows it)")
    for wrong in (["--allow-net", "a b"], ["--publish", "x"], ["--add-host", "name"], ["--add-host", "a:b"]):
        assert run_command(["run", *wrong, curl]) == 125
        assert capfd.readouterr().err.startswith("pvm: ")


def test_a_module_has_no_network(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.peb").write_text("fun main() { }\n")
    assert run_command(["run", "--allow-net", "example.org", str(tmp_path / "p.peb")]) == 125
    assert "are for Linux programs" in capfd.readouterr().err


def test_programs_without_a_network_do_not_wait_for_its_modules() -> None:
    script = (
        "import sys, pvm.embed.spawn; print([name for name in sys.modules if 'network' in name or 'outside' in name])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"[]\n"


def test_virtual_time_waits_for_those_outside(tool: Tool) -> None:
    """It would be over before they could answer, if it went on as soon as the program waits."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(10)
            threading.Event().wait(0.1)
            connection.sendall(b"late")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        script = f"""
import socket, time
time.sleep(1000)
before = time.monotonic()
s = socket.create_connection(("127.0.0.1", {port}), timeout=60)
s.sendall(b"x")
print(s.recv(10), time.monotonic() - before < 60)
print(s.recv(1))
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(1)
s.settimeout(0.05)
try: s.accept()
except TimeoutError: print("timed out")
"""
        network = pvm.Network([f"127.0.0.1:{port}"])
        assert run_python(tool, network, script, clock="virtual") == "b'late' True\nb''\ntimed out\n"
        thread.join()


def test_what_this_machine_refuses_is_told_to_the_guest(echo: int, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    script = f"""
import socket
s = socket.socket()
for _ in range(2):
    try: s.connect(("127.0.0.1", {echo}))
    except OSError as error: print(error)
"""
    monkeypatch.setattr("pvm.engines.direct.outside.copy_options", refuse)
    network = pvm.Network([f"127.0.0.1:{echo}"])
    assert run_python(tool, network, script).splitlines() == ["[Errno 24] Too many open files"] * 2
