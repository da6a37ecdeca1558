"""Signals: what is put off, and what ends in order."""

from __future__ import annotations

import signal
import threading

import pytest

from sdx_state.programs.interrupts import Terminated, postponed, terminable


@pytest.fixture(autouse=True)
def handlers():
    """Ctrl-C as in a program, and SIGTERM as it was before the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_first_signal_comes_after_the_block_and_the_handlers_are_back():
    done = []
    with pytest.raises(KeyboardInterrupt), postponed():
        signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_signal_is_not_put_off():
    done = []
    with pytest.raises(KeyboardInterrupt), postponed():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("the rest")
    assert not done


def test_block_without_a_signal_ends_as_it_does():
    with pytest.raises(ValueError, match="its own"), postponed():
        raise ValueError("its own")


def test_sigterm_ends_a_block_like_ctrl_c_and_its_handler_is_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), terminable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("block", [postponed, terminable])
def test_thread_that_no_signal_interrupts_changes_no_handler(block):
    found = []

    def work():
        with block():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
