// SPDX-License-Identifier: MIT
// ranks: 2 3 4
// transport: tcp
// inline limits: 64 4096
// time limit: 120
// labels: threads
// Many threads of each rank on one communicator: every object arrives once, and whole.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace mpi4cxx;

namespace {

constexpr int threads = 6;  // a rank
constexpr int rounds = 20;  // in each, every thread sends to each other rank

/// An object that says what it must be.
struct Letter {
  int sender = 0, thread = 0, number = 0;
  std::vector<std::uint32_t> body;
  std::string end;
};
/// Below and above every inline limit, and none at all.
std::size_t length_of(int thread, int number) {
  constexpr std::size_t lengths[] = {0, 3, 40, 900, 1100, 9000};
  return lengths[static_cast<std::size_t>(thread + number) % std::size(lengths)];
}
std::uint32_t element_of(const Letter& letter, std::size_t i) {
  return static_cast<std::uint32_t>(letter.sender * 1'000'003 + letter.thread * 10'007 +
                                    letter.number * 101) +
         static_cast<std::uint32_t>(i) * 7u;
}
Letter letter_of(int sender, int thread, int number) {
  Letter letter{sender, thread, number, {}, std::to_string(number)};
  for (std::size_t i = 0; i < length_of(thread, number); ++i)
    letter.body.push_back(element_of(letter, i));
  return letter;
}

/// What came, counted by all threads of a rank. Catch2's checks are for one thread alone.
class Received {
 public:
  explicit Received(int ranks) : counts_(static_cast<std::size_t>(ranks * threads * rounds)) {}
  void add(const Letter& letter) {
    bool whole = letter.thread >= 0 && letter.thread < threads && letter.number >= 0 &&
                 letter.number < rounds && letter.sender >= 0 &&
                 letter.body.size() == length_of(letter.thread, letter.number) &&
                 letter.end == std::to_string(letter.number);
    for (std::size_t i = 0; whole && i < letter.body.size(); ++i)
      whole = letter.body[i] == element_of(letter, i);
    const auto at = static_cast<std::size_t>((letter.sender * threads + letter.thread) * rounds +
                                             letter.number);
    if (!whole || at >= counts_.size())
      ++damaged_;
    else
      ++counts_[at];
  }
  /// Each letter of each other rank came once.
  void check(int rank) const {
    CHECK(damaged_ == 0);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const int sender = static_cast<int>(i) / (threads * rounds);
      wrong += counts_[i] != (sender == rank ? 0 : 1);
    }
    CHECK(wrong == 0);
  }

 private:
  std::vector<std::atomic<int>> counts_;
  std::atomic<int> damaged_ = 0;
};

template <class Work>
void in_threads(Work work) {
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread) all.emplace_back([&, thread] { work(thread); });
  for (std::thread& each : all) each.join();
}

/// Hands out the receives of a rank: as many as there are letters.
class Tickets {
 public:
  explicit Tickets(int count) : left_(count) {}
  bool take() { return left_.fetch_sub(1) > 0; }

 private:
  std::atomic<int> left_;
};

}  // namespace

TEST_CASE("letters between all threads, received by anybody from anybody", "[threads]") {
  REQUIRE(MPI::Query_thread() == MPI::THREAD_MULTIPLE);
  for (const bool any_tag : {true, false}) {
    const auto comm = MPI::COMM_WORLD.Dup();
    const int rank = comm.Get_rank(), size = comm.Get_size();
    Received received(size);
    Tickets tickets((size - 1) * threads * rounds);
    in_threads([&](int thread) {
      const int tag = any_tag ? MPI::ANY_TAG : 5;
      std::vector<MPI::Request> sends;
      for (int number = 0; number < rounds; ++number) {
        for (int i = 1; i < size; ++i) {
          const int dest = (rank + i) % size;
          sends.push_back(comm.isend(letter_of(rank, thread, number), dest, 5));
          if (!tickets.take()) continue;
          // each thread has its own way to receive, all on the same communicator
          MPI::Status status;
          Letter letter;
          if (thread % 4 == 0)
            letter = comm.recv<Letter>(MPI::ANY_SOURCE, tag, &status);
          else if (thread % 4 == 1)
            letter = comm.irecv<Letter>(MPI::ANY_SOURCE, tag).wait(&status);
          else if (thread % 4 == 2)
            letter = comm.mprobe({.tag = tag}).recv<Letter>(&status);
          else
            comm.recv_into(letter, {.source = MPI::ANY_SOURCE, .tag = tag, .status = &status});
          if (status.Get_source() != letter.sender) letter.number = -1;
          received.add(letter);
        }
      }
      MPI::Request::waitall(sends);
    });
    received.check(rank);
    CHECK(!comm.iprobe());
  }
}

TEST_CASE("threads with many receives under way, and buffers between them", "[threads]") {
  const auto comm = MPI::COMM_WORLD.Dup();
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int right = (rank + 1) % size, left = (rank + size - 1) % size;
  Received received(size);
  Tickets tickets((size - 1) * threads * rounds);
  std::atomic<int> wrong_blocks = 0;
  in_threads([&](int thread) {
    std::vector<MPI::Request> sends;
    std::vector<MPI::ObjectRequest<Letter>> receives;
    const auto take_all = [&] {
      for (const Letter& letter : MPI::Request::waitall(receives)) received.add(letter);
      receives.clear();
    };
    for (int number = 0; number < rounds; ++number) {
      for (int i = 1; i < size; ++i) {
        if (tickets.take()) receives.push_back(comm.irecv<Letter>(MPI::ANY_SOURCE, 5));
        sends.push_back(comm.isend(letter_of(rank, thread, number), (rank + i) % size, 5));
      }
      // memory, by a tag for each thread, while objects of this and other threads are under way
      const std::size_t length = number % 3 == 0 ? 20'000 : 16;
      const std::vector<int> out(length, rank * 100 + thread);
      std::vector<int> in(length, -1);
      auto incoming = comm.Irecv(in, left, 100 + thread);
      if (number % 2 == 0) {
        comm.Send(out, right, 100 + thread);
      } else {
        comm.Isend(out, right, 100 + thread).Wait();
      }
      incoming.Wait();
      wrong_blocks += in != std::vector<int>(length, left * 100 + thread);
      if (number % 4 == 3) take_all();
    }
    take_all();
    MPI::Request::waitall(sends);
  });
  received.check(rank);
  CHECK(wrong_blocks == 0);
}

TEST_CASE("a receive goes on while every other thread is inside of MPI", "[threads]") {
  // which, when waiting is spinning, is where nobody drives it
  const auto& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank(), size = world.Get_size();
  std::vector<MPI::Intracomm> comms;
  for (int i = 0; i < threads; ++i) comms.push_back(world.Dup());
  const auto& letters = comms[0];
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> inside = 0;
    std::atomic<bool> whole = true;
    in_threads([&](int thread) {
      const auto& comm = comms[static_cast<std::size_t>(thread)];
      if (thread != 0) {
        ++inside;
        comm.Barrier();
        std::vector<int> ranks(static_cast<std::size_t>(size), -1);
        comm.Allgather(rank, ranks);
        if (ranks.back() != size - 1) whole = false;
        return;
      }
      while (inside < threads - 1) std::this_thread::yield();
      const std::vector<double> mine(200'000, rank);
      auto incoming = letters.irecv<std::vector<double>>((rank + size - 1) % size, 1);
      letters.send(mine, (rank + 1) % size, 1);
      whole = whole && incoming.wait() == std::vector<double>(200'000, (rank + size - 1) % size);
    });
    CHECK(whole);
  }
}
