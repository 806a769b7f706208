// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// transport: tcp
// labels: threads
// inline limits: 64 4096
// time limit: 60
// Nonblocking object collectives: values, and every order in which they may be waited for.
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/messages.hpp"

using namespace mpi4cxx;
using messages::Task;

namespace {

using Names = std::map<std::string, std::vector<int>>;

Names names_of(int rank, std::size_t size = 3) {
  return {{"rank " + std::to_string(rank), std::vector<int>(size, rank)}, {"", {}}};
}
/// Large enough to be several messages at every inline limit, and of another length on each rank.
std::vector<double> large_of(int rank) {
  return std::vector<double>(20'000 + static_cast<std::size_t>(rank), rank + 0.5);
}
template <class Make>
auto of_all(int size, Make make) {
  std::vector<decltype(make(0))> all;
  for (int rank = 0; rank < size; ++rank) all.push_back(make(rank));
  return all;
}
std::string letter(int rank) {
  return std::string(static_cast<std::size_t>(rank) + 1, static_cast<char>('a' + rank));
}

}  // namespace

TEST_CASE("each gives what its blocking form gives", "[nonblocking]") {
  const auto halves =
      MPI::COMM_WORLD.Split(MPI::COMM_WORLD.Get_rank() % 2, -MPI::COMM_WORLD.Get_rank());
  const auto check_all = [](const MPI::Intracomm& comm, auto make) {
    using T = decltype(make(0));
    const int rank = comm.Get_rank(), size = comm.Get_size();
    for (int root = 0; root < size; ++root) {
      auto broadcast = comm.ibcast(rank == root ? make(root) : T{}, root);
      auto gathered = comm.igather(make(rank), {.root = root});
      auto scattered = rank == root ? comm.iscatter(of_all(size, make), root)
                                    : comm.template iscatter<T>(MPI::None, root);
      CHECK(broadcast.wait() == make(root));
      const std::optional<std::vector<T>> all = gathered.wait();
      CHECK(all.has_value() == (rank == root));
      if (all) CHECK(*all == of_all(size, make));
      CHECK(scattered.wait() == make(rank));
    }
    CHECK(comm.iallgather(make(rank)).wait() == of_all(size, make));
    // what rank a has for rank b is made of 10 a + b
    const auto mine = of_all(size, [&](int peer) { return make(10 * rank + peer); });
    const auto theirs = of_all(size, [&](int peer) { return make(10 * peer + rank); });
    CHECK(comm.ialltoall(mine).wait() == theirs);
  };
  for (const MPI::Intracomm& comm : {MPI::COMM_WORLD, MPI::COMM_SELF, halves}) {
    check_all(comm, [](int rank) { return rank; });
    check_all(comm, [](int rank) { return letter(rank % 7); });
    check_all(comm, [](int rank) { return names_of(rank); });
    check_all(comm, [](int rank) { return large_of(rank); });
    check_all(comm, [](int rank) { return Task{rank, letter(rank % 5), large_of(rank)}; });
    comm.ibarrier().wait();
  }
}

TEST_CASE("reductions combine in rank order", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto up_to = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += letter(i);
    return text;
  };
  const auto join = [](const std::string& a, const std::string& b) { return a + b; };
  for (int root = 0; root < size; ++root) {
    auto sum = comm.ireduce(rank + 1, MPI::SUM, root);
    auto text = comm.ireduce(letter(rank), {.op = join, .root = root});
    // not associative: only the strict order from the left gives this
    auto difference = comm.ireduce(
        std::optional<long>(rank == 0 ? 1000 : rank),
        [](const auto& a, const auto& b) { return std::optional<long>(*a - *b); }, root);
    const std::optional<int> total = sum.wait();
    CHECK(total.has_value() == (rank == root));
    if (total) CHECK(*total == size * (size + 1) / 2);
    CHECK(text.wait() == (rank == root ? std::optional(up_to(size)) : std::nullopt));
    const auto left = difference.wait();
    if (rank == root) CHECK(**left == 1000 - size * (size - 1) / 2);
  }
  CHECK(comm.iallreduce(rank + 1.5, MPI::MAX).wait() == size + 0.5);
  CHECK(comm.iallreduce(letter(rank)).wait() == up_to(size));
  CHECK(comm.iallreduce(std::vector<int>{rank, 1}, MPI::SUM).wait() ==
        std::vector<int>{size * (size - 1) / 2, size});
  CHECK(comm.iscan(rank).wait() == rank * (rank + 1) / 2);
  CHECK(comm.iscan(letter(rank), join).wait() == up_to(rank + 1));
  CHECK(comm.iexscan(1).wait() == (rank > 0 ? std::optional(rank) : std::nullopt));
  CHECK(comm.iexscan(letter(rank), {.op = join}).wait() ==
        (rank > 0 ? std::optional(up_to(rank)) : std::nullopt));
}

