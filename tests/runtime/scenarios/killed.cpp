// SPDX-License-Identifier: MIT
// Rank 1 kills itself at a certain point, by a signal that nothing can catch: the others wait for
// it, and the launcher ends them.
#include "scenarios.hpp"

#include <unistd.h>
#include <csignal>

namespace {

[[noreturn]] void die() {
  std::printf("rank 1 goes\n");
  std::fflush(stdout);
  std::raise(SIGKILL);
  std::_Exit(98);
}

using Parts = std::vector<std::vector<double>>;
/// Fifty messages of half a mebibyte each.
Parts many_parts() {
  return Parts(50, std::vector<double>(65'536, 1.5));
}

/// Kills rank 1 while it is packed, behind its first part.
struct KillsInSave {
  std::vector<double> first = std::vector<double>(100'000, 0.5), second = first;
  template <class Archive>
  void save(Archive& archive) const {
    archive(first);
    if (MPI::COMM_WORLD.Get_rank() == 1) die();
    archive(second);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(first, second);
  }
};
/// Kills rank 1 while it takes it apart, between two parts.
struct KillsInLoad {
  std::vector<double> first = std::vector<double>(100'000, 0.5), second = first;
  template <class Archive>
  void save(Archive& archive) const {
    archive(first, second);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(first);
    if (MPI::COMM_WORLD.Get_rank() == 1) die();
    archive(second);
  }
};

}  // namespace

int killed(const std::string& where) {
  const auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const bool dies = rank == 1;
  const int next = (rank + 1) % size, last = (rank + size - 1) % size;
  comm.barrier();

  if (where == "isend") {
    if (dies) {
      // the header is there, and the parts wait for rank 0, which wants one after the other
      auto request = comm.isend(many_parts(), 0);
      comm.recv<int>(0);
      request.test();
      die();
    }
    if (rank == 0) {
      auto request = comm.irecv<Parts>(1);
      comm.send(1, 1);
      request.wait();
    }
  } else if (where == "recv") {
    if (dies) die();
    comm.recv<std::string>(1);
  } else if (where == "irecv") {
    auto request = comm.irecv<Parts>(last);
    if (dies) die();
    comm.ssend(many_parts(), next);
    request.wait();
  } else if (where == "load") {
    if (rank == 0) comm.send(KillsInLoad(), 1);
    if (dies) comm.recv<KillsInLoad>(0);
  } else if (where == "probe") {
    if (dies) die();
    comm.Probe(1);
  } else if (where == "bcast") {
    comm.bcast(KillsInSave(), 1);
  } else if (where == "allgather") {
    comm.allgather(KillsInSave());
  } else if (where == "ialltoall") {
    auto request = comm.ialltoall(std::vector<Parts>(static_cast<std::size_t>(size), many_parts()));
    if (dies) die();
    request.wait();
  } else if (where == "scan") {
    comm.scan(std::string("text"), [&](const std::string& a, const std::string& b) {
      if (dies) die();
      return a + b;
    });
  } else if (where == "Allreduce") {
    std::vector<double> mine(mebibyte, rank), sum(mine.size());
    for (int round = 0;; ++round) {
      if (dies && round == 3) die();
      comm.Allreduce(mine, sum);
    }
  } else if (where == "Ialltoall") {
    std::vector<double> out(static_cast<std::size_t>(size) * 100'000, rank), in(out.size());
    auto request = comm.Ialltoall(out, in);
    if (dies) die();
    request.Wait();
    comm.Barrier();
  } else if (where == "Fence") {
    std::vector<int> memory(1000);
    auto win = MPI::Win::Create(memory, {.comm = comm});
    win.Fence();
    if (dies) die();
    const std::vector<int> block(10, rank);
    win.Put(block, 1);
    win.Fence();
  } else if (where == "Lock") {
    std::vector<int> memory(1000);
    auto win = MPI::Win::Create(memory, {.comm = comm});
    if (dies) win.Lock(0);
    comm.barrier();
    if (dies) die();
    win.Lock(0);
    win.Unlock(0);
  } else if (where == "Write_all" || where == "Close") {
    const std::string path = "/tmp/mpi4cxx-killed-" + std::to_string(getppid());
    auto file = MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_RDWR);
    comm.barrier();
    if (rank == 0) MPI::File::Delete(path);
    const std::vector<int> block(100'000, rank);
    file.Write_at_all(rank * 400'000, block);
    if (dies) die();
    if (where == "Close") file.Close();
    file.Write_at_all(rank * 400'000, block);
  } else if (where == "Split") {
    if (dies) die();
    comm.Split(rank, 0);
  } else if (where == "finalize") {
    if (dies) die();
    return 0;  // the others meet in the finalize
  } else {
    require(false, "no such case");
  }
  return wait_for_ever();
}
