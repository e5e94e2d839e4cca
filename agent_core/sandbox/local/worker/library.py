"""What the fork server has loaded, and used once, before its first fork; and how a fork makes it its own."""

from __future__ import annotations

import ast
import gc
import importlib
import io
import os
import sys

from . import kernel, rich
from .serve import link_fonts

NAMES = (
    "asyncio",
    "base64",
    "csv",
    "datetime",
    "numpy",
    "pandas",
    "matplotlib",
    "matplotlib.pyplot",
    "pathlib",
    "plotly.express",
    "plotly.graph_objects",
    "statistics",
    "subprocess",
    "traceback",
)
_MOST_BYTES = 1 << 20
_STATE_WORDS = 624
"""Of NumPy's global generator. Drawing them all takes half the time, and memory, of having it make them of a seed."""
_OBJECTS_BYTES = 64 << 20
"""What all their objects take, about; what is left over is given back."""
_ARENA_BYTES, _BLOCK_BYTES = 1 << 20, 512
"""In which pieces Python takes memory, since 3.10, and the largest of those that it makes of them."""


def load() -> None:
    """Import everything, and draw, group and show a little: much of these packages is loaded at first use.

    Raises ImportError, and RuntimeError where a package has started a thread, which a fork would not have,
    or opened a file, which all forks would share.
    """
    opened = _open_files()
    gc.disable()
    link_fonts()
    kept = _make_room()
    for name in NAMES:
        importlib.import_module(name)
    _use()
    del kept
    if (threads := len(os.listdir("/proc/self/task"))) != 1:  # noqa: PTH208
        raise RuntimeError(f"the libraries have started {threads - 1} threads")
    vars(sys.modules["matplotlib.font_manager"])["_get_font"].cache_clear()
    gc.collect()
    if left := _open_files() - opened:
        raise RuntimeError(f"the libraries have opened {len(left)} files")
    gc.freeze()
    kernel.gather_memory()


def make_own() -> None:
    """In a fork: give what draws random numbers a state of its own. `random` itself sees to it at a fork."""
    gc.enable()
    if (numpy := sys.modules.get("numpy")) is not None:
        words = numpy.frombuffer(os.urandom(_STATE_WORDS * 4), "uint32")
        numpy.random.set_state(("MT19937", words, _STATE_WORDS))
    if (processes := sys.modules.get("multiprocessing.process")) is not None:
        processes.current_process().authkey = os.urandom(32)
    if (files := sys.modules.get("tempfile")) is not None:
        vars(files)["_name_sequence"] = None
    if (identities := sys.modules.get("uuid")) is not None:
        vars(identities)["_node"] = None


def touch() -> None:
    """In a fork that nobody has asked for yet: use pandas a little, so that its pages are copied by now."""
    pandas = sys.modules["pandas"]
    frame = pandas.read_csv(io.StringIO("kind,value\na,1.5\nb,2\na,3\n"))
    rich.bundle(frame, _MOST_BYTES)
    rich.bundle(frame.groupby("kind")["value"].sum(), _MOST_BYTES)
    compile(ast.parse("1 + 1"), "", "exec", dont_inherit=True)


def _make_room() -> list[bytes | None]:
    """Have Python take the memory for its objects in one piece, now, and keep it while what is returned is kept.

    Else it takes it bit by bit, scattered between the files that the libraries map. In one piece it is gathered in
    large pages, and a fork copies one entry instead of 512.
    """
    blocks: list[bytes | None] = [None] * (_OBJECTS_BYTES // _BLOCK_BYTES)
    for place in range(len(blocks)):
        blocks[place] = bytes(_BLOCK_BYTES - sys.getsizeof(b""))
    return blocks[:: _ARENA_BYTES // _BLOCK_BYTES // 2]


def _open_files() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            os.fstat(int(name))
        except OSError:
            continue
        found.add(name)
    return found


def _use() -> None:
    pandas, pyplot = sys.modules["pandas"], sys.modules["matplotlib.pyplot"]
    frame = pandas.DataFrame({"kind": ["a", "b", "a"], "value": [1.5, 2.0, 3.0]})
    rich.bundle(frame, _MOST_BYTES)
    rich.bundle(frame.groupby("kind")["value"].sum(), _MOST_BYTES)
    figure, axes = pyplot.subplots()
    axes.plot([1, 2])
    rich.png(figure)
    pyplot.close("all")
    rich.bundle(sys.modules["plotly.express"].bar(frame, x="kind", y="value"), _MOST_BYTES)
