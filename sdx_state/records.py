"""`dataclass` of the standard library, whose methods are compiled when they are used often.

The standard decorator compiles six methods of every class while its module is imported: 0.5 to 1 ms a class. A plan
imports more than a hundred such classes, and makes a few instances of half of them. Here the first instances of a
class are made by a method that is not compiled for it; the standard decorator makes all methods when there are many,
or when another method or a function of `dataclasses` is used. The class behaves as a standard one (without a
docstring it is given none), and the type checker takes it for one.

With `slots=True`, for frozen classes of which there are many instances, these have no `__dict__`, and are filled in
half of the time: an instance is one of a class that is not frozen until its last field is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:
    import dataclasses
    import threading
    from typing import Generic

    _ANNOTATIONS_OF_OTHERS = ("ClassVar", "InitVar", "KW_ONLY")  # they declare no plain field
    _OWN = ("__init__", "__eq__", "__hash__", "__setattr__", "__delattr__")
    _LOCK = threading.RLock()  # the first two instances may be made in two threads
    _MANY = 100  # instances: so many take as long as compiling the methods of the class

    def dataclass(cls=None, /, *, frozen=False, eq=True, slots=False):
        """Make `cls` a dataclass, as `dataclasses.dataclass` does: now, or in part later where it is a plain one."""
        if cls is None:
            return lambda one: dataclass(one, frozen=frozen, eq=eq, slots=slots)
        fields = [one for one in cls.__dict__.values() if isinstance(one, dataclasses.Field)]
        plain = (
            type(cls) is type
            and all(base is Generic or _is_plain(base) for base in cls.__mro__[1:-1])
            and cls.__dict__.keys().isdisjoint(_OWN)
            and all(isinstance(kind, str) for kind in cls.__annotations__.values())
            and not any(kind.startswith(_ANNOTATIONS_OF_OTHERS) for kind in cls.__annotations__.values())
            and all(one.init and one.kw_only is not True for one in fields)
        )
        bare = cls.__bases__ == (object,) and "__post_init__" not in cls.__dict__
        if not plain or (slots and not (frozen and bare)):
            return dataclasses.dataclass(frozen=frozen, eq=eq, slots=slots)(cls)
        deferred = _Deferred(cls, frozen, eq, slots)
        deferred.begin()
        return deferred.cls

    def replace(one, /, **changes):
        """Return a copy of `one` with `changes`, as `dataclasses.replace` does."""
        attribute = type(one).__dict__.get("__dataclass_fields__")
        if not isinstance(attribute, _Attribute) or not changes.keys() <= set(attribute.deferred.parameters):
            return dataclasses.replace(one, **changes)
        values = {name: getattr(one, name) for name in attribute.deferred.parameters if name not in changes}
        return type(one)(**values, **changes)

    def _is_plain(base):
        """Tell whether a class gives those below it methods alone, and none that a dataclass has."""
        special = (*_OWN, "__repr__", "__init_subclass__", "__slots__", "__dataclass_fields__")
        return type(base) is type and base.__dict__.keys().isdisjoint(special)

    class _Deferred:
        """A class some of whose methods compile the standard ones, and call them.

        Attributes:
            cls: The class.
            options: The arguments of the decorator.
            defaults: The default of each field that has one, as the class declares it: a value or a `Field`.
            parameters: The names of the fields, each of which is a parameter.
            made: How many instances were made.
            complete: Whether all methods are the standard ones.
            slots: Whether instances have no `__dict__`.
        """

        def __init__(self, cls, frozen, eq, slots):
            self.cls = cls
            self.slots = slots
            self.options = {"frozen": frozen, "eq": eq, "repr": "__repr__" not in cls.__dict__}
            self.defaults = {name: cls.__dict__[name] for name in cls.__annotations__ if name in cls.__dict__}
            self.parameters = tuple(cls.__annotations__)
            self.made = 0
            self.complete = False

        def begin(self):
            """Set the methods and the attributes that the standard decorator sets."""
            if self.slots:
                self.cls = _slotted(self.cls, self.parameters)
            cls = self.cls
            for name, default in () if self.slots else self.defaults.items():
                if isinstance(default, dataclasses.Field):
                    if default.default is dataclasses.MISSING:
                        delattr(cls, name)
                    else:
                        setattr(cls, name, default.default)

            def __init__(one, *arguments, **named):
                if not self.fill(one, arguments, named):
                    self.complete_all()
                    cls.__init__(one, *arguments, **named)

            cls.__init__ = __init__
            cls.__dataclass_fields__ = _Attribute(self, "__dataclass_fields__")
            cls.__dataclass_params__ = _Attribute(self, "__dataclass_params__")
            cls.__match_args__ = _Attribute(self, "__match_args__")
            if self.options["repr"]:
                cls.__repr__ = self.method("__repr__")
            if self.options["eq"]:
                cls.__eq__ = self.method("__eq__")
                cls.__hash__ = self.method("__hash__") if self.options["frozen"] else None
            if self.options["frozen"]:
                cls.__setattr__, cls.__delattr__ = _refusals(cls)

        def method(self, name):
            def method(one, *arguments):
                self.complete_all()
                return getattr(self.cls, name)(one, *arguments)

            method.__name__ = name
            return method

        def fill(self, one, arguments, named):
            """Set the fields of a new instance; tell whether the arguments were right and instances are few yet."""
            self.made += 1
            if self.made > _MANY or len(arguments) > len(self.parameters):
                return False
            values = dict(zip(self.parameters, arguments, strict=False))
            given = len(values) + len(named)
            values.update(named)
            if given != len(values):
                return False
            for name in self.parameters:
                if name not in values:
                    default = self.defaults.get(name, dataclasses.MISSING)
                    if isinstance(default, dataclasses.Field):
                        made = default.default_factory is not dataclasses.MISSING
                        default = default.default_factory() if made else default.default
                    if default is dataclasses.MISSING:
                        return False
                    values[name] = default
            if len(values) != len(self.parameters):
                return False
            for name in self.parameters:
                object.__setattr__(one, name, values[name])
            if hasattr(one, "__post_init__"):
                one.__post_init__()
            return True

        def complete_all(self):
            """Replace all methods by those that the standard decorator makes for a class with the same fields."""
            with _LOCK:
                if self.complete:
                    return
                cls = self.cls
                body = {"__qualname__": cls.__qualname__, "__annotations__": cls.__annotations__}
                kept = ("__doc__", "__module__", "__orig_bases__", "__post_init__")
                body.update({name: cls.__dict__[name] for name in kept if name in cls.__dict__})
                twin = type(cls.__name__, cls.__bases__, body | self.defaults)
                dataclasses.dataclass(**self.options)(twin)
                replaced = ["__init__", "__match_args__", "__dataclass_params__", "__dataclass_fields__"]
                replaced += ["__repr__"] if self.options["repr"] else []
                replaced += ["__eq__", "__hash__"] if self.options["eq"] else []
                for name in replaced:  # one at a time, so that every class has them all in every thread
                    setattr(cls, name, twin.__dict__[name])
                if self.slots:
                    _fill_open(cls, self.defaults)
                self.complete = True

    def _slotted(cls, names):
        """Return `cls` with a slot for each of `names`; copies are made of their values."""
        left_out = (*names, "__dict__", "__weakref__")
        body = {name: value for name, value in cls.__dict__.items() if name not in left_out}

        def __reduce__(self):
            return type(self), tuple(getattr(self, name) for name in names)

        body |= {"__qualname__": cls.__qualname__, "__slots__": names, "__reduce__": __reduce__}
        return type(cls.__name__, cls.__bases__, body)

    def _fill_open(cls, defaults):
        """Let instances of `cls`, frozen and with slots, be filled as those of a class that is not frozen."""
        names, put, refuse, token = cls.__slots__, object.__setattr__, cls.__setattr__, object()

        def close(self):
            self.__class__ = cls

        opened = type(cls.__name__, (), {"__slots__": names, "__post_init__": close})
        first = {"_opened": dataclasses.field(init=False, default_factory=lambda: token)}
        body = {"__qualname__": cls.__qualname__, "__annotations__": {"_opened": "object", **cls.__annotations__}}
        filled = type(cls.__name__, (), {"__post_init__": close, **body, **first, **defaults})
        dataclasses.dataclass(repr=False, eq=False)(filled)

        def __setattr__(self, name, value):
            if value is token:  # which only `filled` has, and sets before all fields
                if type(self) is cls:
                    put(self, "__class__", opened)  # until the last field is set
            elif type(self) is cls or name not in names or hasattr(self, name):
                refuse(self, name, value)
            else:
                put(self, name, value)  # in a class below this one

        cls.__post_init__ = lambda self: None  # `opened` and classes below this one share its `__init__`
        cls.__setattr__ = __setattr__
        cls.__init__ = filled.__init__

    class _Attribute:
        """An attribute of a class, which completes the class."""

        def __init__(self, deferred, name):
            self.deferred, self.name = deferred, name

        def __get__(self, instance, owner=None):
            self.deferred.complete_all()
            return self.deferred.cls.__dict__[self.name]

    def _refusals(cls):
        """Return `__setattr__` and `__delattr__` of a frozen class."""

        def __setattr__(self, name, value):
            if type(self) is cls or name in cls.__dataclass_fields__:
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def __delattr__(self, name):
            if type(self) is cls or name in cls.__dataclass_fields__:
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        return __setattr__, __delattr__
