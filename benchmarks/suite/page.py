#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One self-contained HTML page of what the benchmarks measured, its plots by gnuplot.

    page.py --command TEXT --main FILE.csv [--crowded FILE.csv] [--mpi4py FILE.csv] OUTPUT.html
"""
import argparse
import csv
import datetime
import html
import re
import subprocess

COLORS = {"raw": "#444444", "buffer": "#1b7837", "object": "#2166ac", "pickled": "#d95f02",
          "mpi4py_upper": "#7fbf7b", "mpi4py_lower": "#b2182b"}
TICKS = [("1", 1), ("32", 32), ("1 Ki", 2**10), ("32 Ki", 2**15), ("1 Mi", 2**20), ("32 Mi", 2**25)]
STYLE = """
body { font: 15px/1.45 sans-serif; color: #222; max-width: 74em; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 0.6em 0 1.5em }
th, td { padding: 0.15em 0.8em; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
th { border-bottom: 2px solid #888 } td.name, th.name { text-align: left }
td small { color: #888 } td.even { background: #e5f3e5 } td.far { background: #fbe6d8 }
.plots { display: flex; flex-wrap: wrap; gap: 0.5em } .plots svg { width: 30em; max-width: 100%; height: auto }
dl { display: grid; grid-template-columns: max-content auto; gap: 0.1em 1em } dt { color: #666 } dd { margin: 0 }
pre { background: #f4f4f4; padding: 0.6em }
"""


def load(name):
    """What a file says of its run, and its figures: {(operation, payload): {bytes: {mode: row}}}."""
    about, groups = [], {}
    with open(name, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for line in lines:
        if line.startswith("# "):
            about.append(line[2:].split(": ", 1))
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        sizes = groups.setdefault((row["operation"], row["payload"]), {})
        sizes.setdefault(int(row["bytes"]), {})[row["mode"]] = row
    return about, groups


def size_text(size):
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size:.4g} {unit}"
        size /= 1024


def time_text(seconds):
    return f"{seconds * 1e6:.2f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def is_stream(operation):
    return operation in ("bandwidth", "bidirectional")


def plot(operation, payload, sizes):
    """A picture of one operation on one payload, all modes, as svg."""
    modes = [mode for mode in COLORS if any(mode in row for row in sizes.values())]
    script = [
        'set terminal svg size 460,300 font "sans,11" noenhanced', "set logscale xy",
        f'set title "{operation}, {payload}"', 'set xlabel "bytes"',
        'set ylabel "%s"' % ("MB/s" if is_stream(operation) else "microseconds"), "set key left top",
        "set grid", "set xtics scale 1,0 (%s)" % ", ".join(f'"{text}" {place}' for text, place in TICKS),
        'set format y "%g"', "set ytics scale 1,0", "unset mytics",
    ]
    for mode in modes:
        script.append(f"${mode} << EOD")
        for size, row in sorted(sizes.items()):
            if mode in row:
                seconds = float(row[mode]["seconds"])
                ways = 2 if operation == "bidirectional" else 1
                script.append(f"{size} {ways * size / seconds / 1e6 if is_stream(operation) else seconds * 1e6:.5g}")
        script.append("EOD")
    script.append("plot " + ", ".join(
        f'${mode} with linespoints pointtype 7 pointsize 0.4 linewidth 1.5 linecolor rgb "{COLORS[mode]}" title "{mode}"'
        for mode in modes))
    svg = subprocess.run(["gnuplot"], input="\n".join(script), check=True, stdout=subprocess.PIPE, text=True).stdout
    svg = svg[svg.index("<svg"):]
    # of what gnuplot defines, the page needs the one shape of its points (6 is 5, filled); groups without
    # anything in them go, too
    svg = re.sub(r"\s*<(desc|title|filter)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<[^<]*id='(gpDot|gpPt(?![56]')\d+)'[^<]*/>", "", svg)
    svg = re.sub(r"<g [^>]*>\s*</g>\s*", "", svg)
    return re.sub(r"\n\s*", "\n", svg)


def ratio_cell(row):
    if not row:
        return "<td></td>"
    ratio, least = float(row["ratio"]), float(row["least_ratio"])
    kind = " class=even" if min(ratio, least) <= 1.1 else " class=far" if min(ratio, least) >= 2 else ""
    return f"<td{kind}>{ratio:.2f} <small>{least:.2f}</small></td>"


def ratio_table(groups, operation, modes, has_raw):
    lines = ["<table><tr><th class=name>payload</th><th>size</th>" + ("<th>raw</th>" if has_raw else "") +
             "".join(f"<th>{mode}</th>" for mode in modes) + "</tr>"]
    for (name, payload), sizes in groups.items():
        for size, row in sorted(sizes.items()) if name == operation else ():
            raw = f"<td>{time_text(float(row['raw']['seconds']))}</td>" if has_raw else ""
            lines.append(f"<tr><td class=name>{payload}</td><td>{size_text(size)}</td>{raw}" +
                         "".join(ratio_cell(row.get(mode)) for mode in modes) + "</tr>")
    return "\n".join(lines + ["</table>"])


def about_list(about):
    return "<dl>" + "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in about) + "</dl>"


def operations_of(groups):
    return list(dict.fromkeys(operation for operation, _ in groups))


def crowded_section(name):
    about, groups = load(name)
    ranks = dict(about)["ranks"]
    lines = [f"<h2>More ranks than cores: {ranks} ranks</h2>",
             "<p>Plain blocking calls against the library's, which give way while they wait (medians). This measures how "
             "one waits and the scheduler of the kernel, not how fast messages travel.</p>",
             "<table><tr><th class=name>operation</th><th class=name>payload</th><th>size</th><th>raw</th><th>buffer</th>"
             "<th>object</th><th>raw / buffer</th><th>raw / object</th></tr>"]
    for (operation, payload), sizes in groups.items():
        for size, row in sorted(sizes.items()):
            raw = float(row["raw"]["seconds"])
            times, factors = "", ""
            for mode in ("buffer", "object"):
                seconds = float(row[mode]["seconds"]) if mode in row else None
                times += f"<td>{time_text(seconds)}</td>" if seconds else "<td></td>"
                factors += f"<td>{raw / seconds:.0f}</td>" if seconds else "<td></td>"
            lines.append(f"<tr><td class=name>{operation}</td><td class=name>{payload}</td><td>{size_text(size)}</td>"
                         f"<td>{time_text(raw)}</td>{times}{factors}</tr>")
    return lines + ["</table>"]


def mpi4py_section(name):
    about, groups = load(name)
    lines = ["<h2>mpi4py</h2>", "<p>Ratios to plain MPI in C over the same MPI library, from two runs, one after the "
             "other: less certain than the ratios above.</p>", about_list(about)]
    for operation in operations_of(groups):
        lines += [f"<h3>{operation}</h3>", ratio_table(groups, operation, ["mpi4py_upper", "mpi4py_lower"], False)]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--command", required=True)
    parser.add_argument("--main", required=True)
    parser.add_argument("--crowded")
    parser.add_argument("--mpi4py")
    parser.add_argument("output")
    options = parser.parse_args()

    about, groups = load(options.main)
    about.append(["measured on", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")])
    page = ["<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8"><title>mpi4cxx beside plain MPI</title>',
            f"<style>{STYLE}</style></head><body>", "<h1>mpi4cxx beside plain MPI</h1>",
            f"<pre>{html.escape(options.command)}</pre>", about_list(about),
            "<p><b>raw</b>: plain MPI in C, objects packed by hand. <b>buffer</b>: uppercase calls. <b>object</b>: lowercase "
            "calls. <b>pickled</b>: lowercase calls of the bytes that cereal's stock archive made of the object. All "
            "take turns in one run.</p>"
            "<p>The tables have the median time of raw and the ratios to it: the median of the ratios of neighbouring "
            "turns, and small beside it the ratio of the least times. Where the two differ much, something else ran on "
            "these cores. Green: at most 1.1 by one of the two; orange: 2 and more by both. Times of latency are one "
            "way; those of bandwidth a message in a stream. benchmarks/README.md says what can be read from this and "
            "what cannot.</p>"]
    if options.crowded:
        page += crowded_section(options.crowded)
    for operation in operations_of(groups):
        page += [f"<h2>{operation}</h2>", "<div class=plots>"]
        page += [plot(operation, payload, sizes) for (name, payload), sizes in groups.items()
                 if name == operation and len(sizes) > 2]
        page += ["</div>", ratio_table(groups, operation, ["buffer", "object", "pickled"], True)]
    if options.mpi4py:
        page += mpi4py_section(options.mpi4py)
    page.append("</body></html>")
    with open(options.output, "w", encoding="utf-8") as file:
        file.write("\n".join(page) + "\n")


main()