TEST_CASE("an operator outlives the call that it was given to", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const auto start = [&](int factor) {
    return comm.iallreduce(std::vector<int>{1}, [factor](const auto& a, const auto& b) {
      return std::vector<int>{a.front() + factor * b.front()};
    });
  };
  auto by_two = start(2);
  auto by_five = start(5);
  const int others = comm.Get_size() - 1;
  CHECK(by_five.wait() == std::vector<int>{1 + 5 * others});
  CHECK(by_two.wait() == std::vector<int>{1 + 2 * others});
}

TEST_CASE("waits may come in opposite orders on different ranks", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  std::vector<MPI::ObjectRequest<std::vector<double>>> requests;
  constexpr int count = 20;
  for (int i = 0; i < count; ++i)
    requests.push_back(
        comm.ibcast(rank == i % size ? large_of(i) : std::vector<double>(), i % size));
  for (int i = 0; i < count; ++i) {
    const int which = rank % 2 == 0 ? i : count - 1 - i;
    INFO("request " << which);
    CHECK((requests[static_cast<std::size_t>(which)].wait() == large_of(which)));
  }
  // and by waitall
  requests.clear();
  for (int i = 0; i < count; ++i)
    requests.push_back(
        comm.ibcast(rank == i % size ? large_of(i) : std::vector<double>(), i % size));
  const auto all = MPI::Request::waitall(requests);
  for (int i = 0; i < count; ++i) CHECK((all[static_cast<std::size_t>(i)] == large_of(i)));
}

TEST_CASE("a rank passes on what it has to in whatever it waits for", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  for (int root = 0; root < size; ++root) {
    auto broadcast = comm.ibcast(rank == root ? large_of(3) : std::vector<double>(), root);
    auto all = comm.iallgather(large_of(rank));
    auto text = comm.iscan(letter(rank));
    if (rank % 2 == 0) comm.barrier();  // these wait for the others, which wait first
    CHECK((broadcast.wait() == large_of(3)));
    CHECK((all.wait() == of_all(size, large_of)));
    CHECK(text.wait().size() == static_cast<std::size_t>((rank + 1) * (rank + 2) / 2));
    if (rank % 2 == 1) comm.barrier();
  }
}

TEST_CASE("they mix with blocking calls and with messages", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  for (int round = 0; round < 5; ++round) {
    auto gathered = comm.igather(names_of(rank, 2000), size - 1);
    auto incoming = comm.irecv<std::vector<double>>(left, round);
    auto total = comm.iallreduce(rank);
    CHECK(comm.allreduce(letter(rank)).size() == static_cast<std::size_t>(size * (size + 1) / 2));
    auto exchanged = comm.ialltoall(of_all(size, [&](int peer) { return names_of(rank + peer); }));
    comm.send(large_of(rank), right, round);
    std::vector<int> buffer(5, rank);
    comm.Bcast(buffer, size - 1);
    CHECK(buffer == std::vector<int>(5, size - 1));
    CHECK(comm.bcast(letter(rank), size - 1) == letter(size - 1));
    CHECK(exchanged.wait() == of_all(size, [&](int peer) { return names_of(rank + peer); }));
    CHECK((incoming.wait() == large_of(left)));
    CHECK(total.wait() == size * (size - 1) / 2);
    if (const auto all = gathered.wait())
      CHECK(*all == of_all(size, [](int peer) { return names_of(peer, 2000); }));
  }
}

