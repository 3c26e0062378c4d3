"""Lists, maps, sets, deques and queues against those of Python, and how their cost grows."""

from __future__ import annotations

import heapq
import random
from collections import deque

import pytest

import pvm
from tests.stdlib.library import failure, growth, instance


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("collections", engine)


def texts(values: object) -> str:
    return " ".join(str(value) for value in values)  # type: ignore[attr-defined]


def test_list(running: pvm.Instance) -> None:
    dice = random.Random(1)
    model: list[int] = []
    for _ in range(400):
        value, index = dice.randrange(30), dice.randrange(len(model) + 1)
        match dice.randrange(10):
            case 0 | 1 | 2:
                running.call("listAdd", value)
                model.append(value)
            case 3:
                running.call("listInsert", index, value)
                model.insert(index, value)
            case 4:
                running.call("listInsertAll", index, "7 8 9")
                model[index:index] = [7, 8, 9]
            case 5 if index < len(model):
                assert running.call("listRemoveAt", index) == model.pop(index)
            case 6:
                assert running.call("listRemove", value) == (value in model)
                if value in model:
                    model.remove(value)
            case 7:
                end = min(index + 3, len(model))
                running.call("listRemoveRange", index, end)
                del model[index:end]
            case 8:
                kept = [item for item in model if item % 11]
                assert running.call("listRemoveMultiples", 11) == len(model) - len(kept)
                model = kept
            case _:
                running.call("listReverse")
                model.reverse()
        assert running.call("listText") == texts(model)
        last = len(model) - 1 - model[::-1].index(value) if value in model else -1
        assert running.call("listLastIndex", value) == last


def test_list_is_inserted_into_itself(running: pvm.Instance) -> None:
    for value in range(5):
        running.call("listAdd", value)
    running.call("listInsertSelf", 2)
    assert running.call("listText") == "0 1 0 1 2 3 4 2 3 4"


@pytest.mark.parametrize("size", [0, 1, 2, 8, 9, 17, 100])
def test_sort_is_stable_and_search_finds(running: pvm.Instance, size: int) -> None:
    dice = random.Random(size)
    values = [dice.randrange(60) for _ in range(size)]
    running.call("listInsertAll", 0, texts(values))
    running.call("listSortTens")
    assert running.call("listText") == texts(sorted(values, key=lambda value: value // 10))
    running.call("listSort")
    values.sort()
    assert running.call("listText") == texts(values)
    for wanted in range(-1, 61):
        found = running.call("listSearch", wanted)
        if wanted in values:
            assert values.index(wanted) == found
        else:
            assert sorted([*values, wanted]).index(wanted) == -1 - found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("step", [1, 2, 3, 9])
def test_windows(running: pvm.Instance, size: int, step: int) -> None:
    values = list(range(7))
    running.call("listInsertAll", 0, texts(values))
    whole = [values[i : i + size] for i in range(0, 7, step) if i + size <= 7]
    every = [values[i : i + size] for i in range(0, 7, step)]
    assert running.call("listWindows", size, step, False) == str(whole)
    assert running.call("listWindows", size, step, True) == str(every)


def test_deque(running: pvm.Instance) -> None:
    dice = random.Random(2)
    model: deque[int] = deque()
    for round_ in range(600):
        value = dice.randrange(1000)
        growing = round_ % 200 < 120
        match dice.randrange(4) if growing else dice.randrange(2, 6):
            case 0 | 2:
                running.call("dequeAddFirst", value)
                model.appendleft(value)
            case 1 | 3:
                running.call("dequeAddLast", value)
                model.append(value)
            case 4 if model:
                assert running.call("dequeRemoveFirst") == model.popleft()
            case 5 if model:
                assert running.call("dequeRemoveLast") == model.pop()
        if model:
            index = dice.randrange(len(model))
            assert running.call("dequeGet", index) == model[index]
    assert running.call("dequeText") == texts(model)


def test_priority_queue(running: pvm.Instance) -> None:
    dice = random.Random(3)
    model: list[int] = []
    for _ in range(400):
        value = dice.randrange(50)
        match dice.randrange(5):
            case 0 | 1:
                running.call("queueAdd", value)
                heapq.heappush(model, value)
            case 2:
                more = [dice.randrange(50) for _ in range(dice.randrange(6))]
                running.call("queueAddAll", texts(more))
                for item in more:
                    heapq.heappush(model, item)
            case _ if model:
                assert running.call("queueRemove") == heapq.heappop(model)
    assert running.call("queueText") == str(sorted(model))


def test_map_and_set_keep_the_order_of_insertion(running: pvm.Instance) -> None:
    dice = random.Random(4)
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}
    members: dict[int, None] = {}
    for step in range(600):
        key = dice.randrange(40) * 1_000_003 - 20
        if dice.random() < 0.55:
            running.call("mapSet", key, step)
            numbers[key] = step
            running.call("nameSet", f"k{key}", str(step))
            names[f"k{key}"] = str(step)
            assert running.call("setAdd", key) == (key not in members)
            members[key] = None
        else:
            assert running.call("mapRemove", key) == (numbers.pop(key, None) is not None)
            assert running.call("nameRemove", f"k{key}") == names.pop(f"k{key}", "none")
            assert running.call("setRemove", key) == (key in members)
            members.pop(key, None)
        assert running.call("mapGet", key) == numbers.get(key, -1)
    assert running.call("mapText") == texts(f"{key}={value}" for key, value in numbers.items())
    assert running.call("nameText") == texts(f"{key}={value}" for key, value in names.items())
    assert running.call("setText") == texts(members)


def test_wrong_indices(running: pvm.Instance) -> None:
    assert failure(lambda: running.call("listInsertAll", 1, "1")) == "IndexError: index 1 is outside of 0 elements"
    assert failure(lambda: running.call("listRemoveRange", 0, 1)) == "IndexError: range 0 to 1 of 0 elements"
    assert failure(lambda: running.call("dequeRemoveFirst")) == "IndexError: index 0 is outside of 0 elements"
    assert failure(lambda: running.call("dequeRemoveLast")) == "IndexError: index -1 is outside of 0 elements"
    assert failure(lambda: running.call("queueRemove")) == "IndexError: index 0 is outside of 0 elements"
    assert failure(lambda: running.call("listWindows", 0, 1, False)) == "ArgumentError: a size above 0 is needed, not 0"
    assert failure(lambda: running.call("listWindows", 1, 0, False)) == "ArgumentError: a step above 0 is needed, not 0"


LINEAR = [
    "workListAdd",
    "workMap",
    "workMapChurn",
    "workTexts",
    "workDeque",
    "workSort",
    "workQueue",
    "workRemoveIf",
    "workSequence",
    "workBuilder",
    "workGroups",
]


@pytest.mark.parametrize("name", LINEAR)
def test_cost_grows_with_the_size(running: pvm.Instance, name: str) -> None:
    """Twice the work for twice the elements, and a little more for n log n and for the steps of growth."""
    assert growth(running, name, 2000) < 2.3
