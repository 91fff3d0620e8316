"""Running commands, waiting, and telling people what takes long."""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class Failed(RuntimeError):
    """A command failed or something did not get ready in time; the text says what and where to look."""


def run(*command: object, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: str | None = None) -> str:
    """Runs a command to its end; gives what it printed. Raises Failed with all of its output."""
    words = [str(word) for word in command]
    done = subprocess.run(words, text=True, capture_output=True, cwd=cwd, env=env, input=stdin, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def succeeds(*command: object) -> bool:
    """Whether a command ends with status 0."""
    return subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode == 0


def until(is_ready: Callable[[], bool], what: str, seconds: float = 90, every: float = 0.2) -> None:
    """Waits until `is_ready()`. Raises Failed after `seconds`."""
    end = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > end:
            raise Failed(f"{what}: not ready after {seconds:.0f} s")
        time.sleep(every)


def tell(text: str) -> None:
    """One line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Tells what begins, and how long it took."""
    tell(f"{text} ...")
    began = time.monotonic()
    yield
    tell(f"{text}: {time.monotonic() - began:.0f} s")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock file; whoever else wants it waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
