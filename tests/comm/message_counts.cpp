// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4 8
// How many messages the collectives of objects are as the number of ranks grows, counted.
#include "support/counted.hpp"

#include <bit>
#include <map>
#include <string>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"

using namespace mpi4cxx;

namespace {

struct Messages {
  int mine, most, all;  // sent by the library: by this rank, by the one that sends most, by all
  int collectives;      // of MPI, on this rank
};

/// Of the second of two equal calls: the first may make what is kept.
template <class Call>
Messages messages_of(Call call) {
  const auto& comm = MPI::COMM_WORLD;
  call();
  comm.Barrier();
  counted::reset();
  call();
  const int mine = counted::sends, collectives = counted::collectives;
  CHECK(counted::probes == 0);
  return {mine, comm.allreduce(mine, MPI::MAX), comm.allreduce(mine), collectives};
}

const std::map<int, std::string> small{{1, "one"}, {2, "two"}};
std::map<int, std::string> large() {
  return {{1, std::string(3'000, 'x')}, {2, std::string(3'000, 'y')}};
}
int size() {
  return MPI::COMM_WORLD.Get_size();
}
/// What a rank sends at most where a tree is used: one message for each time the ranks are halved.
int height() {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(size() - 1)));
}
std::map<int, std::string> joined(std::map<int, std::string> a,
                                  const std::map<int, std::string>& b) {
  a.insert(b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("a reduction of objects is one message for each rank but the root", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  for (int root = 0; root < size(); ++root) {
    INFO("root: " << root);
    const Messages reduce = messages_of([&] { (void)comm.reduce(small, joined, root); });
    CHECK(reduce.all == size() - 1);
    CHECK(reduce.mine == (comm.Get_rank() == root ? 0 : 1));
    CHECK(reduce.collectives == 0);
  }
  const Messages allreduce = messages_of([&] { (void)comm.allreduce(small, joined); });
  CHECK(allreduce.all == size() - 1);
  CHECK(allreduce.most <= 1);
  CHECK(allreduce.collectives == 1);  // the bcast of the result
  const Messages scan = messages_of([&] { (void)comm.scan(small, joined); });
  CHECK(scan.all == size() - 1);
  CHECK(scan.most <= 1);
  const Messages exscan = messages_of([&] { (void)comm.exscan(small, joined); });
  CHECK(exscan.all == size() - 1);
  CHECK(exscan.most <= 1);
}

TEST_CASE("numbers are reduced by MPI, without a message of the library", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const auto by_mpi = [&](int collectives, auto call) {
    const Messages sent = messages_of(call);
    CHECK(sent.all == 0);
    CHECK(sent.collectives == collectives);
  };
  const std::vector<double> numbers(300, 1.0);
  const int root = size() - 1;
  by_mpi(1, [&] { (void)comm.reduce(2.5, MPI::MAX, root); });
  by_mpi(1, [&] { (void)comm.allreduce(2.5, MPI::MAX); });
  // lengths are compared first
  by_mpi(2, [&] { (void)comm.reduce(numbers, MPI::SUM, root); });
  by_mpi(2, [&] { (void)comm.allreduce(numbers, MPI::SUM); });
}

TEST_CASE("blocking collectives of objects are at most two of MPI, and no messages besides",
          "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const int root = size() - 1;
  const auto at_most = [&](int collectives, auto call) {
    const Messages sent = messages_of(call);
    CHECK(sent.all == 0);
    CHECK(sent.collectives >= 1);
    CHECK(sent.collectives <= collectives);
  };
  const auto ranks = static_cast<std::size_t>(size());
  const std::vector<std::map<int, std::string>> each(ranks, large());
  const std::vector<double> doubles(ranks, 1.5);
  auto object = large();
  auto brief = small;
  at_most(1, [&] { comm.bcast(brief, root); });
  at_most(2, [&] { comm.bcast(object, root); });
  at_most(1, [&] { (void)comm.scatter(doubles, root); });
  at_most(2, [&] { (void)comm.scatter(each, root); });
  at_most(1, [&] { (void)comm.gather(1.5, root); });
  at_most(2, [&] { (void)comm.gather(object, root); });
}

TEST_CASE("nonblocking collectives of objects go down a tree", "[costs]") {
  const auto& comm = MPI::COMM_WORLD;
  const std::vector<std::map<int, std::string>> each(static_cast<std::size_t>(size()), large());
  const auto object = large();
  for (const int root : {0, size() - 1}) {
    INFO("root: " << root);
    const Messages bcast = messages_of([&] { (void)comm.ibcast(object, root).wait(); });
    CHECK(bcast.all == size() - 1);
    CHECK(bcast.most == height());
    const Messages scatter = messages_of([&] { (void)comm.iscatter(each, root).wait(); });
    CHECK(scatter.all == size() - 1);
    CHECK(scatter.most == height());
    const Messages gather = messages_of([&] { (void)comm.igather(object, root).wait(); });
    CHECK(gather.all == size() - 1);
    CHECK(gather.most == (size() > 1 ? 1 : 0));
  }
  const auto there_and_back = [&](auto call) {
    const Messages sent = messages_of(call);
    CHECK(sent.all == 2 * (size() - 1));
    CHECK(sent.most <= height() + 1);
  };
  there_and_back([&] { (void)comm.iallgather(object).wait(); });
  there_and_back([&] { (void)comm.iallreduce(small, joined).wait(); });
  const Messages numbers = messages_of([&] { (void)comm.iallreduce(1.5, MPI::MAX).wait(); });
  CHECK(numbers.all == 0);
  CHECK(numbers.collectives == 1);
}
