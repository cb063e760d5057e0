"""`make bench`: every figure with its baseline, measured in the same run on the same machine.

    python tests/benchmarks [WORD ...]      only the benchmarks whose name holds a word

A figure is printed as `name: value unit, RATIO x baseline (what the baseline is)`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import consuming, decisions, detecting, importing, previewing, sending, unsubscribing
from benchmarks.figures import Figure

BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "import": importing.run,
    "consumption": consuming.run,
    "preview": previewing.run,
    "decisions": decisions.run,
    "detecting": detecting.run,
    "send": sending.run,
    "unsubscribe": unsubscribing.run,
}


def main(words: list[str]) -> None:
    """Run and print."""
    for name, run in BENCHMARKS.items():
        if words and not any(word in name for word in words):
            continue
        print(f"== {name}", flush=True)
        for figure in run():
            print(figure, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
