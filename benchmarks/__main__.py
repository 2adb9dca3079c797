"""Run the comparisons: `python -m benchmarks [NAME …]`; writes benchmarks/results.json and prints a line for each.

Each file runs in a process of its own with one thread. Without names all are run and results.json is written anew;
with names theirs are replaced. Exit code 1 where a goal was missed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.timing import Comparison

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
LIBRARIES = ("torch", "transformers", "peft", "sacrebleu", "rouge-score", "seqeval", "torchmetrics")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    others = {"__init__", "__main__", "timing"} | {
        "audit",
        "explorer",
        "refresh",
        "site",
    }  # these have commands of their own
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in others)
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(known)}; all where none is given")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(known):
        parser.error(f"no comparison {min(unknown)!r}; there are {', '.join(known)}")
    if options.in_this_process:
        for row in import_module(f"benchmarks.{options.names[0]}").run():
            print(json.dumps(asdict(row)), flush=True)
        return 0

    results: dict[str, Any] = {"machine": machine(), "comparisons": {}}
    if options.names and RESULTS.exists():
        results["comparisons"] = json.loads(RESULTS.read_text(encoding="utf-8"))["comparisons"]
    missed = 0
    for name in options.names or known:
        rows = _measured(name)
        results["comparisons"][name] = [asdict(row) for row in rows]
        missed += sum(not row.met for row in rows)
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{missed} goals missed" if missed else "every goal met")
    return 1 if missed else 0


def _measured(name: str) -> list[Comparison]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-m", "benchmarks", "--in-this-process", name]
    rows = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        assert process.stdout
        for line in process.stdout:
            if not line.startswith("{"):
                continue  # what a library prints
            row = Comparison(**json.loads(line))
            rows.append(row)
            goal = "" if row.goal is None else f"  goal {row.goal:g}" + (f"–{row.most:g}" if row.most else "")
            print(
                f"{row.ratio:8.2f} ×  {row.name}, against {row.peer}{goal}{'' if row.met else '  MISSED'}", flush=True
            )
    if process.returncode:
        raise SystemExit(f"benchmarks/{name}.py failed")
    return rows


def machine() -> dict[str, str]:
    """What the figures depend on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "bfloat16": "in hardware" if {"avx512_bf16", "amx_bf16"} & set(flags) else "emulated",
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }


if __name__ == "__main__":
    raise SystemExit(main())
