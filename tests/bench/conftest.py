"""What the tests of the benchmarks share: a folder of their own for compiled programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bench import peers


@pytest.fixture(scope="session", autouse=True)
def _own_build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "BUILD", tmp_path_factory.mktemp("build"))
        yield
