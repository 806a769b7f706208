// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// When one-sided transfers are complete: fences, groups, locks, and the scopes of all of them.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

const MPI::Intracomm& comm = MPI::COMM_WORLD;

template <class F>
int error_class_of(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    return error.Get_error_class();
  }
  return MPI::SUCCESS;
}

/// A number for each rank, in the memory of each rank.
struct row {
  std::vector<int> memory = std::vector<int>(static_cast<std::size_t>(comm.Get_size()), -1);
  MPI::Win win = MPI::Win::Create(memory, {.disp_unit = sizeof(int), .comm = comm});
};

std::vector<int> zero_to(int end) {
  std::vector<int> numbers(static_cast<std::size_t>(end));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

TEST_CASE("fences take assertions", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  row mine;
  mine.win.Fence(MPI::MODE_NOPRECEDE);
  for (int target = 0; target < size; ++target) mine.win.Put(rank, target, rank);
  mine.win.Fence({.assertion = MPI::MODE_NOSTORE | MPI::MODE_NOSUCCEED});
  CHECK(mine.memory == zero_to(size));
}

TEST_CASE("a fence epoch is a scope", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  row mine;
  std::vector<int> back(mine.memory.size());
  {
    const auto epoch = mine.win.fence_epoch();
    CHECK(epoch);
    for (int target = 0; target < size; ++target) mine.win.Put(rank, target, rank);
  }
  CHECK(mine.memory == zero_to(size));
  {
    auto epoch = mine.win.fence_epoch(MPI::MODE_NOPRECEDE);
    mine.win.Get(back, (rank + 1) % size);
    epoch.close();
    CHECK_FALSE(epoch);
    CHECK(back == zero_to(size));
    epoch.close();  // nothing more
  }
  // after it a lock is possible
  const auto lock = mine.win.lock(rank);
}

TEST_CASE("Start and Post, Complete and Wait meet", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  row mine;
  // nobody
  mine.win.Start(MPI::GROUP_EMPTY);
  mine.win.Complete();
  mine.win.Post(MPI::GROUP_EMPTY);
  mine.win.Wait();

  // rank 0 reads from and writes to all others
  const auto world = mine.win.Get_group();
  if (rank == 0) {
    const auto others = world.Excl({0});
    std::vector<int> values = zero_to(size);
    mine.win.Start(others, {.assertion = 0});
    for (int target = 1; target < size; ++target)
      mine.win.Put(values[static_cast<std::size_t>(target)], target);
    mine.win.Complete();
  } else {
    mine.win.Post(world.Incl({0}));
    mine.win.Wait();
    CHECK(mine.memory[0] == rank);
  }

  // Test instead of Wait
  if (rank == 0) {
    mine.win.Start(world.Excl({0}));
    for (int target = 1; target < size; ++target) comm.send(0, target);
    for (int target = 1; target < size; ++target) mine.win.Put(size, target, 0);
    mine.win.Complete();
  } else {
    mine.win.Post(world.Incl({0}));
    comm.recv<int>(0);
    while (!mine.win.Test()) {
    }
    CHECK(mine.memory[0] == size);
  }
}

TEST_CASE("an object that is under way comes while its rank waits for a window", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  if (size == 1) return;
  const std::vector<double> large(200'000, 1.5);
  row mine;
  if (rank == 0) {
    auto request = comm.irecv<std::vector<double>>({.source = size - 1});
    mine.win.Fence();  // the sender comes to it when its object is taken
    CHECK(request.wait() == large);
  } else {
    if (rank == size - 1) comm.send(large, 0);
    mine.win.Fence();
  }
}

TEST_CASE("access and exposure epochs are scopes", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  row mine;
  const auto world = mine.win.Get_group();
  const auto next = world.Incl({(rank + 1) % size}),
             previous = world.Incl({(rank + size - 1) % size});
  {
    const auto exposure = mine.win.exposure_epoch(previous);
    const auto access = mine.win.access_epoch(next);
    mine.win.Put(rank, (rank + 1) % size);
  }
  CHECK(mine.memory[0] == (rank + size - 1) % size);
}

TEST_CASE("a counter that all ranks add to gives each number once", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  constexpr int turns = 10;
  // the counter is on the last rank
  long counter = 0;
  const auto win = rank == size - 1
                       ? MPI::Win::Create(counter, {.disp_unit = sizeof counter, .comm = comm})
                       : MPI::Win::Create(MPI::None, {.disp_unit = sizeof counter, .comm = comm});
  const long one = 1;
  std::vector<long> mine(turns);
  {
    const auto epoch = win.lock_all(MPI::MODE_NOCHECK);
    for (long& ticket : mine) {
      win.Fetch_and_op(one, ticket, {.target_rank = size - 1});
      win.Flush(size - 1);
    }
  }
  CHECK(std::is_sorted(mine.begin(), mine.end()));
  comm.barrier();
  if (rank == size - 1) {
    const auto epoch = win.lock(rank, MPI::LOCK_SHARED);
    CHECK(counter == turns * size);
  }
  auto all = comm.allgather(mine);
  std::vector<long> tickets;
  for (const auto& each : all) tickets.insert(tickets.end(), each.begin(), each.end());
  std::sort(tickets.begin(), tickets.end());
  for (std::size_t i = 0; i < tickets.size(); ++i) CHECK(tickets[i] == static_cast<long>(i));
}

TEST_CASE("an exclusive lock keeps others from a read and a write", "[rma]") {
  const int size = comm.Get_size();
  constexpr int turns = 3;
  row mine;
  mine.memory[0] = 0;
  comm.barrier();
  for (int turn = 0; turn < turns; ++turn) {
    int value = 0;
    const auto lock = mine.win.lock({.rank = 0, .lock_type = MPI::LOCK_EXCLUSIVE});
    mine.win.Get(value, 0);
    mine.win.Flush(0);
    ++value;
    mine.win.Put(value, 0);
    mine.win.Flush_local(0);
  }
  comm.barrier();
  if (comm.Get_rank() == 0) {
    const auto lock = mine.win.lock(0, MPI::LOCK_SHARED);
    mine.win.Sync();
    CHECK(mine.memory[0] == turns * size);
  }
  comm.barrier();
}

TEST_CASE("a lock made of Compare_and_swap", "[rma]") {
  const int size = comm.Get_size();
  row mine;
  mine.memory[0] = 0;                  // 1 while somebody has it
  if (size > 1) mine.memory[1] = 100;  // what it guards
  comm.barrier();
  const int free = 0, taken = 1, guarded = size > 1 ? 1 : 0;
  {
    const auto epoch = mine.win.lock_all();
    if (size > 1) {
      int before = -1;
      while (before != free) {
        mine.win.Compare_and_swap(taken, free, before, {.target_rank = 0});
        mine.win.Flush(0);
      }
      int value = 0;
      mine.win.Rget(value, 0, guarded).Wait();
      value += 1;
      mine.win.Put(value, 0, guarded);
      mine.win.Flush_all();
      mine.win.Accumulate(free, 0, 0, MPI::REPLACE);
      mine.win.Flush_local_all();
    }
  }
  comm.barrier();
  if (comm.Get_rank() == 0 && size > 1) {
    const auto lock = mine.win.lock(0);
    CHECK(mine.memory[1] == 100 + size);
  }
  comm.barrier();
}

TEST_CASE("ranks of shared memory see each other's stores", "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto win =
      MPI::Win::Allocate_shared(rank == 0 ? sizeof(std::atomic<int>) : 0, {.comm = comm});
  auto& turn = win.Shared_query<std::atomic<int>>(0).front();
  if (rank == 0) turn = 0;
  comm.barrier();
  // each waits for its turn, while it gives way to the others
  while (turn != rank) comm.iprobe();
  turn = rank + 1;
  comm.barrier();
  CHECK(turn == size);
}

TEST_CASE("out of turn synchronizations are errors", "[rma]") {
  int value = 0;
  auto win = MPI::Win::Create(value);
  CHECK(error_class_of([&] { win.Unlock(0); }) == MPI::ERR_RMA_SYNC);
  CHECK(error_class_of([&] { win.Unlock_all(); }) == MPI::ERR_RMA_SYNC);
  CHECK(error_class_of([&] { win.Complete(); }) == MPI::ERR_RMA_SYNC);
  CHECK(error_class_of([&] { win.Put(value, 0); }) == MPI::ERR_RMA_SYNC);
  CHECK(error_class_of([&] { win.Lock(1); }) == MPI::ERR_RANK);
  CHECK(error_class_of([&] { win.Lock(0, 4711); }) != MPI::SUCCESS);
  // a scope whose end fails says so
  CHECK(error_class_of([&] {
          const auto lock = win.lock(0);
          win.Unlock(0);
        }) == MPI::ERR_RMA_SYNC);
}

TEST_CASE("while an exception unwinds, locks are released and nothing waits for other ranks",
          "[rma]") {
  const int rank = comm.Get_rank(), size = comm.Get_size();
  row mine;
  const auto throw_in = [&](auto&& open) {
    try {
      const auto scope = open();
      throw std::runtime_error("unwinding");
    } catch (const std::runtime_error&) {
    }
  };
  // rank 0 alone
  if (rank == 0) {
    throw_in([&] { return mine.win.lock(size - 1); });
    throw_in([&] { return mine.win.lock_all(); });
  }
  comm.barrier();
  {  // the lock is free again
    const auto lock = mine.win.lock(size - 1);
    if (rank == 0) mine.win.Put(rank, size - 1);
  }
  comm.barrier();
  // the fence at the end is left out, on all ranks here, and the window is good for the next
  mine.win.Fence();
  throw_in([&] { return mine.win.fence_epoch(); });
  mine.win.Fence();
  for (int target = 0; target < size; ++target) mine.win.Put(rank, target, rank);
  mine.win.Fence();
  CHECK(mine.memory == zero_to(size));
}
