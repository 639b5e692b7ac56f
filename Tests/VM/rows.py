"""Rows of the VM lab, run in the guest by `init`: `rows.py ROW...`. Prints 'ok ROW: …' or 'FAIL ROW: …' for each.

The NIC under test is in the namespace of the director; the far end of its cable stays here and is client and real server at once.
"""

import glob
import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

import cost
import director
import wire
from director import DIRECT, IPIP, NAMESPACE, NIC, Director, ip, run, within

MTU = 1600
# Ethernet frames without the check sequence: from the shortest to a full one with a VLAN tag. A tunnel adds 20 bytes, for which the MTU has room.
SIZES = list(range(60, 1519))
METHODS = ("direct", DIRECT), ("ipip", IPIP)
# An igb needs three seconds for its link after each reset, emulated rather more.
LINK = 30
RING = 2048


class Failure(Exception):
    pass


def expect(condition, text):
    if not condition:
        raise Failure(text)


def device(mac):
    for path in glob.glob("/sys/class/net/*/address"):
        if open(path).read().strip() == mac.hex(":"):
            return path.split("/")[-2]
    raise RuntimeError(f"no interface has the MAC address {mac.hex(':')}")


def set_mtu(mtu):
    ip(f"link set {NIC} mtu {mtu}")
    run("ip", "link", "set", "peer", "mtu", f"{max(mtu, 1500)}")


