// SPDX-License-Identifier: MIT
// ranks: 1 2
// time limit: 100
// expect: the memory stays as it was
// Ten thousand of everything that can be made and freed: neither memory nor MPI's handles run out.
#include "support/sanitizers.hpp"

#include <mpi4cxx/mpi4cxx.hpp>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <malloc.h>
#include <unistd.h>

using namespace mpi4cxx;

namespace {

/// Bytes of this process that are in memory.
long resident() {
  long pages = 0;
  if (FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

void communicators(const MPI::Intracomm& comm, int i) {
  const int rank = comm.Get_rank();
  {
    const auto duplicate = comm.Dup();
    const auto half = duplicate.Split(rank % 2, rank);
    if (half.allreduce(1) > 2) throw std::runtime_error("the size of a half");
  }
  auto [later, request] = comm.Idup();
  request.Wait();
  const auto group = comm.Get_group().Incl({0});
  const auto alone = comm.Create(group);
  if (i % 4 == 0) later.Free();
}

void requests(const MPI::Intracomm& comm, int i) {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  const std::string text(static_cast<std::size_t>(i % 100 == 0 ? 20'000 : 50), 'x');
  auto incoming = comm.irecv<std::string>(left, 1);
  auto outgoing = comm.isend(text, right, 1);
  if (incoming.wait() != text) throw std::runtime_error("an object");
  outgoing.wait();
  { const auto dropped = comm.irecv<std::string>(left, 2); }
  std::vector<int> out(100, rank), in(100);
  auto receive = comm.Irecv(in, left, 3);
  comm.Isend(out, right, 3).Wait();
  receive.Wait();
  if (in[99] != left) throw std::runtime_error("a buffer");
  { const auto dropped = comm.Irecv(in, left, 4); }
  { const auto dropped = comm.isend(text, right, 5); }  // goes on by itself
  if (comm.recv<std::string>(left, 5) != text) throw std::runtime_error("a dropped object");
  auto start = comm.Recv_init(in, left, 6);
  start.Start();
  comm.Send(out, right, 6);
  start.Wait();
  auto sum = comm.iallreduce(1);
  if (sum.wait() != size) throw std::runtime_error("a nonblocking collective");
  auto all = comm.iallgather(text);
  if (all.wait().size() != static_cast<std::size_t>(size)) throw std::runtime_error("iallgather");
}

void handles(const MPI::Intracomm& comm, int i) {
  const auto type = MPI::INT.Create_vector(2, 3, 4).Commit();
  const auto twin = type.Dup();
  const auto group = comm.Get_group();
  const auto both = MPI::Group::Union(group, group.Excl({0}));
  auto info = MPI::Info::Create();
  info.Set("key", std::to_string(i));
  const auto copy = info.Dup();
  int offset = i;  // an operator with a state needs a slot
  const auto op = MPI::Op::Create<int>([offset](int a, int b) { return a + b - offset + offset; });
  int mine = 1, sum = 0;
  comm.Allreduce(mine, sum, op);
  if (sum != comm.Get_size()) throw std::runtime_error("an operator");
  const auto keyval = MPI::Comm::Create_keyval();
  MPI::Comm::Free_keyval(keyval);
}

template <class Work>
bool stays(const char* what, int rounds, Work work) {
  const auto& comm = MPI::COMM_WORLD;
  const auto some = [&](int count) {
    for (int i = 0; i < count; ++i) work(comm, i);
    malloc_trim(0);  // what the allocator merely keeps is no leak
    return resident();
  };
  const long first = some(rounds / 10), last = some(rounds);
  const long growth = comm.allreduce(last - first, MPI::MAX);
  if (comm.Get_rank() == 0)
    std::printf("%s: %ld KiB after %d, %ld KiB more after %d\n", what, first / 1024, rounds / 10,
                growth / 1024, rounds);
  std::fflush(stdout);
#if defined(MPI4CXX_TEST_ASAN)
  return true;  // it keeps what was freed
#else
  return growth < 2'000'000;
#endif
}

}  // namespace

int main() {
  // one line each: all are tried, also where the first fails
  bool good = stays("communicators", 2500, communicators);  // five of them in each round
  good = stays("requests", 10'000, requests) && good;
  good = stays("types, groups, infos, operators", 10'000, handles) && good;
  if (good && MPI::COMM_WORLD.Get_rank() == 0) std::puts("the memory stays as it was");
  return good ? 0 : 1;
}
