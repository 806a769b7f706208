// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// inline limits: 64 4096
// A request that is dropped before its call is complete: in every form, nothing is written to
// memory that has gone, nothing is lost that was sent, and the next message is the next.
#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"
#include "support/ring.hpp"

#include <mpi4cxx/MPI.hpp>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

using namespace mpi4cxx;

namespace {

/// Small, in one message, and in parts.
const std::size_t lengths[] = {0, 3, 300, 100'000};

std::vector<int> numbers(std::size_t length, int seed) {
  std::vector<int> made(length);
  for (std::size_t i = 0; i < length; ++i) made[i] = static_cast<int>(i) * 3 + seed;
  return made;
}
using Table = std::vector<std::vector<int>>;
Table table_of(std::size_t length, int seed) {
  return Table(5, numbers(length, seed));
}

/// Memory that ends: after a dropped request MPI must not touch it.
class Passing {
 public:
  explicit Passing(std::size_t size) : memory_(std::make_unique<Guarded<int>>(size, -1)) {}
  std::span<int> span() const { return memory_->span(); }
  ~Passing() {
    if (std::uncaught_exceptions() == 0) CHECK(memory_->guards_stay());
  }

 private:
  std::unique_ptr<Guarded<int>> memory_;
};

/// Nothing is on its way any more, and the next message is not one of before.
void check_nothing_left(const MPI::Intracomm& comm, const Ring& ring) {
  comm.Barrier();
  CHECK_FALSE(comm.Iprobe());
  comm.Barrier();
  CHECK(comm.sendrecv(std::string("next"), ring.right, 0, ring.left, 0) == "next");
}

}  // namespace

TEST_CASE("dropped sends of objects arrive", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    for (const std::size_t length : lengths) {
      auto mine = std::make_unique<Table>(table_of(length, ring.rank));
      { const auto dropped = comm.isend(*mine, ring.right, 1); }
      { const auto dropped = comm.isend(table_of(length, ring.rank), ring.right, 1); }
      { const auto dropped = comm.ibsend(*mine, ring.right, 1); }
      mine.reset();
      { const auto dropped = comm.issend(table_of(length, ring.rank), ring.right, 1); }
      for (int i = 0; i < 4; ++i)
        CHECK((comm.recv<Table>(ring.left, 1) == table_of(length, ring.left)));
      // a borrowed one is waited for: its memory is the caller's
      auto incoming = comm.irecv<Table>(ring.left, 2);
      {
        const Table borrowed = table_of(length, ring.rank);
        const auto dropped = comm.isend(MPI::borrow(borrowed), ring.right, 2);
      }
      CHECK((incoming.wait() == table_of(length, ring.left)));
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("dropped receives of objects", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    for (const std::size_t length : lengths) {
      // nobody has sent: cancelled, and the message that comes later is another's
      { const auto dropped = comm.irecv<Table>(ring.left, 1); }
      {
        Table target;
        const auto dropped = comm.irecv_into(target, ring.left, 1);
      }
      comm.Barrier();
      auto outgoing = comm.isend(table_of(length, ring.rank), ring.right, 1);
      CHECK((comm.recv<Table>(ring.left, 1) == table_of(length, ring.left)));
      outgoing.wait();
      // sent already, and found or not: either it is taken along, or it is still there
      outgoing = comm.isend(table_of(length, ring.rank), ring.right, 2);
      auto second = comm.isend(1, ring.right, 2);
      {
        auto dropped = comm.irecv<Table>(ring.left, 2);
        while (!comm.iprobe(ring.left, 2)) {
        }
        dropped.test();
      }
      comm.Barrier();
      // of the first one nothing is left, or it is whole
      MPI::Status status;
      auto found = comm.mprobe(ring.left, 2, &status);
      bool was_taken = true;
      try {
        CHECK(found.recv<int>() == 1);
      } catch (const MPI::TypeMismatch&) {
        was_taken = false;
      }
      if (!was_taken) CHECK(comm.recv<int>(ring.left, 2) == 1);
      outgoing.wait();
      second.wait();
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("dropped buffer calls", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    for (const std::size_t length : lengths) {
      {
        const Passing memory(length);
        const auto dropped = comm.Irecv(memory.span(), ring.left, 1);
      }
      comm.Barrier();
      Guarded<int> in(length, -1);
      auto receive = comm.Irecv(in.span(), ring.left, 1);
      {
        const std::vector<int> out = numbers(length, ring.rank);
        const auto dropped = comm.Isend(out, ring.right, 1);
      }
      receive.Wait();
      CHECK(in.holds(numbers(length, ring.left)));
      receive = comm.Irecv(in.span(), ring.left, 2);
      {
        const std::vector<int> out = numbers(length, ring.rank + 7);
        const auto dropped = comm.Issend(out, ring.right, 2);
      }
      receive.Wait();
      CHECK(in.holds(numbers(length, ring.left + 7)));
      {
        // a send and a receive in one: the send is done
        const std::vector<int> out = numbers(length, ring.rank);
        receive = comm.Irecv(in.span(), ring.left, 3);
        const Passing memory(length);
        const auto dropped = comm.Isendrecv(out, memory.span(), ring.right, 3, ring.left, 4);
      }
      receive.Wait();
      CHECK(in.holds(numbers(length, ring.left)));
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("dropped persistent calls", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    for (const std::size_t length : lengths) {
      Guarded<int> in(length, -1);
      {
        const Passing memory(length);
        const auto inactive = comm.Recv_init(memory.span(), ring.left, 1);
        auto active = comm.Recv_init(memory.span(), ring.left, 1);
        active.Start();
      }
      comm.Barrier();
      auto receive = comm.Irecv(in.span(), ring.left, 1);
      {
        const std::vector<int> out = numbers(length, ring.rank);
        const auto inactive = comm.Send_init(out, ring.right, 1);
        auto active = comm.Send_init(out, ring.right, 1);
        active.Start();
      }
      receive.Wait();
      CHECK(in.holds(numbers(length, ring.left)));
#if MPI_VERSION >= 4
      {
        const Passing memory(length);
        const auto inactive = comm.Bcast_init(memory.span(), 0);
        auto active = comm.Bcast_init(memory.span(), 0);
        active.Start();
      }
#endif
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("dropped collectives do their part", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    const auto ranks = static_cast<std::size_t>(ring.size);
    for (const std::size_t length : lengths) {
      for (int root = 0; root < ring.size; ++root) {
        {
          const Passing memory(length);
          const auto dropped = comm.Ibcast(memory.span(), root);
        }
        {
          const Passing all(length * ranks);
          const std::vector<int> out = numbers(length, ring.rank);
          const auto dropped = comm.Iallgather(out, all.span());
        }
        {
          const Passing sum(length);
          const std::vector<int> out = numbers(length, ring.rank);
          const auto dropped = comm.Ireduce(out, sum.span(), MPI::SUM, root);
        }
        { const auto dropped = comm.Ibarrier(); }
        // of objects: some ranks drop them, others want the result
        const bool drops = (ring.rank + root) % 2 == 0;
        {
          auto request = comm.ibcast(table_of(length, root), root);
          if (!drops) CHECK((request.wait() == table_of(length, root)));
        }
        {
          auto request = comm.iallgather(table_of(length, ring.rank));
          if (!drops) CHECK((request.wait().back() == table_of(length, ring.size - 1)));
        }
        {
          auto request = comm.ialltoall(std::vector<Table>(ranks, table_of(length, ring.rank)));
          if (!drops) CHECK((request.wait().front() == table_of(length, 0)));
        }
        { const auto dropped = comm.igather(table_of(length, ring.rank), root); }
        {
          auto request = comm.iallreduce(1);
          if (!drops) CHECK(request.wait() == ring.size);
        }
        {
          auto request = comm.iallreduce(
              std::string("x"), [](const std::string& a, const std::string& b) { return a + b; });
          if (!drops) CHECK(request.wait() == std::string(ranks, 'x'));
        }
      }
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("dropped accesses of files and windows", "[dropped]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  const std::string path = comm.bcast(
      (std::filesystem::temp_directory_path() / ("mpi4cxx-dropped-" + std::to_string(getpid())))
          .string(),
      0);
  for (const std::size_t length : lengths) {
    const auto bytes = static_cast<MPI_Offset>(length * sizeof(int));
    const std::vector<int> mine = numbers(length, ring.rank);
    {
      auto file = MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_RDWR);
      {
        const std::vector<int> out = mine;
        const auto dropped = file.Iwrite_at(ring.rank * bytes, out);
      }
      {
        const std::vector<int> out = mine;
        const auto dropped = file.Iwrite_at_all(ring.rank * bytes, out);
      }
      file.Sync();
      comm.Barrier();
      {
        const Passing memory(length);
        const auto dropped = file.Iread_at(ring.left * bytes, memory.span());
      }
      {
        const Passing memory(length);
        const auto dropped = file.Iread_at_all(ring.left * bytes, memory.span());
      }
      Guarded<int> in(length, -1);
      file.Read_at(ring.left * bytes, in.span());
      CHECK(in.holds(numbers(length, ring.left)));
    }
    comm.Barrier();
    if (ring.rank == 0) std::filesystem::remove(path);

    std::vector<int> memory(length + 1, -1);
    auto win = MPI::Win::Create(memory, {.disp_unit = sizeof(int), .comm = comm});
    {
      const auto epoch = win.lock_all();
      {
        const std::vector<int> out = mine;
        const auto dropped = win.Rput(out, ring.right);
      }
      win.Flush(ring.right);
      {
        const Passing got(length);
        const auto dropped = win.Rget(got.span(), ring.right);
      }
    }
    comm.Barrier();
    {
      const auto epoch = win.lock(ring.rank);
      CHECK(std::equal(memory.begin(), memory.end() - 1, numbers(length, ring.left).begin()));
    }
    CHECK(memory.back() == -1);
    comm.Barrier();
  }
}

TEST_CASE("requests are dropped while an exception leaves their scope", "[dropped]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const Ring ring(comm);
    for (const std::size_t length : lengths) {
      Guarded<int> in(length, -1);
      auto receive = comm.Irecv(in.span(), ring.left, 1);
      try {
        const Passing nothing(length);
        const std::vector<int> out = numbers(length, ring.rank);
        const auto cancelled = comm.Irecv(nothing.span(), ring.left, 2);
        const auto sent = comm.Isend(out, ring.right, 1);
        const auto object = comm.irecv<Table>(ring.left, 3);
        const auto goes_on = comm.isend(table_of(length, ring.rank), ring.right, 4);
        const auto all = comm.iallgather(table_of(length, ring.rank));
        throw std::runtime_error("leaves");
      } catch (const std::runtime_error&) {
      }
      receive.Wait();
      CHECK(in.holds(numbers(length, ring.left)));
      CHECK((comm.recv<Table>(ring.left, 4) == table_of(length, ring.left)));
    }
    check_nothing_left(comm, ring);
  });
}

TEST_CASE("requests are replaced and moved while they are under way", "[dropped]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  std::vector<MPI::Request> requests;
  for (int i = 0; i < 20; ++i) requests.push_back(comm.isend(table_of(300, i), ring.right, 1));
  requests.erase(requests.begin() + 3, requests.begin() + 12);
  requests[0] = MPI::Request();
  auto receive = comm.irecv<Table>(ring.left, 1);
  CHECK((receive.wait() == table_of(300, 0)));
  receive = comm.irecv<Table>(ring.left, 2);  // nobody sends that
  receive = comm.irecv<Table>(ring.left, 1);
  CHECK((receive.wait() == table_of(300, 1)));
  requests.clear();
  for (int i = 2; i < 20; ++i) CHECK((comm.recv<Table>(ring.left, 1) == table_of(300, i)));
  check_nothing_left(comm, ring);
}
