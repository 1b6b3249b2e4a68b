"""A real Slurm of one node, on loopback, for as long as a test lasts. Needs root."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONF = """
ClusterName=here
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/none
CredType=cred/none
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES State=UP
"""


class Slurm:
    """What talks to it."""

    def __init__(self, conf: Path) -> None:
        self.variables = {"SLURM_CONF": str(conf)}

    def waiting(self) -> list[str]:
        """Jobs that wait or run."""
        return self._ask("squeue", "--noheader").splitlines()

    def is_up(self) -> bool:
        """Whether the node takes jobs."""
        return "idle" in self._ask("sinfo", "--noheader")

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout


@contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """Start a controller and a node; end both."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().split(".")[0]
    conf = folder / "slurm.conf"
    conf.write_text(_CONF.format(host=host, ports=_free_ports(), folder=folder))
    server = Slurm(conf)
    commands = (["slurmctld", "-D", "-f", conf], ["slurmd", "-D", "-f", conf, "-N", host])
    started: list[subprocess.Popen[bytes]] = []
    with (folder / "said").open("wb") as said:
        try:
            for command in commands:
                started.append(subprocess.Popen(command, stdout=said, stderr=said))
            deadline = time.monotonic() + 60
            while not server.is_up():
                assert time.monotonic() < deadline, (folder / "said").read_text()
                time.sleep(0.3)
            yield server
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(30)


def _free_ports() -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
