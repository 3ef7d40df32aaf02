"""`python -m tests.support.supervised SECONDS CODE...`: each piece of Python kept running.

On a signal it gives them SECONDS to end. Exit status 0 when none had to be killed, else 1.
"""

import sys

from taskqueue_site.up.program import Program
from taskqueue_site.up.stream import Stream
from taskqueue_site.up.supervisor import StopAsked, Supervisor


def main(seconds: float, codes: list[str]) -> int:
    supervisor = Supervisor(Stream())
    try:
        for number, code in enumerate(codes, start=1):
            supervisor.start(Program(f"program-{number}", [sys.executable, "-c", code]))
        supervisor.run()
    except StopAsked:
        clean = supervisor.stop(supervisor.running(), seconds=seconds)
        supervisor.deafen()
        return 0 if clean else 1
    return 3


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