TEST_CASE("communicators do not meet each other's", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const auto twin = comm.Dup();
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto first = comm.iallgather(letter(rank));
  auto second = twin.iallgather(rank);
  auto third = comm.ibcast(rank == size - 1 ? large_of(1) : std::vector<double>(), size - 1);
  auto fourth = twin.ibcast(rank == 0 ? letter(3) : "", 0);
  auto alone = MPI::COMM_SELF.iallgather(rank);
  CHECK(fourth.wait() == letter(3));
  CHECK((third.wait() == large_of(1)));
  CHECK(alone.wait() == std::vector<int>{rank});
  CHECK(second.wait() == of_all(size, [](int peer) { return peer; }));
  CHECK(first.wait() == of_all(size, letter));
}

TEST_CASE("two threads have a communicator each", "[nonblocking]") {
  if (MPI::Query_thread() < MPI::THREAD_MULTIPLE) return;
  const auto one = MPI::COMM_WORLD.Dup(), other = MPI::COMM_WORLD.Dup();
  const auto work = [](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    bool good = true;
    for (int i = 0; i < 20; ++i) {
      auto all = comm.iallgather(names_of(rank + i, 50));
      auto text = comm.ibcast(rank == i % size ? large_of(i) : std::vector<double>(), i % size);
      good = text.wait() == large_of(i) && good;
      good = all.wait() == of_all(size, [&](int peer) { return names_of(peer + i, 50); }) && good;
    }
    return good;
  };
  bool good = false;
  std::thread thread([&] { good = work(other); });
  CHECK(work(one));
  thread.join();
  CHECK(good);
}

TEST_CASE("a test drives it, and a dropped request does its part", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto request = comm.iallgather(large_of(rank));
  std::optional<std::vector<std::vector<double>>> all;
  while (!(all = request.test())) {
  }
  CHECK((*all == of_all(size, large_of)));
  CHECK(!request);
  {
    auto dropped = comm.ibcast(rank == 0 ? large_of(0) : std::vector<double>(), 0);
    if (rank % 2 == 1) CHECK((dropped.wait() == large_of(0)));
  }
  CHECK(comm.allreduce(1) == size);
}

TEST_CASE("a sequence of another length is an exception on every rank", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::vector<std::string> too_many(static_cast<std::size_t>(size) + 1, "x");
  for (int root = 0; root < size; ++root) {
    auto scattered =
        rank == root ? comm.iscatter(too_many, root) : comm.iscatter<std::string>(MPI::None, root);
    CHECK_THROWS_AS(scattered.wait(), MPI::Exception);
  }
  auto exchanged = comm.ialltoall(rank == size - 1 ? too_many : of_all(size, letter));
  CHECK_THROWS_AS(exchanged.wait(), MPI::Exception);
  auto nothing = comm.ibcast<int>(MPI::None, 0);
  CHECK_THROWS_AS(nothing.wait(), MPI::Exception);
  CHECK(comm.iallreduce(1).wait() == size);
  CHECK_THROWS_AS(comm.ibcast(1, size), MPI::Exception);
  CHECK_THROWS_AS(comm.iallreduce(names_of(rank), MPI::PROD), MPI::Exception);
}

TEST_CASE("another type is a mismatch where it is opened, and all others go on", "[nonblocking]") {
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  if (rank == size - 1 && size > 1) {
    auto wrong = comm.ibcast(MPI::COMM_SELF.Get_rank(), 0);
    CHECK_THROWS_AS(wrong.wait(), MPI::TypeMismatch);
  } else {
    CHECK(comm.ibcast(rank == 0 ? letter(2) : "", 0).wait() == letter(2));
  }
  auto failing = comm.iallreduce(letter(rank), [](const auto& a, const auto& b) -> std::string {
    if (a.size() + b.size() > 2) throw std::runtime_error("too long");
    return a + b;
  });
  if (size > 1)
    CHECK_THROWS_AS(failing.wait(), std::runtime_error);
  else
    CHECK(failing.wait() == "a");
  CHECK(comm.iallgather(rank).wait().size() == static_cast<std::size_t>(size));
}
