"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Cores, memory and processor; everything of the cluster shares them with the operator."""
    memory = int(_first(Path("/proc/meminfo"), "MemTotal").split()[0]) * 1024
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(memory / 1e9, 1),
        "processor": _first(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "kernel": platform.release(),
    }


def _first(path: Path, key: str) -> str:
    lines = (line.partition(":") for line in path.read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")
