"""What a packet costs the director in instructions: QEMU counts one nanosecond for each (`-icount shift=0,sleep=off`), on one processor.

Bursts by the kernel's packet generator at the far end, datagrams in frames of 60 bytes, forwarded out of the same NIC. The cost is what the processor
does besides idling, less what it does without packets, less the same with a program that drops all packets at once: sender and bare reception.
"""

import ctypes
import ipaddress
import struct
import time

import wire
from director import DIRECT, IPIP, NIC, Director, ip, run, wait_for_link, within

# Fewer than a ring of Sluice, so that nothing is lost while the generator has the processor.
BURST = 1500
BURSTS = 8
# Two instructions of BPF: r0 = XDP_DROP; exit.
DROP = bytes.fromhex("b700000001000000" "9500000000000000")
BPF, PROGRAM_LOAD, PIN, XDP = 321, 5, 6, 6
# As many flows in each burst, one from each client; new flows come from other clients in each burst.
KNOWN, NEW = 64, BURST
TRAFFIC = ("direct, known flows", DIRECT, KNOWN), ("direct, new flows", DIRECT, NEW), ("IPIP, known flows", IPIP, KNOWN)


def busy():
    """Nanoseconds that the processor has spent in tasks; see Documentation/scheduler/sched-stats.rst."""
    with open("/proc/schedstat") as text:
        return next(int(line.split()[7]) for line in text if line.startswith("cpu0"))


def generator(name, *lines):
    for line in lines:
        with open(f"/proc/net/pktgen/{name}", "w") as file:
            file.write(line + "\n")


def prepare():
    # Forwarded frames are for nobody: receiving them would be the far end's cost.
    run("ip", "link", "set", "peer", "promisc", "off")
    ip(f"neigh replace {wire.SERVER} lladdr 02:00:00:00:00:99 dev {NIC} nud permanent")
    generator("kpktgend_0", "rem_device_all", "add_device peer")
    generator(
        "peer",
        f"count {BURST}",
        "delay 0",
        "clone_skb 0",
        "pkt_size 60",
        f"dst_mac {wire.NIC_MAC.hex(':')}",
        f"dst {wire.VIP}",
        "udp_src_min 1024",
        "udp_src_max 1024",
        "flag !SHARED",
    )


def burst(number, flows):
    first = int(ipaddress.IPv4Address("10.8.0.1"))
    if flows == NEW:
        first += KNOWN + number * NEW
    generator("peer", f"src_min {ipaddress.IPv4Address(first)}", f"src_max {ipaddress.IPv4Address(first + flows - 1)}")
    generator("pgctrl", "start")
    time.sleep(0.05)


def instructions(port, flows):
    """Instructions a packet, in tasks, less those of the same time without packets."""
    generator("peer", f"udp_dst_min {port}", f"udp_dst_max {port}")
    burst(0, flows)
    # Before the bursts: after them the ageing of many flows would count as rest.
    start, before = time.monotonic(), busy()
    time.sleep(2)
    idle = (busy() - before) / (time.monotonic() - start)
    start, before = time.monotonic(), busy()
    for number in range(BURSTS):
        burst(number + 1, flows)
    return (busy() - before - idle * (time.monotonic() - start)) / (BURST * BURSTS)


kept = []


def address(data):
    """Of bytes that the kernel reads."""
    kept.append(ctypes.create_string_buffer(data, len(data)))
    return ctypes.addressof(kept[-1])


def bpf(command, attributes):
    """bpf(2). Not by clang and an object file: an emulated compiler takes longer than the measurement."""
    attributes = attributes.ljust(128, b"\0")
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(BPF, command, ctypes.c_void_p(address(attributes)), len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def bare():
    path = "/sys/fs/bpf/drop"
    program = bpf(PROGRAM_LOAD, struct.pack("=IIQQ", XDP, len(DROP) // 8, address(DROP), address(b"GPL\0")))
    bpf(PIN, struct.pack("=QI", address(path.encode() + b"\0"), program))
    within("ip", "link", "set", NIC, "xdpdrv", "pinned", path)
    wait_for_link()
    cost = instructions(DIRECT, KNOWN)
    within("ip", "link", "set", NIC, "xdpdrv", "off")
    return cost


def measure():
    prepare()
    reception = bare()
    texts = [f"{reception:.0f} for sender and bare reception"]
    for mode in "zero-copy", "copy":
        running = Director(f"copy: {mode}\nmode: native").wait()
        try:
            wait_for_link()
            for name, port, flows in TRAFFIC:
                before = running.counters()
                texts.append(f"{mode}, {name}: {instructions(port, flows) - reception:.0f}")
                after = running.counters()
                forwarded, sent = after["forwarded"] - before["forwarded"], BURST * (BURSTS + 1)
                if forwarded != sent or after["flows"] - before["flows"] != (sent if flows == NEW else KNOWN):
                    raise RuntimeError(f"{texts}: {forwarded} of {sent} packets forwarded: {after}")
        finally:
            running.end()
    return "instructions a packet: " + "; ".join(texts)
