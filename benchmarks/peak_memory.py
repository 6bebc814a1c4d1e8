"""Load a saved result as LangChain chunks and print what it took, as JSON.

Run in a process of its own by `convert.py`: `python benchmarks/peak_memory.py PATH`.
"""

import json
import resource
import sys
import warnings
from pathlib import Path

from parsestrata import ParseStrataWarning
from parsestrata.langchain import LlamaParseLoader

_STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """Return the largest resident size of this process so far."""
    return _status_bytes("VmHWM")


def resident_bytes() -> int:
    """Return the resident size of this process now."""
    return _status_bytes("VmRSS")


def _status_bytes(name: str) -> int:
    """Read a size of the kernel's; elsewhere than on Linux only the peak is known."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Iterate over the chunks and forget each one."""
    warnings.simplefilter("ignore", ParseStrataWarning)
    path = Path(sys.argv[1])
    before = resident_bytes()
    chunks = sum(1 for _ in LlamaParseLoader(path).lazy_load())
    grown = peak_bytes() - before
    sizes = {"body": path.stat().st_size, "grown": grown, "chunks": chunks}
    print(json.dumps(sizes))


if __name__ == "__main__":
    main()
