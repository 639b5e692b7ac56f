"""A director in its network namespace, as an operator runs it."""

import json
import os
import signal
import subprocess
import time

SLUICE = os.environ["SLUICE_BINARY"]
FOLDER = "/run/vm"
NAMESPACE = "director"
NIC = "nic"
DIRECT, IPIP = 53, 54


def run(*command, check=True):
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if check and result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr or result.stdout}")
    return result


def ip(text):
    return run("ip", "-n", NAMESPACE, *text.split())


def within(*command, check=True):
    """Runs a command in the director's network namespace. Not by `ip netns exec`, which hides the BPF file system."""
    return run("nsenter", f"--net=/run/netns/{NAMESPACE}", "--", *command, check=check)


def wait_for_link(seconds=30):
    """An igb has no link for some seconds after a program was attached."""
    until = time.monotonic() + seconds
    while json.loads(ip(f"-json link show dev {NIC}").stdout)[0]["operstate"] != "UP":
        if time.monotonic() > until:
            raise RuntimeError(f"{NIC} has no link for {seconds} s")
        time.sleep(0.1)
    # The daemon sees it a moment later.
    time.sleep(1)


class Director:
    """A running daemon. Its log is its own; the configuration changes by `settings`, lines under `director:`."""

    count = 0

    def __init__(self, settings="", options=()):
        Director.count += 1
        os.makedirs(FOLDER, exist_ok=True)
        self.socket = f"{FOLDER}/sluice.sock"
        self.log = f"{FOLDER}/log{Director.count}"
        file = f"{FOLDER}/sluice.yaml"
        with open(file, "w") as out:
            out.write(f"director:\n  interfaces: [{NIC}]\n  socket: {self.socket}\n  hash-key: vm\n  flows: 65536\n")
            out.writelines(f"  {line}\n" for line in settings.splitlines())
            out.write("services:\n")
            for port, method in (DIRECT, "direct"), (IPIP, "ipip"):
                out.write(f"  - service: udp 10.9.0.100:{port}\n    servers: [{{ address: 10.9.0.11, forward: {method} }}]\n")
        self.process = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{NAMESPACE}", "--", SLUICE, "run", "--config", file, *options],
            stdout=open(self.log, "w"),
            stderr=subprocess.STDOUT,
        )

    def text(self):
        with open(self.log) as log:
            return log.read()

    def wait(self, seconds=60):
        """Until it forwards; raises if it ends before."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if "forwarding on" in self.text():
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the director did not start: {self.text()}")

    def fails(self):
        """Waits until it forwards (false), or has ended by itself (true)."""
        try:
            self.wait()
        except RuntimeError:
            return self.process.poll() not in (None, 0)
        return False

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def ask(self, *command):
        return run(SLUICE, *command, "--socket", self.socket).stdout

    def interface(self):
        return json.loads(self.ask("status", "--json"))["interfaces"][0]

    def health(self):
        return run("curl", "-s", "--unix-socket", self.socket, "http://sluice/v1/healthz").stdout

    def counters(self):
        groups = json.loads(self.ask("stats", "--json"))
        return {counter["name"]: counter["total"] for group in groups.values() for counter in group}
