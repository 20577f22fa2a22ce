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
connections over loopback; PostgreSQL shares the core of the load. "Of the limit" compares a rate with what the
same core can do at best, measured right before and after. For tokens and password sign-ins that is the same library and nothing else: signatures of a small token
(half as many if an answer needs two), or argon2id hashes with 19 MiB and 2 passes. For all others it is the same server
and load with an empty answer (`/health/live`). A passkey sign-in is two requests. "Spread" is the smallest and the largest share in several rounds, each with
its own limit; the row shows the round in the middle. "Goal" is the rate that the project aims at.

SQLite runs with `synchronous=FULL`, PostgreSQL with its own defaults (fsync, synchronous commit). Every user has a session and a
grant; a sign-in is the page and the form, each time by another user, with a password or with a passkey. `tokens.refresh_grace` is 0, since a family that
refreshes more than eight times within it keeps its newest token for a while; so each row holds one rotation, as it does where
families refresh every ten minutes.
""")
for run in runs:
    print(f"## {run['database']}, {run['users']:,} users\n")
    print("| | per second | goal | of the limit | spread | median | p99 |\n|---|---|---|---|---|---|---|")
    for line in run["lines"]:
        mark = "" if line["rate"] >= line["bar"] else ", not reached"
        limit = line["limit"]
        share = f"{line['rate'] / limit['rate']:.0%} of {limit['rate']:,.0f} {limit['name']}" if limit else "–"
        shares = line["shares"]
        spread = f"{shares[0]:.0%} to {shares[-1]:.0%} ({len(shares)} times)" if len(shares) > 1 else "–"
        print(f"| {line['name']} | {line['rate']:,.0f} | {line['bar']:,.0f}{mark} | {share} | {spread} "
              f"| {line['median_ms']:.2f} ms | {line['p99_ms']:.2f} ms |")
    after = run["pss_loaded"]
    mark = "" if after <= 60 else ", not reached"
    print(f"\nSecond start to the first answer: {run['started_in_ms']:.0f} ms (goal 100). Memory (PSS): {run['pss_idle']:.1f} MiB at rest "
          f"(goal 30), {after:.1f} MiB after the load (goal 60{mark}).\n")
    starts = run["starts"]
    print(f"{starts['count']:,} sign-ins that were not completed ({starts['rate']:,.0f} a second, `/authorize` and the page): the database had "
          f"{starts['rows_before']:,} rows before and {starts['rows_after']:,} after, the server {starts['pss_before']:.1f} MiB before and "
          f"{starts['pss_after']:.1f} MiB after.\n")
    crowd = run["crowd"]
    print(f"{crowd['people']:,} people who sent the password form at the same moment: {crowd['signed_in']} were signed in, "
          f"{crowd['sent_away']} were asked to try again in a moment (503, `Retry-After`). The server had "
          f"{crowd['memory_before']:.1f} MiB (resident) before and at most {crowd['memory_peak']:.1f} MiB meanwhile; one hash takes 19 MiB.\n")

by = {(run["database"], run["users"]): {line["name"]: line["rate"] for line in run["lines"]} for run in runs}
counts = sorted({run["users"] for run in runs})
if len(counts) > 1:
    few, many = counts[0], counts[-1]
    print(f"## With {few:,} users and with {many:,}\n\nHow many times the rate with few users is that with many; the goal is at most 1.2.\n")
    print("| | SQLite | PostgreSQL |\n|---|---|---|")
    for name in by[("SQLite", few)]:
        cells = []
        for database in ("SQLite", "PostgreSQL"):
            first, last = by.get((database, few), {}).get(name), by.get((database, many), {}).get(name)
            cells.append(f"{first / last:.2f}" if first and last else "–")
        print(f"| {name} | {' | '.join(cells)} |")
