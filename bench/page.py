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
connections over loopback; PostgreSQL shares the core of the load. What is told as a share of a limit is compared with what the
same core does right before and after. For tokens and sign-ins that is the same library and nothing else: signatures of a small token
(half as many where an answer needs two), argon2id hashes with 19 MiB and 2 passes. For all else it is the same server
and load with an answer that takes nothing (`/health/live`). Where a spread is told, the share was measured so often, each time with
its limit; the row is the round in the middle, the spread the least and the greatest share.

SQLite runs with `synchronous=FULL`, PostgreSQL with its own defaults (fsync, synchronous commit). Every user has a session and a
grant; a password sign-in is the page and the form, by somebody else each time. `tokens.refresh_grace` is 0, since a family that
refreshes more than eight times within it keeps its newest token for a while; so each row holds one rotation, as it does where
families refresh every ten minutes.
""")
for run in runs:
    print(f"## {run['database']}, {run['users']:,} users\n")
    print("| | per second | bar | of the limit | spread | median | p99 |\n|---|---|---|---|---|---|---|")
    for line in run["lines"]:
        mark = "" if line["rate"] >= line["bar"] else " **missed**"
        limit = line["limit"]
        share = f"{line['rate'] / limit['rate']:.0%} of {limit['rate']:,.0f} {limit['name']}" if limit else "–"
        shares = line["shares"]
        spread = f"{shares[0]:.0%} to {shares[-1]:.0%} ({len(shares)} times)" if len(shares) > 1 else "–"
        print(f"| {line['name']} | {line['rate']:,.0f} | {line['bar']:,.0f}{mark} | {share} | {spread} "
              f"| {line['median_ms']:.2f} ms | {line['p99_ms']:.2f} ms |")
    print(f"\nSecond start to the first answer: {run['started_in_ms']:.0f} ms (bar 100). Memory (PSS): {run['pss_idle']:.1f} MiB at rest "
          f"(bar 30), {run['pss_loaded']:.1f} MiB after the load (bar 60).\n")
    starts = run["starts"]
    print(f"{starts['count']:,} sign-ins that nobody went on with ({starts['rate']:,.0f} a second, `/authorize` and the page): the database had "
          f"{starts['rows_before']:,} rows before and {starts['rows_after']:,} after, the server {starts['pss_before']:.1f} MiB before and "
          f"{starts['pss_after']:.1f} MiB after.\n")

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
