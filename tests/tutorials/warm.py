"""Kernels that begin with their libraries imported, so that each tutorial is spared the 6 CPU seconds which that takes.

One process imports them and then forks for every tutorial. What a tutorial's cells see is a fresh kernel: a process of
its own, in which none of its code has run yet; only its imports find the libraries there. Jupyter starts kernels by a
command, so the command is this file as well: it asks the process for a fork and lives as long as that does.
"""

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

LIBRARIES = (
    *("ipykernel.kernelapp", "matplotlib.pyplot", "peft", "scipy.stats", "sklearn.linear_model"),
    *("transformers.models.bert.modeling_bert", "transformers.models.gpt2.modeling_gpt2"),
)
"""What a tutorial imports that is not here costs it time and nothing else."""


@contextmanager
def warm_kernels(folder: Path, root: Path, environment: dict[str, str]) -> Iterator[Path]:
    """What JUPYTER_PATH has to be, as long as the process that forks is there; `folder` has a short name."""
    address = folder / "socket"
    kernel = folder / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-S", __file__, str(address), "-f", "{connection_file}"]
    description = {"argv": command, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    # The back end is chosen where pyplot is first used, and that is in a kernel.
    inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-P", __file__, str(listener.fileno())],
            cwd=root,
            env=os.environ | environment | inline,
            stdin=subprocess.PIPE,  # it ends when this closes, also where we are killed
            pass_fds=[listener.fileno()],
        )
    with server:
        with socket.socket(socket.AF_UNIX) as ready:
            ready.connect(str(address))
            ready.recv(1)  # what starts a kernel waits for a minute, and on a busy machine imports take longer
        yield folder
        server.communicate()


def _ask(address: str, *arguments: str) -> None:
    """Ask for a kernel with these arguments and wait until it has ended."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        asked = {"arguments": arguments, "folder": str(Path.cwd()), "environment": dict(os.environ)}
        server.sendall(json.dumps(asked).encode() + b"\n")
        server.recv(1)


def _serve(listener: socket.socket) -> None:
    for library in LIBRARIES:
        import_module(library)
    listener.accept()[0].close()  # tells who started us
    while listener in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _become_a_kernel(connection)
        connection.close()
        os.wait()


def _become_a_kernel(connection: socket.socket) -> None:
    def end_with_who_asked() -> None:
        connection.recv(1)
        os._exit(1)

    try:
        asked = json.loads(connection.makefile().readline())
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.environ.pop("JPY_PARENT_PID", None)  # a kernel whose parent is another ends at once
        threading.Thread(target=end_with_who_asked, daemon=True).start()
        import_module("ipykernel.kernelapp").IPKernelApp.launch_instance(asked["arguments"])
    finally:
        os._exit(0)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _serve(socket.socket(fileno=int(sys.argv[1])))
    else:
        _ask(*sys.argv[1:])
