"""What a process that has keys in memory asks of the system: no core files, and no reader of its memory."""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def forbid_dumps() -> None:
    """No core file of this process, and nobody but root traces it or reads its memory. Raises OSError when refused."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "expected prctl to forbid memory dumps, found an error")
