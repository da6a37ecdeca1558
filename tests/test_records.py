"""Classes of `sdx_state.records` behave as those of `dataclasses`."""

from __future__ import annotations

import ast
import copy
import dataclasses
import inspect
import pickle
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import pytest

import sdx_state
from sdx_state import records
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent


def plain(dataclass):
    @dataclass(frozen=True)
    class Example:
        """An example."""

        a: int
        b: str = "b"
        c: Mapping[str, int] = dataclasses.field(default_factory=dict)
        secret: str = dataclasses.field(default="s", repr=False, compare=False)

    return Example


def slotted(dataclass):
    @dataclass(frozen=True, slots=True)
    class Example:
        """An example."""

        a: int
        b: str = "b"
        c: Mapping[str, int] = dataclasses.field(default_factory=dict)
        secret: str = dataclasses.field(default="s", repr=False, compare=False)

        def double(self):
            return 2 * self.a

    return Example


def slotted_and_changeable(dataclass):
    @dataclass(slots=True)
    class Example:
        """An example."""

        a: int

    return Example


def changeable(dataclass):
    @dataclass
    class Example:
        """An example."""

        a: int
        b: list[int] = dataclasses.field(default_factory=list, hash=False)

    return Example


def by_identity(dataclass):
    @dataclass(frozen=True, eq=False)
    class Example:
        """An example."""

        a: int

    return Example


def empty(dataclass):
    @dataclass(frozen=True)
    class Example:
        """An example."""

    return Example


def with_post_init(dataclass):
    @dataclass(frozen=True)
    class Example:
        """An example."""

        a: int
        kinds: ClassVar[tuple[str, ...]] = ("x",)

        def __post_init__(self):
            if self.a == 3:
                raise ValueError("3")

        def __repr__(self):
            return f"<{self.a}>"

    return Example


def derived(dataclass):
    @dataclass(frozen=True)
    class Base:
        """An example."""

        a: int

    @dataclass(frozen=True)
    class Example(Base):
        """An example."""

        b: int = 2

    return Example


def below_a_plain_class(dataclass):
    class Base:
        """Methods."""

        def double(self):
            return 2 * self.a

        def __post_init__(self):
            if self.a == 3:
                raise ValueError("3")

    @dataclass(frozen=True)
    class Example(Base):
        """An example."""

        a: int

    return Example


K = TypeVar("K")


def generic(dataclass):
    @dataclass(frozen=True)
    class Example(Generic[K]):
        """An example."""

        a: K
        b: int = 2

    return Example


def with_own_equality(dataclass):
    @dataclass(frozen=True)
    class Example:
        """An example."""

        a: int

        def __eq__(self, other):
            return isinstance(other, Example)

        def __hash__(self):
            return 0

    return Example


def only_by_name(dataclass):
    @dataclass(frozen=True)
    class Example:
        """An example."""

        a: int = dataclasses.field(kw_only=True, default=1)
        b: int = dataclasses.field(init=False, default=2)

    return Example


MAKERS = [
    plain,
    slotted,
    slotted_and_changeable,
    changeable,
    by_identity,
    empty,
    with_post_init,
    derived,
    generic,
    below_a_plain_class,
    with_own_equality,
    only_by_name,
]


def outcome(act, example):
    """Return what `act` does with `example`: its value as text, or its exception."""
    try:
        return str(act(example))
    except (TypeError, ValueError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"


def unplaced(value):
    """Return a hash that does not depend on where objects are in memory."""
    return type(value).__hash__ is object.__hash__ or hash(value)


ACTS = {
    "signature once complete": lambda one: (one.__match_args__, inspect.signature(one))[1],
    "doc": lambda one: one.__doc__,
    "defaults on the class": lambda one: [getattr(one, name, None) for name in ("a", "b", "c", "secret")],
    "fields": lambda one: [(f.name, f.type, f.repr, f.compare, f.hash, f.init) for f in dataclasses.fields(one)],
    "is a dataclass": dataclasses.is_dataclass,
    "match": lambda one: one.__match_args__,
    "params": lambda one: (one.__dataclass_params__.frozen, one.__dataclass_params__.eq),
    "no arguments": lambda one: one(),
    "too many arguments": lambda one: one(*range(9)),
    "unknown argument": lambda one: one(1, d=3),
    "repr": lambda one: one(1),
    "post init": lambda one: one(3),
    "equal": lambda one: (one(1) == one(1), one(1) == one(2), one(1) != one(1), one(1) == 1),
    "hash": lambda one: (unplaced(one(1)), one.__hash__ is None),
    "replace": lambda one: dataclasses.replace(one(1), a=2),
    "own replace": lambda one: records.replace(one(1), a=2),
    "own replace of an unknown field": lambda one: records.replace(one(1), z=2),
    "asdict": lambda one: dataclasses.asdict(one(1)),
    "set a field": lambda one: setattr(one(1), "a", 2),
    "set an attribute": lambda one: setattr(one(1), "z", 2),
    "delete a field": lambda one: delattr(one(1), "a"),
    "set a field of a subclass": lambda one: setattr(type("Sub", (one,), {})(1), "a", 2),
    "set an attribute of a subclass": lambda one: setattr(type("Sub", (one,), {})(1), "z", 2),
    "copy": lambda one: copy.deepcopy(one(1)),
    "own defaults": lambda one: one(1).__dict__,
    "values of no arguments": lambda one: one().__dict__,
    "by name": lambda one: list(one(a=1).__dict__.items()),
    "twice": lambda one: one(1, a=1),
    "many": lambda one: [one(number % 3) for number in range(300)][-1].__dict__,
}


@pytest.mark.soak
@pytest.mark.parametrize("first", ["", "repr", "replace", "many"])
@pytest.mark.parametrize("make", MAKERS)
def test_a_class_behaves_as_a_standard_one_whatever_was_used_first(make, first):
    for name, act in ACTS.items():
        if make is slotted and name.startswith(("set an attribute", "set a field of a subclass")):
            continue  # some versions of the standard one fail on that by mistake
        examples = make(dataclasses.dataclass), make(records.dataclass)
        if first:
            assert outcome(ACTS[first], examples[0]) == outcome(ACTS[first], examples[1])
        standard, deferred = (outcome(act, example) for example in examples)
        assert standard == deferred, name


def test_no_attribute_is_set_on_a_frozen_instance_with_slots():
    Example = slotted(records.dataclass)
    for one in [Example(number) for number in range(300)]:
        for name in ("a", "z"):
            with pytest.raises(AttributeError):
                setattr(one, name, 2)


@records.dataclass(frozen=True)
class Pickled:
    a: int


@records.dataclass(frozen=True, slots=True)
class PickledWithSlots:
    a: int
    b: str = "b"


@pytest.mark.parametrize("one", [Pickled(1), PickledWithSlots(1)])
def test_an_instance_is_copied_and_pickled_as_a_standard_one(one):
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - made in the line itself
    assert copy.copy(one) == copy.deepcopy(one) == one


def test_threads_that_make_the_first_instances_all_get_one():
    Example, made, together = plain(records.dataclass), [], threading.Barrier(8)

    def make():
        together.wait()
        made.append((Example(1), hash(Example(1, c=())), repr(Example(1))))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert {one for one, *_ in [(text,) for *_, text in made]} == {repr(Example(1))}


def test_the_package_uses_no_other_dataclass():
    """The sandbox shares no code with the rest of the package."""
    standard = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        if "sandbox" not in path.parts
        for node in walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and any(name.name in ("dataclass", "replace") for name in node.names)
    }
    assert standard == {"records.py"}
