"""Rows of the VM lab, run in the guest by `init`: `rows.py ROW...`. Prints 'ok ROW: …' or 'FAIL ROW: …' for each.

The NIC under test is in the namespace of the director; the far end of its cable stays here and is client and real server at once.
"""

import glob
import json
import os
import signal
import sys
import time
import traceback

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
    for method, port in METHODS:
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


ROWS = {name.removeprefix("row_"): row for name, row in list(globals().items()) if name.startswith("row_")}


def main(names):
    driver = lay_cable()
    link = wire.Wire("peer")
    failed = 0
    print(f"{driver}, Linux {os.uname().release}")
    for name in names:
        start = time.monotonic()
        try:
            text = ROWS[name](link)
            print(f"ok {name}: {text} ({time.monotonic() - start:.0f} s)")
        except Failure as failure:
            failed += 1
            print(f"FAIL {name}: {failure}")
        except Exception:
            failed += 1
            print(f"FAIL {name}: {traceback.format_exc()}")
    print(f"{len(names) - failed} passed, {failed} failed")


main(sys.argv[1:] or list(ROWS))
