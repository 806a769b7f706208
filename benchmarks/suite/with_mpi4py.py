#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mpi4py on the rows that plain MPI was measured on, lowercase and uppercase calls in turn.

    mpiexec.openmpi -n 2 python3 benchmarks/suite/with_mpi4py.py RAW.csv OUTPUT.csv [ROUNDS [MILLISECONDS]]
"""
import array
import csv
import math
import statistics
import sys

import mpi4py
from mpi4py import MPI

try:
    import numpy
except ImportError:  # arrays of the standard library do as well, save that their sum is another array
    numpy = None

comm = MPI.COMM_WORLD
rank, size = comm.rank, comm.size


def numbers(count):
    return numpy.ones(count) if numpy else array.array("d", [1.0]) * count


class Lower:
    def __init__(self, payload, count):
        self.value = {
            "scalar": lambda: 1.0,
            "array": lambda: numbers(count // 8),
            "string": lambda: "m" * count,
            "map": lambda: {f"k{i:07}": float(i) for i in range(count // 24)},
        }[payload]()
        self.values = [self.value] * size

    def send(self, other):
        comm.send(self.value, other)

    def recv(self, other):
        comm.recv(source=other)

    def bcast(self, root):
        comm.bcast(self.value if rank == root else None, root)

    def scatter(self, root):
        comm.scatter(self.values if rank == root else None, root)

    def gather(self, root):
        comm.gather(self.value, root)

    def allgather(self, root):
        comm.allgather(self.value)

    def alltoall(self, root):
        comm.alltoall(self.values)

    def reduce(self, root):
        comm.reduce(self.value, root=root)

    def allreduce(self, root):
        comm.allreduce(self.value)


class Upper:
    def __init__(self, payload, count):
        self.out, self.into = numbers(count // 8), numbers(count // 8)
        self.all_out, self.all_into = numbers(count // 8 * size), numbers(count // 8 * size)

    def send(self, other):
        comm.Send(self.out, other)

    def recv(self, other):
        comm.Recv(self.into, other)

    def bcast(self, root):
        comm.Bcast(self.out, root)

    def scatter(self, root):
        comm.Scatter(self.all_out if rank == root else None, self.into, root)

    def gather(self, root):
        comm.Gather(self.out, self.all_into if rank == root else None, root)

    def allgather(self, root):
        comm.Allgather(self.out, self.all_into)

    def alltoall(self, root):
        comm.Alltoall(self.all_out, self.all_into)

    def reduce(self, root):
        comm.Reduce(self.out, self.into, root=root)

    def allreduce(self, root):
        comm.Allreduce(self.out, self.into)


MODES = {
    "scalar": {"mpi4py_lower": Lower, "mpi4py_upper": Upper},
    "array": {"mpi4py_lower": Lower, "mpi4py_upper": Upper},
    "string": {"mpi4py_lower": Lower},
    "map": {"mpi4py_lower": Lower},
}


def run(mode, operation, repetitions):
    if operation == "latency":
        for _ in range(repetitions if rank < 2 else 0):
            if rank == 0:
                mode.send(1)
                mode.recv(1)
            else:
                mode.recv(0)
                mode.send(0)
    else:
        call = getattr(mode, operation)
        for i in range(repetitions):
            call(i % size)


def time_of(*what):
    for _ in range(3):
        comm.Barrier()
    begin = MPI.Wtime()
    run(*what)
    return comm.allreduce(MPI.Wtime() - begin, MPI.MAX)


def measure(modes, operation, rounds, seconds):
    """As suite/measure.hpp does it."""
    repetitions, budget = {}, 0.0
    for name, mode in modes.items():
        count = 1
        run(mode, operation, 1)
        while True:
            time = min(time_of(mode, operation, count) for _ in range(3))
            if time >= seconds / rounds / 2:
                break
            count = math.ceil(count * min(10, max(1.5, seconds / rounds / max(time, 1e-9))))
        repetitions[name] = count
        budget += time
    rounds = int(min(rounds, max(7, seconds * len(modes) / budget)))
    times = {name: [] for name in modes}
    for _ in range(rounds):
        for name, mode in modes.items():
            times[name].append(time_of(mode, operation, repetitions[name]) / repetitions[name])
    return repetitions, times


def main():
    source, target = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 25
    seconds = float(sys.argv[4]) / 1000 if len(sys.argv) > 4 else 0.05
    with open(source, encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(line for line in file if not line.startswith("#"))]
    rows = [row for row in rows if row["mode"] == "raw" and row["payload"] in MODES
            and (row["operation"] == "latency" or hasattr(Lower, row["operation"]))]
    out = open(target if rank == 0 else "/dev/null", "w", encoding="utf-8")
    print(f"# mpi4py: {mpi4py.__version__}", file=out)
    print(f"# Python: {sys.version.split()[0]}", file=out)
    print("# arrays:", f"numpy {numpy.__version__}" if numpy else "of the standard library", file=out)
    print("# MPI:", MPI.Get_library_version().split(",")[0].split("\n")[0], file=out)
    print("operation,payload,bytes,ranks,mode,rounds,repetitions,seconds,least,most,ratio,least_ratio",
          file=out)
    for number, row in enumerate(rows, 1):
        operation, payload, count = row["operation"], row["payload"], int(row["bytes"])
        modes = {name: make(payload, count) for name, make in MODES[payload].items()}
        if not numpy and payload == "array" and operation in ("reduce", "allreduce"):
            del modes["mpi4py_lower"]
        repetitions, times = measure(modes, operation, rounds, seconds)
        per_run = 2 if operation == "latency" else 1
        raw = {key: float(row[key]) for key in ("seconds", "least")}
        text = ""
        for name, list_of_times in times.items():
            median, least, most = (f(list_of_times) / per_run for f in (statistics.median, min, max))
            print(operation, payload, count, size, name, len(list_of_times), repetitions[name],
                  f"{median:.6e}", f"{least:.6e}", f"{most:.6e}", f"{median / raw['seconds']:.4f}",
                  f"{least / raw['least']:.4f}", sep=",", file=out, flush=True)
            text += f"{name:>14}{median / raw['seconds']:>8.2f}"
        if rank == 0:
            print(f"[{number:>3}/{len(rows)}] {operation:<14}{payload:<13}{count:>10}{text}", flush=True)


main()