def lay_cable():
    """The director's namespace with the NIC, and the far end, which answers no ARP and sends nothing by itself."""
    for path in glob.glob("/proc/sys/net/ipv6/conf/*/disable_ipv6"):
        open(path, "w").write("1")
    near, far = device(wire.NIC_MAC), device(wire.PEER_MAC)
    # igb has as many queues as the guest has processors, but the workers should leave one to the far end.
    run("ethtool", "-L", near, "combined", "2", check=False)
    driver = os.path.basename(os.readlink(f"/sys/class/net/{near}/device/driver"))
    run("ip", "netns", "add", NAMESPACE)
    run("ip", "link", "set", far, "name", "peer")
    run("ip", "link", "set", near, "name", NIC, "netns", NAMESPACE)
    within("sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    ip("link set lo up")
    ip(f"link set {NIC} up")
    ip(f"addr add {wire.DIRECTOR}/24 dev {NIC}")
    ip(f"neigh add {wire.SERVER} lladdr {wire.PEER_MAC.hex(':')} dev {NIC} nud permanent")
    run("ip", "link", "set", "peer", "up", "promisc", "on", "arp", "off")
    set_mtu(MTU)
    return driver


def ready(running, link):
    """The director, once datagrams reach the real server. The seconds that took are in `seconds`."""
    running.wait()
    running.seconds = link.wait(DIRECT, LINK)
    expect(running.seconds is not None, f"nothing forwarded for {LINK} s: {running.interface()}; {busy_counters(running)}; {running.text()}")
    link.drain()
    return running


def busy_counters(running):
    return {name: total for name, total in running.counters().items() if total}


def expect_clean(running, before):
    """No frame was cut, and none was taken for another's."""
    after = running.counters()
    for name in ("dropped-bad-length", "steer-passed", "dropped-transmit-full"):
        expect(name in after, f"there is no counter {name}")
        expect(after[name] == before[name], f"{name} rose by {after[name] - before[name]}: {busy_counters(running)}")


def exchange_all(running, link, sizes):
    """Sends frames of these sizes by all methods; by a tunnel only those that fit the MTU with the outer header."""
    mtu = json.loads(ip(f"-json link show dev {NIC}").stdout)[0]["mtu"]
    everything = sizes
    for method, port in METHODS:
        sizes = everything if method == "direct" else [size for size in everything if size - 14 + 20 <= mtu]
        before = running.counters()
        lost, faults = link.exchange(sizes, port, method)
        expect(not lost, f"{method}: {len(lost)} of {len(sizes)} sizes lost: {lost[:8]}…{lost[-1:]}; {busy_counters(running)}")
        expect(not faults, f"{method}: {len(faults)} frames differ: {faults[:3]}")
        expect_clean(running, before)


def row_attach(link):
    """Native and zero-copy, as `sluice status` says."""
    running = Director("copy: zero-copy\nmode: native")
    try:
        ready(running, link)
        interface = running.interface()
        expect(interface["attach"] == "native" and interface["transfer"] == "zero-copy", f"{interface}")
        return f"{interface['queues']} queue(s), {interface['attach']}, {interface['transfer']}; first packet after {running.seconds:.1f} s"
    finally:
        running.end()


def row_sizes(link):
    """Frames of all sizes, by direct routing and IPIP."""
    running = Director("copy: zero-copy")
    try:
        ready(running, link)
        exchange_all(running, link, SIZES)
        workers = next(c for c in json.loads(running.ask("stats", "--json"))["workers"] if c["name"] == "forwarded")["workers"]
        expect(all(workers), f"a worker forwarded nothing: {workers}")
        return f"{len(SIZES)} sizes of {SIZES[0]} to {SIZES[-1]} bytes by each of {len(METHODS)} methods, by worker {workers}"
    finally:
        running.end()


def row_mtu(link):
    """An MTU that is too large for Sluice or the driver is refused with the reason. With the largest that is not, frames of all sizes arrive."""
    texts = []
    # The last one that the NIC itself can have, the largest for packet buffers of 4 KiB, then those of virtio and igb.
    for mtu in (9000, 3818, 3506, 3046, 2000):
        try:
            set_mtu(mtu)
        except RuntimeError:
            continue
        running = Director("copy: zero-copy")
        if running.fails():
            texts.append(running.text().strip().splitlines()[-1])
            expect(f"MTU {mtu}" in texts[-1] and "Invalid argument, MTU" not in texts[-1], f"the reason is missing: {texts[-1]}")
            continue
        try:
            ready(running, link)
            sizes = [size for size in range(60, mtu + 15) if size % 1024 < 40 or size % 1024 > 1000 or size % 16 == 0 or size > mtu - 20]
            exchange_all(running, link, sizes)
            return f"{len(sizes)} sizes of 60 to {sizes[-1]} bytes with MTU {mtu}; refused: {texts}"
        finally:
            running.end()
    raise Failure(f"no MTU was taken: {texts}")


def row_generic(link):
    """Where the driver refuses native XDP, generic XDP with copy mode forwards, and the log says why it is so."""
    set_mtu(3818)
    running = Director()
    try:
        ready(running, link)
        interface = running.interface()
        expect(interface["attach"] == "generic" and interface["transfer"] == "copy", f"{interface}")
        said = [line for line in running.text().splitlines() if "generic XDP" in line]
        expect(said and "MTU 3818" in said[0] and "Invalid argument, MTU" not in said[0], f"the reason is missing: {said}")
        exchange_all(running, link, SIZES[::20])
        return said[0]
    finally:
        running.end()


def row_queues(link):
    """A driver that adds queues when a program is attached is refused, and the command that the message names lets it start."""
    within("ethtool", "-L", NIC, "combined", "1")
    running = Director("copy: zero-copy")
    expect(running.fails(), f"{running.text()}")
    text = running.text().strip().splitlines()[-1]
    command = re.search(r"from 1 to \d+ queues when attached.*`(ethtool -L nic combined \d+)`", text)
    expect(command, text)
    within(*command[1].split())
    running = Director("copy: zero-copy")
    try:
        ready(running, link)
        exchange_all(running, link, SIZES[::20])
        return f"{text}; then {running.interface()}"
    finally:
        running.end()
        within("ethtool", "-L", NIC, "combined", "2")


def row_restart(link):
    """SIGTERM with --keep-steering, then a start: forwarding comes back, with the same flows."""
    return restart(link, signal.SIGTERM, ["--keep-steering"])


def row_killed(link):
    """The same after kill -9."""
    return restart(link, signal.SIGKILL, [])


def restart(link, number, options):
    running = ready(Director("copy: zero-copy", options), link)
    try:
        texts = []
        for _ in range(2):
            running.end(number)
            running = Director("copy: zero-copy", options)
            ready(running, link)
            expect("took over the tables" in running.text(), f"nothing was taken over: {running.text()}")
            expect(running.interface()["transfer"] == "zero-copy", f"{running.interface()}")
            exchange_all(running, link, SIZES[::50])
            texts.append(f"{running.seconds:.1f} s")
        return f"forwards again {' and '.join(texts)} after the start, {len(SIZES[::50])} sizes whole"
    finally:
        running.end()
        run(director.SLUICE, "detach", "--interface", NIC, check=False)


def row_busy(link):
    """Busy polling goes on past the size of a ring, or the worker ends it by itself and says so."""
    running = Director("copy: zero-copy\nbusy-poll: 50")
    try:
        ready(running, link)
        transfer = running.interface()["transfer"]
        lost = 0
        sizes = [64, 200, 1500] * (RING // 2)
        workers = running.interface()["queues"]
        for _ in range(workers):
            missing, faults = link.exchange(sizes, DIRECT, "direct")
            expect(not faults, f"frames differ: {faults[:3]}")
            lost += len(missing)
        # What was lost until it noticed is lost. From now on nothing is.
        before = running.counters()
        missing, faults = link.exchange(sizes[: RING + 100], DIRECT, "direct")
        said = [line for line in running.text().splitlines() if "stood still" in line]
        expect(not missing and not faults, f"{len(missing)} still lost after {lost}; {said}; {busy_counters(running)}")
        expect_clean(running, before)
        expect(bool(said) == bool(running.counters()["ring-stalled"]), f"{said}, but {busy_counters(running)}")
        health = running.health()
        expect(health.startswith("{") and not json.loads(health).get("problems"), f"healthz: {health}")
        return f"{transfer}, {len(sizes) * workers + RING + 100} frames, {lost} lost; {said or 'no ring stood still'}"
    finally:
        running.end()


def row_cost(link):
    """Instructions a packet, with zero-copy and without."""
    return cost.measure()


ROWS = {name.removeprefix("row_"): row for name, row in list(globals().items()) if name.startswith("row_")}


def main(names):
    driver = lay_cable()
    link = wire.Wire("peer")
    print(f"{driver}, Linux {os.uname().release}")
    for name in names:
        start = time.monotonic()
        try:
            set_mtu(MTU)
            text = ROWS[name](link)
            print(f"ok {name}: {text} ({time.monotonic() - start:.0f} s)")
        except Failure as failure:
            print(f"FAIL {name}: {failure}")
        except Exception:
            print(f"FAIL {name}: {traceback.format_exc()}")
    print(f"end: {len(names)} rows")


main(sys.argv[1:])
