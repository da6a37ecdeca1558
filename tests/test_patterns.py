"""A pattern of `sdx_state.patterns` behaves as one of `re`."""

from __future__ import annotations

import re

from sdx_state.patterns import pattern


def test_a_pattern_has_the_methods_and_the_attributes_of_a_compiled_one():
    for first in ("match", "pattern", "sub"):
        ours, theirs = pattern("(a)b", re.IGNORECASE), re.compile("(a)b", re.IGNORECASE)
        getattr(ours, first)
        assert (ours.pattern, ours.flags, ours.groups) == (theirs.pattern, theirs.flags, theirs.groups)
        assert ours.sub(r"<\1>", "xABab") == "x<A><a>"
        assert ours.findall("ABab") == ["A", "a"]
        assert [one[0] for one in ours.finditer("ABab")] == ["AB", "ab"]
        assert (ours.match("xab"), ours.fullmatch("abx")) == (None, None)
        assert ours.search("xab")[1] == "a"
        assert ours.split("1ab2") == theirs.split("1ab2")
        assert ours.subn("", "ab") == ("", 1)


def test_a_pattern_that_is_wrong_fails_as_one_of_re_when_it_is_used():
    wrong = pattern("(")
    try:
        wrong.match("")
    except re.error as error:
        assert "unterminated" in str(error)
    else:
        raise AssertionError
