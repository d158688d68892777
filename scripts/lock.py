"""Resolve pyproject.toml into requirements.txt and requirements-dev.txt: exact, hashed, for all Pythons served.

The files name no index, so they hold wherever the same releases are found. Pins that stand are kept unless
``--upgrade`` is given. Run it as ``make lock``.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

COMMON = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
    "--quiet",
)


def compile_file(output: str, sources: Sequence[str], options: Sequence[str]) -> None:
    """Write *output*, relative to the project, from *sources*."""
    command = ["uv", "pip", "compile", *COMMON, *options, *sources, f"--output-file={output}"]
    subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)


def main() -> None:
    options = sys.argv[1:]
    compile_file("requirements.txt", ["pyproject.toml", "--group=build"], options)
    compile_file(
        "requirements-dev.txt", ["--group=dev"], ["--constraint=requirements.txt", *options]
    )


if __name__ == "__main__":
    main()
