"""Run as a program: becomes the command it is given, and the kernel kills that when the program that started it dies.

    python mortal.py PARENT COMMAND ARGUMENT…

It stands between because the console has threads: nothing of Python may run in a child between fork and exec. It
imports nothing of ours and costs some milliseconds once.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY_S = 0.5


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == parent:
            os.execv(command[0], command)
        return
    watch(parent, command)


def watch(parent: int, command: list[str]) -> None:
    """Where the kernel has no such promise: stay, and look."""
    child = os.spawnv(os.P_NOWAIT, command[0], command)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if os.getppid() != parent:
            os.kill(child, signal.SIGKILL)
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
