"""Makes docs/performance.md of the lines that latchkey-bench has written."""

import json
import platform
import re
import subprocess
import sys


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def processor():
    with open("/proc/cpuinfo", encoding="utf8") as file:
        return re.search(r"model name\s*: (.*)", file.read()).group(1)


def memory():
    with open("/proc/meminfo", encoding="utf8") as file:
        return round(int(re.search(r"MemTotal:\s*(\d+)", file.read()).group(1)) / 1048576)


with open(sys.argv[1], encoding="utf8") as file:
    runs = [json.loads(line) for line in file]

postgres = said("sh", "-c", "ls /usr/lib/postgresql | sort -V | tail -n 1")
print(f"""<!-- Written by `bench/run`. -->

# Performance

Measured by `bench/run` with commit {said("git", "rev-parse", "--short", "HEAD")} on {processor()}, {said("nproc")} cores, {memory()} GB,
Linux {platform.release()}, {said("rustc", "--version")}, PostgreSQL {postgres}. The server is pinned to one core, the load to another, by 16
connections over loopback; PostgreSQL shares the core of the load. The raw limits are what the same core does in the same
run with the same library and nothing else: signatures of a small token, argon2id with 19 MiB and 2 passes. SQLite runs with
`synchronous=FULL`, PostgreSQL with its own defaults (fsync, synchronous commit). Every user has a session and a grant.
""")
for run in runs:
    raw = run["raw"]
    print(f"## {run['database']}, {run['users']:,} users\n")
    print(f"Raw: {raw['rs256']:,.0f} RS256 and {raw['es256']:,.0f} ES256 signatures, {raw['argon2id']:.1f} argon2id hashes a second.\n")
    print("| | per second | bar | of the bar | median | p99 |\n|---|---|---|---|---|---|")
    for line in run["lines"]:
        share = line["rate"] / line["bar"]
        mark = "" if share >= 1 else " **missed**"
        limit = "" if line["limit"] == "fixed" else f" ({line['limit']})"
        print(f"| {line['name']} | {line['rate']:,.0f} | {line['bar']:,.0f}{limit} | {share:.0%}{mark} "
              f"| {line['median_ms']:.2f} ms | {line['p99_ms']:.2f} ms |")
    print(f"\nSecond start to the first answer: {run['started_in_ms']:.0f} ms. Memory (PSS): {run['pss_idle']:.1f} MiB at rest, "
          f"{run['pss_loaded']:.1f} MiB after the load.\n")

by = {(run["database"], run["users"]): {line["name"]: line["rate"] for line in run["lines"]} for run in runs}
counts = sorted({run["users"] for run in runs})
if len(counts) > 1:
    few, many = counts[0], counts[-1]
    print(f"## With {few:,} users and with {many:,}\n\nHow many times the rate with few users is that with many; 1.2 is the bar.\n")
    print("| | SQLite | PostgreSQL |\n|---|---|---|")
    for name in by[("SQLite", few)]:
        cells = []
        for database in ("SQLite", "PostgreSQL"):
            first, last = by.get((database, few), {}).get(name), by.get((database, many), {}).get(name)
            cells.append(f"{first / last:.2f}" if first and last else "–")
        print(f"| {name} | {' | '.join(cells)} |")
