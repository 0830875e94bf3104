"""Fills the holes in the fork server's heap, so that what a child allocates lies together on few pages.

Loading leaves thousands of small holes. A child that uses one writes to its page, and so has a copy of that page.
What fills them here is never freed and costs nothing: those pages are there anyway, and so stay shared."""

from __future__ import annotations

import contextlib
import ctypes

SIZES = (65_536, 32_768, 16_384, 8_192, 4_096, *range(2_040, 8, -16))  # largest first; malloc's own steps are of 16


def fill() -> None:
    """Only of malloc's heap: what the interpreter places itself goes to few pages anyway."""
    with contextlib.suppress(AttributeError, OSError):  # another libc: then children are only bigger
        _fill(ctypes.CDLL(None))


def _fill(libc: ctypes.CDLL) -> None:
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.sbrk.argtypes = [ctypes.c_size_t], [ctypes.c_ssize_t]
    end = libc.sbrk(0) or 0
    for size in SIZES:
        while 0 < (libc.malloc(size) or 0) < end:
            pass
