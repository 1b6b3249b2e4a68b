"""A bound on the time that reading one page may take.

Patterns and bounds keep reading fast; this is for the page that nobody thought of. Time is that of
the processor, so that neither a busy machine nor a suspended one makes a page slow.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds that reading a page may take; a large one takes a hundredth of that.
LIMIT_S = 10.0
#: Seconds after which it is interrupted again, should something swallow the first time.
_AGAIN_S = 1.0


class SlowPage(Exception):
    """Reading a page took too long."""


class _TimeIsUp(BaseException):
    """Interrupts the reading; no ``except Exception`` on the way may swallow it."""


@contextmanager
def watched(limit_s: float = LIMIT_S) -> Iterator[None]:
    """Raises :class:`SlowPage` where what is done inside takes longer.

    Patterns and all Python code are interrupted, a single call into C (parsing HTML or JSON,
    cleaning markup) only once it returns. Watches may stand inside each other: what was set before,
    the handler and the time that is left, is set again. Signals reach the main thread alone: in any
    other one nothing is watched.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_over = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not is_over:
            raise _TimeIsUp

    handler = signal.signal(signal.SIGPROF, interrupt)
    left_s, again_s = signal.setitimer(signal.ITIMER_PROF, limit_s, _AGAIN_S)
    began = time.process_time()
    try:
        try:
            yield
        finally:
            is_over = True
    except _TimeIsUp:
        raise SlowPage(f"reading it takes longer than {limit_s:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        if left_s:
            left_s -= time.process_time() - began
            signal.setitimer(signal.ITIMER_PROF, left_s if left_s > 0 else again_s, again_s)
            if left_s <= 0:  # it ran out meanwhile
                signal.raise_signal(signal.SIGPROF)
