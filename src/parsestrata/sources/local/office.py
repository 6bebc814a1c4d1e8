"""Office files -> PDF through LibreOffice, where that is installed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from parsestrata.errors import EngineError, EngineTimeoutError, UnsupportedFileError

_PROGRAMS = ("soffice", "libreoffice")


def convert(path: Path, timeout: float) -> bytes:
    """Convert a file to PDF.

    Args:
        path: Of an office file.
        timeout: Seconds it may take.

    Raises:
        UnsupportedFileError: LibreOffice is not installed.
        EngineTimeoutError: It took longer.
        EngineError: LibreOffice made no PDF of it.
    """
    program = next((found for p in _PROGRAMS if (found := shutil.which(p))), None)
    if program is None:
        problem = (
            "is an office file, which takes LibreOffice to read, and that is not "
            "installed. Install it, or convert the file to PDF, or parse it with "
            "LlamaParse"
        )
        raise UnsupportedFileError(str(path), problem)
    with tempfile.TemporaryDirectory(prefix="parsestrata-") as directory:
        try:
            _call(program, path, Path(directory), timeout)
        except subprocess.TimeoutExpired:
            problem = f"took longer to convert than parse_timeout={timeout:g} s allows"
            raise EngineTimeoutError(str(path), problem) from None
        made = sorted(Path(directory).glob("*.pdf"))
        if not made:
            problem = "LibreOffice made no PDF of it. Is it damaged or protected?"
            raise EngineError(str(path), problem)
        return made[0].read_bytes()


def _call(program: str, path: Path, directory: Path, timeout: float) -> None:
    """Run LibreOffice with a profile of its own, so that an open one is no matter."""
    profile = (directory / "profile").as_uri()
    command = [
        program,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(directory),
        str(path),
    ]
    with subprocess.Popen(  # noqa: S603 - no shell, and the path is one argument
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            process.wait(timeout)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started, when it has not ended by itself."""
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
