#!/usr/bin/python3
"""generate.py [--check]: writes cases.jsonl beside itself, or prints the differences. Needs python3-scapy."""

import difflib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import fixture  # noqa: E402

# A module adds its cases when it is imported.
TOPICS = "steering refusals sources forwarding tunnels size icmp echo flows noserver reset fragments held learned fragmentation"
for topic in TOPICS.split():
    __import__(topic)

TABLE = HERE / "cases.jsonl"


def main():
    made = fixture.lines()
    if sys.argv[1:] != ["--check"]:
        TABLE.write_text("".join(line + "\n" for line in made))
        print(f"fixtures: {len(made)} cases written to {TABLE.name}")
        return 0
    kept = TABLE.read_text().splitlines() if TABLE.exists() else []
    if kept == made:
        print(f"fixtures: all {len(made)} cases are equal to what scapy builds")
        return 0
    for line in list(difflib.unified_diff(kept, made, "cases.jsonl", "scapy", n=0, lineterm=""))[:20]:
        print(line[:200])
    print("fixtures: cases.jsonl differs from what scapy builds; run Tests/Fixtures/generate.py and check the diff")
    return 1


sys.exit(main())
