"""An Apache Kafka broker on loopback, from published artifacts: `python -m tests.kafka.broker COMMAND …`.

Runs the command with the broker's address in KTUI_KAFKA, and stops the broker when the command ends, however it does.
Where Java or Maven are not there, it says so in a line and runs the command without. Tests start brokers of their own
with the class, to kill them.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

VARIABLE = "KTUI_KAFKA"
"""Holds the address of a broker that tests may use."""
HERE = Path(__file__).parent
LIBRARIES = HERE.parents[1] / ".kafka"
"""Where the jars are; ignored by git."""
JAVA = 17
FETCHING, FORMATTING, STARTING, STOPPING = 300.0, 60.0, 60.0, 20.0
"""Seconds after which each is given up."""


class NoBroker(Exception):
    """There can be none here; the text says why."""


def java() -> str:
    """The path of a Java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise NoBroker("there is no Java")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=30).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version.group(1)) < JAVA:
        raise NoBroker(f"Java {JAVA} or later is needed, and there is {version.group(1) if version else 'another'}")
    return found


def libraries() -> Path:
    """The folder of the jars, fetched by Maven unless they are there."""
    if LIBRARIES.is_dir():
        return LIBRARIES
    maven = shutil.which("mvn")
    if maven is None:
        raise NoBroker("there is no Maven")
    part = LIBRARIES.with_suffix(f".{os.getpid()}")
    command = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    try:
        subprocess.run(
            [*command, "-DincludeScope=runtime", f"-DoutputDirectory={part}"],
            check=True,
            capture_output=True,
            timeout=FETCHING,
        )
        part.rename(LIBRARIES)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(part, ignore_errors=True)
        if LIBRARIES.is_dir():  # another was quicker
            return LIBRARIES
        raise NoBroker(f"Maven could not fetch Kafka ({type(error).__name__})") from error
    return LIBRARIES


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")


class Broker:
    """One broker, which is its own controller, or joins the cluster of another one. `more` are lines of
    server.properties."""

    def __init__(
        self,
        home: Path,
        *,
        listeners: Sequence[str] = ("PLAINTEXT",),
        more: Mapping[str, str] | None = None,
        beside: Broker | None = None,
    ) -> None:
        self.home = home
        self._java, self._libraries = java(), libraries()
        *ports, controller = free_ports(len(listeners) + 1)
        self._beside = beside
        self.cluster = _cluster_id() if beside is None else beside.cluster
        self.number: int = 1 if beside is None else beside.number + 1
        self._controller = f"127.0.0.1:{controller}" if beside is None else beside._controller
        self.addresses = {name: f"127.0.0.1:{port}" for name, port in zip(listeners, ports, strict=True)}
        """By listener."""
        self._process: subprocess.Popen[bytes] | None = None
        self._heir: subprocess.Popen[bytes] | None = None
        """Ends the broker should we be gone ourselves, by whatever crash."""
        self._configure(more or {})

    @property
    def address(self) -> str:
        """Of the listener without any security."""
        return self.addresses["PLAINTEXT"]

    @property
    def log(self) -> str:
        """What the broker wrote since it was last started."""
        return (self.home / "kafka.log").read_text(encoding="utf-8", errors="replace")

    def _configure(self, more: Mapping[str, str]) -> None:
        listeners = ",".join(f"{name}://{address}" for name, address in self.addresses.items())
        own = f",CONTROLLER://{self._controller}" if self._beside is None else ""
        settings = {
            "process.roles": "broker,controller" if self._beside is None else "broker",
            "node.id": str(self.number),
            "listeners": listeners + own,
            "advertised.listeners": listeners,
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": ",".join(
                ["CONTROLLER:PLAINTEXT", *(f"{name}:{name}" for name in self.addresses)]
            ),
            "controller.quorum.bootstrap.servers": self._controller,
            "log.dirs": str(self.home / "data"),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.num.partitions": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": "false",
            **more,
        }
        self.home.mkdir(parents=True, exist_ok=True)
        self._file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")

    @property
    def _file(self) -> Path:
        return self.home / "server.properties"

    def _command(self, main: str, *arguments: str) -> list[str]:
        tuned = (
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # most of its life is its start: half the time of it
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
        )
        return [self._java, *tuned, "-cp", f"{self._libraries}/*", main, *arguments]

    def _format(self) -> None:
        alone = ("--standalone",) if self._beside is None else ()
        arguments = ("format", *alone, "-t", self.cluster, "-c", str(self._file))
        command = self._command("kafka.tools.StorageTool", *arguments)
        try:
            subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=FORMATTING)
        except subprocess.SubprocessError as error:
            said = getattr(error, "stdout", None) or b""
            raise NoBroker(f"Kafka's storage could not be made: {error} {said.decode()[-500:]}") from error

    def start(self) -> None:
        """Start it and wait until it answers; again after it was stopped or killed, with its data."""
        if not (self.home / "data").is_dir():
            self._format()
        with (self.home / "kafka.log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._file)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # ctrl+c is for the tests, who stop it then
            )
        wait_and_kill = 'cat >/dev/null; kill -9 "$0" 2>/dev/null'
        self._heir = subprocess.Popen(
            ["sh", "-c", wait_and_kill, str(self._process.pid)], stdin=subprocess.PIPE, start_new_session=True
        )
        deadline = time.monotonic() + STARTING
        while "Kafka Server started" not in self.log:
            if self._process.poll() is not None or time.monotonic() > deadline:
                lines = self.log.splitlines()
                said = "\n".join(
                    [line for line in lines if re.search(r"ERROR|Exception|Caused", line)][:10] or lines[-10:]
                )
                self.stop()
                raise NoBroker(f"Kafka did not start: {said}")
            time.sleep(0.05)

    def pause(self) -> None:
        """Let it stand still, its connections open."""
        self._signal(signal.SIGSTOP)
        time.sleep(0.3)  # until the last of its threads stands, too

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> None:
        """End it in order, or else at once."""
        if self._process is None or self._process.poll() is not None:
            return
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        try:
            self._ended()
        except subprocess.TimeoutExpired:
            self.kill()

    def _ended(self) -> None:
        if self._process is not None:
            self._process.wait(STOPPING)
        if self._heir is not None and self._heir.stdin is not None:
            self._heir.stdin.close()
            self._heir.wait(STOPPING)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextmanager
def running(**options: object) -> Iterator[Broker]:
    """A broker with data of its own, which go with it."""
    with tempfile.TemporaryDirectory(prefix="ktui-kafka-") as folder:
        broker = Broker(Path(folder), **options)  # type: ignore[arg-type]
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()  # nobody needs its data, and an orderly end takes seconds


def main(command: Sequence[str]) -> int:
    """Run the command beside a broker; its exit code."""

    def ended(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    try:
        with running() as broker:
            print(f"Apache Kafka on {broker.address} for the tests", flush=True)
            return subprocess.run(command, env={**os.environ, VARIABLE: broker.address}).returncode
    except NoBroker as error:
        print(f"Without a broker, the tests that need one are skipped: {error}", flush=True)
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
