"""The rules that hold the tree together, each tried on the real tree and on a planted violation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pvm
from compiler import runtime
from compiler.diagnostics import Diagnostics
from tests import architecture
from tests.architecture import Generated, Layer

ROOT = Path(__file__).resolve().parent.parent

TYPED = "pvm.typed"  # stands for typing
ERRORS = frozenset({TYPED, "pvm.errors"})
ISA = ERRORS | {"pvm.isa"}
PBC = ISA | {"pvm.pbc"}
VERIFY = PBC | {"pvm.verify"}
TASK = "pvm.kernel.task"  # the protocol through which the kernel sees a guest, and an engine the kernel
ENGINES = frozenset({"pvm.engines", "pvm.engines.direct", "pvm.engines.native", "pvm.engines.reference"})
CACHE = "pvm.user_cache"  # who keeps something in it, who keeps guests from it, and who shows it know the directory
RUNS = "pvm.runs"  # the register of runs: programs are entered by who starts them, and listed by the command line
EMBED = VERIFY | ENGINES | {"pvm.kernel", TASK, RUNS}
COMPILER = frozenset({"compiler"})

LAYERS = {
    TYPED: Layer(frozenset()),
    "pvm.errors": Layer(frozenset({TYPED})),
    CACHE: Layer(frozenset({TYPED})),
    RUNS: Layer(frozenset({TYPED})),
    "pvm.isa": Layer(ERRORS),
    "pvm.pbc": Layer(ISA),
    "pvm.verify": Layer(PBC),
    TASK: Layer(ERRORS | {"pvm.kernel"}),
    "pvm.kernel": Layer(ERRORS | {TASK, CACHE}),
    "pvm.engines": Layer(VERIFY | {TASK}),
    "pvm.engines.reference": Layer(VERIFY | {TASK, "pvm.engines"}),
    "pvm.engines.native": Layer(VERIFY | {TASK, CACHE, "pvm.engines"}),
    "pvm.engines.direct": Layer(ERRORS | {"pvm.kernel", TASK}),  # its guests need no bytecode
    "pvm.embed": Layer(EMBED, lazily=COMPILER),
    "pvm": Layer(EMBED | {"pvm.embed"}, lazily=COMPILER | {"pvm.cli"}),
    "pvm.cli": Layer(EMBED | {"pvm.embed", "pvm", CACHE}, lazily=COMPILER),
    "pvm.__main__": Layer(frozenset({"pvm.cli"})),
    "compiler": Layer(PBC | {CACHE}),
}

# Why a file may be longer than 800 lines, by path: tables only.
LONG_FILES: dict[str, str] = {
    "compiler/syntax/ast.py": "the syntax tree as a table: a class for each node",
}

# Why a function may be longer than 60 lines, by path::qualified_name.
LONG_FUNCTIONS: dict[str, str] = {}

# Files under version control that a function writes; `make docs` writes them anew.
GENERATED: tuple[Generated, ...] = (
    Generated("pvm.isa.manual:manual", "docs/isa.md"),
    Generated("pvm.kernel.stubs:manual", "docs/abi.md"),
    Generated("pvm.kernel.stubs:stubs", "stdlib/sys/"),
    Generated("pvm.engines.native.layout:pebble_source", "pvm/engines/native/runtime/layout.peb"),
    Generated("pvm.engines.direct.syscalls.manual:manual", "docs/linux-syscalls.md"),
    Generated("stdlib.unicode_tables:tables", "stdlib/core/unicode_tables.peb"),
)

# What `import pvm` and `import pvm.embed` must leave unloaded.
HEAVY = ("lark", "llvmlite", "numpy", "click", "tabulate", "rich", "pygments", "markdown_it", "compiler")


# What a run of a program that ran before must leave unloaded besides, by prefix; what it loads of ours is counted.
COLD = ("typing", "re", "contextlib", "dataclasses", "inspect", "hashlib", "threading", "pathlib", "tempfile", "ctypes")
COLD_OF_OURS = (
    "pvm.isa",
    "pvm.pbc",
    "pvm.verify",
    "pvm.engines.reference",
    "pvm.engines.direct",
    "pvm.engines.native.code",
)
WARM_MODULES = 65


def plant(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_layers_import_only_downward() -> None:
    assert architecture.layer_findings(ROOT, LAYERS) == []


@pytest.mark.parametrize(
    ("path", "text", "finding"),
    [
        ("pvm/isa/a.py", "import pvm.kernel", "pvm/isa/a.py:1 (pvm.isa) must not import pvm.kernel"),
        ("pvm/isa/a.py", "def f():\n    import pvm.cli", "pvm/isa/a.py:2 (pvm.isa) must not import pvm.cli"),
        ("pvm/isa/a.py", "from pvm import kernel", "pvm/isa/a.py:1 (pvm.isa) must not import pvm.kernel"),
        ("pvm/isa/a.py", "from pvm import Module", "pvm/isa/a.py:1 (pvm.isa) must not import pvm"),
        ("pvm/kernel/a.py", "import pvm.isa.types", "pvm/kernel/a.py:1 (pvm.kernel) must not import pvm.isa.types"),
        ("compiler/a.py", "import pvm.verify", "compiler/a.py:1 (compiler) must not import pvm.verify"),
        ("pvm/verify/a.py", "import compiler", "pvm/verify/a.py:1 (pvm.verify) must not import compiler"),
        (
            "pvm/engines/reference/a.py",
            "import pvm.kernel.vfs",
            "pvm/engines/reference/a.py:1 (pvm.engines.reference) must not import pvm.kernel.vfs",
        ),
        (
            "pvm/embed/a.py",
            "from compiler import driver",
            "pvm/embed/a.py:1 imports compiler when it loads: do it in a function",
        ),
        ("pvm/new/a.py", "", "pvm/new/a.py is in no layer: give pvm.new.a a row"),
    ],
)
def test_wrong_import_is_found(tmp_path: Path, path: str, text: str, finding: str) -> None:
    plant(tmp_path, {"pvm/kernel/__init__.py": "", path: text})
    assert architecture.layer_findings(tmp_path, LAYERS) == [finding]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pvm/pbc/a.py", "import os\nimport pvm.errors\nfrom pvm.isa import table\nfrom pvm.pbc.b import c"),
        ("pvm/engines/reference/a.py", "from pvm.kernel.task import Task\nimport pvm.verify"),
        ("pvm/embed/a.py", "def f():\n    import compiler"),
        ("pvm/cli/a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import compiler.driver"),
        ("pvm/__init__.py", "from pvm.embed import Module\nfrom pvm.errors import Trap"),
        ("compiler/a.py", "import lark\nfrom pvm.pbc import model\nimport pvm_other"),
        ("tests/a.py", "import pvm.kernel, compiler"),
    ],
)
def test_right_import_is_not_found(tmp_path: Path, path: str, text: str) -> None:
    assert architecture.layer_findings(plant(tmp_path, {path: text}), LAYERS) == []


def test_imports_are_absolute(tmp_path: Path) -> None:
    assert architecture.relative_import_findings(ROOT) == []
    plant(tmp_path, {"pvm/isa/a.py": "import os\nfrom . import b", "pvm/isa/b.py": "from .a import c"})
    assert architecture.relative_import_findings(tmp_path) == [
        "pvm/isa/a.py:2 has a relative import",
        "pvm/isa/b.py:1 has a relative import",
    ]


def test_files_are_short() -> None:
    assert architecture.file_size_findings(ROOT, LONG_FILES) == []


def test_long_file_is_found(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "pvm/long.py": "x = 1\n" * 801,
            "pvm/fits.py": "x = 1\n" * 800,
            "stdlib/table.peb": "\n" * 900,
            "stdlib/sys/io.peb": "// DO NOT EDIT, from pvm.kernel\n" + "\n" * 900,
        },
    )
    assert architecture.file_size_findings(tmp_path, {"stdlib/table.peb": "a table", "pvm/fits.py": "gone"}) == [
        "pvm/long.py has 801 lines, at most 800 are allowed",
        "pvm/fits.py is exempt but not long",
    ]


def test_functions_are_short() -> None:
    assert architecture.function_size_findings(ROOT, LONG_FUNCTIONS) == []


def test_long_function_is_found(tmp_path: Path) -> None:
    long = "    def f(self):\n" + "        x = 1\n" * 60
    fits = "def g():\n" + "    x = 1\n" * 59
    plant(tmp_path, {"pvm/a.py": f"class C:\n{long}\n{fits}", "pvm/b.py": f"if True:\n{long}"})
    assert architecture.function_size_findings(tmp_path, {"pvm/b.py::f": "a table", "pvm/a.py::g": "gone"}) == [
        "pvm/a.py::C.f has 61 lines, at most 60 are allowed",
        "pvm/a.py::g is exempt but not long",
    ]


def test_files_name_a_concept(tmp_path: Path) -> None:
    assert architecture.file_name_findings(ROOT) == []
    plant(tmp_path, {"pvm/isa/utils.py": "", "compiler/common/names.py": "", "stdlib/misc.peb": "", "pvm/isa/t.py": ""})
    assert architecture.file_name_findings(tmp_path) == [
        "pvm/isa/utils.py names no concept",
        "compiler/common/names.py names no concept",
        "stdlib/misc.peb names no concept",
    ]


def test_modules_have_docstrings(tmp_path: Path) -> None:
    assert architecture.module_docstring_findings(ROOT) == []
    plant(tmp_path, {"pvm/a.py": "x = 1\n", "pvm/b.py": '"""What b is."""\n', "pvm/isa/__init__.py": ""})
    assert architecture.module_docstring_findings(tmp_path) == [
        "pvm/a.py has no module docstring",
        "pvm/isa/__init__.py has no module docstring",
    ]


def test_generated_files_are_current(bless: bool) -> None:
    for entry in GENERATED:
        if bless:
            architecture.write_generated(ROOT, entry)
        assert architecture.generated_file_findings(ROOT, entry) == []
    assert architecture.unlisted_generated_findings(ROOT, GENERATED) == []


def test_generated_runtime_image_is_current(bless: bool) -> None:
    found = Diagnostics()
    image = runtime.build_image(diagnostics=found)
    if bless:
        runtime.IMAGE.write_bytes(image)
    assert found.sorted() == ()
    assert image == runtime.IMAGE.read_bytes(), "image.pbc is stale: python -m compiler.runtime"


def test_stale_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(
        tmp_path,
        {
            "planted_generator.py": "MARK = '// DO NOT EDIT, from here\\n'\n"
            "def manual(): return MARK + 'new'\n"
            "def stubs(): return {'a.peb': MARK, 'b.peb': 'no mark'}\n",
            "docs/isa.md": "// DO NOT EDIT, from here\nold",
            "docs/lost.md": "// DO NOT EDIT, from nowhere\n",
            "stdlib/sys/c.peb": "",
        },
    )
    monkeypatch.syspath_prepend(tmp_path)
    manual = Generated("planted_generator:manual", "docs/isa.md")
    stubs = Generated("planted_generator:stubs", "stdlib/sys/")
    assert architecture.generated_file_findings(tmp_path, manual) == ["docs/isa.md is stale: make docs"]
    assert architecture.generated_file_findings(tmp_path, stubs) == [
        "stdlib/sys/a.peb is missing: make docs",
        "stdlib/sys/b.peb does not begin with 'DO NOT EDIT, from ...'",
        "stdlib/sys/b.peb is missing: make docs",
        "stdlib/sys/c.peb is produced by no generator",
    ]
    assert architecture.unlisted_generated_findings(tmp_path, (manual, stubs)) == [
        "docs/lost.md says that it is generated, but no entry of GENERATED covers it"
    ]
    architecture.write_generated(tmp_path, manual)
    assert architecture.generated_file_findings(tmp_path, manual) == []


def loaded_by(statement: str, folder: Path) -> set[str]:
    report = f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    child = subprocess.run(
        [sys.executable, "-c", report], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert child.returncode == 0, child.stderr
    return set(child.stdout.split())


@pytest.mark.parametrize("statement", ["import pvm", "import pvm.embed", "import pvm; pvm.Module; pvm.Instance"])
def test_import_is_light(statement: str) -> None:
    assert loaded_by(statement, ROOT) & set(HEAVY) == set()


def test_heavy_import_is_found(tmp_path: Path) -> None:
    plant(tmp_path, {"planted/__init__.py": "import lark.lexer"})
    assert loaded_by("import planted", tmp_path) & set(HEAVY) == {"lark"}


def loaded_by_run(program: Path, folder: Path, *options: str) -> set[str]:
    report = "import sys\nfrom pvm.cli import main\ntry: main()\nfinally: print(*sys.modules)"
    child = subprocess.run(
        [sys.executable, "-c", report, "run", *options, str(program)],
        env=os.environ | {"PVM_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    output, _, modules = child.stdout.partition("\n")
    assert output == "hello"
    return set(modules.split())


@pytest.mark.parametrize("name", ["hello.pbc", "hello.peb"])
def test_warm_run_is_light(name: str, tmp_path: Path) -> None:
    source = tmp_path / "hello.peb"
    source.write_text('fun main() {\n    println("hello")\n}\n', encoding="utf-8")
    if name == "hello.pbc":
        (tmp_path / name).write_bytes(pvm.compile(source).to_bytes())
    cold = loaded_by_run(tmp_path / name, tmp_path)
    assert cold >= {"pvm.verify.verifier", "pvm.isa.table", "pvm.engines.native.code.translator"}
    warm = loaded_by_run(tmp_path / name, tmp_path)
    assert warm & {*HEAVY, *COLD} - {"compiler"} == set()
    ours = {module for module in warm if module.split(".")[0] in {"pvm", "compiler"}}
    assert [module for module in sorted(ours) if module.startswith(COLD_OF_OURS)] == []
    assert len(ours) <= WARM_MODULES
    assert "click" not in loaded_by_run(tmp_path / name, tmp_path, "--tier", "jit")
