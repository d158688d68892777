"""Memory of large buffers goes back to the system, which the C library must be told.

glibc maps large blocks one by one and unmaps them when they are freed, but after it freed the first one it takes the
size of that for "usual" (up to 32 MiB): the next ones come from the heap, where one small block above them keeps them.
A frame of 16 MB or the answers of a long repair then cost resident memory for good: 12 % in a soak of ten minutes. A
limit that is set is never moved (mallopt(3), M_MMAP_THRESHOLD, read 2026-11-24).
"""

import sys
from typing import Final

MAPPED_BYTES: Final = 256 * 1024
"""Blocks from here on are mapped by themselves."""
TOP_BYTES: Final = 1024 * 1024
"""What may stay free at the end of the heap: growing by small steps would cost a call of the system each."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
"""malloc.h of glibc."""


def give_back_large_blocks() -> bool:
    """Set both limits for this process; false where the C library has no such thing (macOS, Windows, musl)."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    is_mapped = mallopt(_M_MMAP_THRESHOLD, MAPPED_BYTES)
    return bool(mallopt(_M_TRIM_THRESHOLD, TOP_BYTES) and is_mapped)
