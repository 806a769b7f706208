// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// The ways of counts beyond 2^31, taken with little memory: here counts above five are large.
#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <mpi4cxx/MPI.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/guarded.hpp"
#include "support/ring.hpp"

namespace MPI = mpi4cxx::MPI;

namespace {

constexpr int largest = 5;
// equal on all ranks, and before the first call
[[maybe_unused]] const bool is_lowered = (MPI::detail::largest_count = largest, true);

using Values = std::vector<int>;
constexpr int hole = -1;

/// What `source` has for `destination`.
Values block(int source, int destination, int count) {
  Values values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1000 * source + 100 * destination);
  return values;
}
template <class F>
Values all_of(int size, F&& make) {
  Values all;
  for (int rank = 0; rank < size; ++rank) {
    const Values values = make(rank);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}
/// The sums over ranks 0 to `last`.
template <class F>
Values sums(int last, F&& make) {
  Values result = make(0);
  for (int rank = 1; rank <= last; ++rank) {
    const Values next = make(rank);
    std::transform(result.begin(), result.end(), next.begin(), result.begin(), std::plus<>());
  }
  return result;
}

/// f(comm, count) with counts below, at and above the largest, and several times as large.
template <class F>
void for_each_count(F&& f) {
  for_each_communicator([&](const MPI::Intracomm& comm) {
    for (const int count : {1, largest - 1, largest, largest + 1, 2 * largest, 4 * largest + 3}) {
      CAPTURE(count);
      f(comm, count);
    }
  });
}

void finish(MPI::Request request) {
  request.Wait();
}
#if MPI_VERSION >= 4
void finish(MPI::Prequest request) {
  for (int i = 0; i < 2; ++i) {
    request.Start();
    request.Wait();
  }
}
#endif

/// `call(buffer)` fills a buffer with `expected`; it had `before`.
template <class F>
void gives(const Values& before, const Values& expected, F&& call) {
  const auto buffer = filled(before);
  call(buffer.span());
  REQUIRE(buffer.holds(expected));
}

#if MPI_VERSION < 4
/// What MPI 3 cannot do is a sentence, told before anything is sent.
template <class F>
void is_refused(F&& call) {
  try {
    call();
  } catch (const MPI::Exception& error) {
    CHECK(error.Get_error_class() == MPI::ERR_COUNT);
    REQUIRE_THAT(error.what(), HasText("is beyond this call with this MPI library"));
    return;
  }
  FAIL("nothing was thrown");
}
#endif

class Attached {
 public:
  explicit Attached(std::size_t size) : memory_(size) { MPI::Attach_buffer(memory_); }
  ~Attached() { MPI::Detach_buffer(); }

 private:
  std::vector<char> memory_;
};

}  // namespace

TEST_CASE("every mode of sending takes large counts", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const Ring ring(comm);
    const Values sent = block(ring.rank, 0, count), expected = block(ring.left, 0, count);
    const Values before(sent.size(), hole);
    const Attached attached(2 * (sizeof(int) * sent.size() + MPI::BSEND_OVERHEAD));
    const auto deliver = [&](auto&& send) {
      gives(before, expected, [&](auto received) {
        MPI::Request receive = comm.Irecv(received, ring.left, 1);
        comm.Barrier();
        send();
        MPI::Status status;
        receive.Wait(status);
        REQUIRE(status.Get_count(MPI::INT) == count);
        comm.Barrier();
      });
    };
    deliver([&] { comm.Send(sent, ring.right, 1); });
    deliver([&] { comm.Ssend(sent, ring.right, 1); });
    deliver([&] { comm.Bsend(sent, ring.right, 1); });
    deliver([&] { comm.Rsend(sent, ring.right, 1); });
    deliver([&] { comm.Isend(sent, ring.right, 1).Wait(); });
    deliver([&] { comm.Issend(sent, ring.right, 1).Wait(); });
    deliver([&] { comm.Ibsend(sent, ring.right, 1).Wait(); });
    deliver([&] { comm.Irsend(sent, ring.right, 1).Wait(); });
    const auto start = [](MPI::Prequest request) {
      request.Start();
      request.Wait();
    };
    deliver([&] { start(comm.Send_init(sent, ring.right, 1)); });
    deliver([&] { start(comm.Ssend_init(sent, ring.right, 1)); });
    deliver([&] { start(comm.Bsend_init(sent, ring.right, 1)); });
    deliver([&] { start(comm.Rsend_init(sent, ring.right, 1)); });
  });
}

TEST_CASE("every way to receive takes large counts, also for shorter messages", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const Ring ring(comm);
    const Values sent = block(ring.rank, 0, count);
    for (const int more : {0, 1, 2 * largest}) {
      CAPTURE(more);
      Values expected = block(ring.left, 0, count);
      expected.resize(expected.size() + static_cast<std::size_t>(more), hole);
      const auto receive = [&](auto&& call) {
        gives(Values(expected.size(), hole), expected, [&](auto received) {
          MPI::Request send = comm.Isend(sent, ring.right, 2);
          MPI::Status status;
          call(received, status);
          REQUIRE(status.Get_source() == ring.left);
          REQUIRE(status.Get_count(MPI::INT) == count);
          REQUIRE(status.Get_elements(MPI::INT) == count);
          send.Wait();
        });
      };
      receive([&](auto in, auto& status) { comm.Recv(in, ring.left, 2, status); });
      receive([&](auto in, auto& status) { comm.Irecv(in, ring.left, 2).Wait(status); });
      receive([&](auto in, auto& status) {
        MPI::Prequest request = comm.Recv_init(in, ring.left, 2);
        request.Start();
        request.Wait(status);
      });
      receive([&](auto in, auto& status) { comm.Mprobe(ring.left, 2).Recv(in, status); });
      receive([&](auto in, auto& status) {
        MPI::Message message = comm.Mprobe(ring.left, 2);
        message.Irecv(in).Wait(status);
        REQUIRE_FALSE(message);
      });
      receive([&](auto in, auto& status) {
        Values other(sent.size());
        MPI::Request receive_other = comm.Irecv(other, ring.left, 3);
        comm.Sendrecv(sent, in, ring.right, 3, ring.left, 2, status);
        receive_other.Wait();
        REQUIRE(other == block(ring.left, 0, count));
      });
    }
  });
}

TEST_CASE("exchanges take large counts", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const Ring ring(comm);
    const Values mine = block(ring.rank, 0, count), theirs = block(ring.left, 0, count);
    const Values before(mine.size(), hole);
    gives(before, theirs, [&](auto in) {
      comm.Isendrecv(mine, in, {.dest = ring.right, .source = ring.left}).Wait();
    });
    gives(mine, theirs, [&](auto buffer) {
      MPI::Status status;
      comm.Sendrecv_replace(buffer, ring.right, 0, ring.left, 0, status);
      REQUIRE(status.Get_count(MPI::INT) == count);
    });
    gives(mine, theirs, [&](auto buffer) {
      comm.Isendrecv_replace(buffer, {.dest = ring.right, .source = ring.left}).Wait();
    });
  });
}

TEST_CASE("derived datatypes are counted as largely", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const Ring ring(comm);
    // two of four integers; those between stay
    const MPI::Datatype some =
        MPI::INT.Create_vector(2, 1, 2).Create_resized(0, 4 * sizeof(int)).Commit();
    const auto total = static_cast<std::size_t>(4 * count);
    const auto value = [](int rank, std::size_t i) { return 1000 * rank + static_cast<int>(i); };
    const auto check = [&](auto&& exchange, int source) {
      const Guarded<int> mine(total), other(total, hole);
      for (std::size_t i = 0; i < total; ++i) mine[i] = value(ring.rank, i);
      const auto& result = exchange(mine, other) ? other : mine;
      for (std::size_t i = 0; i < total; ++i)
        REQUIRE(result[i] == (i % 2 == 0         ? value(source, i)
                              : &result == &mine ? value(ring.rank, i)
                                                 : hole));
      REQUIRE(result.guards_stay());
    };
    check(
        [&](auto& mine, auto& other) {
          comm.Sendrecv({mine.span(), count, some}, {other.span(), count, some},
                        {.dest = ring.right, .source = ring.left});
          return true;
        },
        ring.left);
    check(
        [&](auto& mine, auto&) {
          comm.Sendrecv_replace({mine.span(), count, some},
                                {.dest = ring.right, .source = ring.left});
          return false;
        },
        ring.left);
    for_each_root(comm, [&](int root) {
      check(
          [&](auto& mine, auto&) {
            comm.Bcast({mine.span(), count, some}, root);
            return false;
          },
          root);
    });
    // packed on one side
    Values packed(2 * static_cast<std::size_t>(count));
    const Guarded<int> mine(total, ring.rank);
    MPI::Status status;
    comm.Sendrecv({mine.span(), count, some}, packed, ring.right, 0, ring.left, 0, status);
    REQUIRE(packed == Values(packed.size(), ring.left));
    REQUIRE(status.Get_count(some) == count);
  });
}

TEST_CASE("collectives with equal blocks take large counts", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const Values mine = block(rank, 0, count), none(mine.size(), hole);
    const Values gathered = all_of(size, [&](int r) { return block(r, 0, count); });
    const Values to_all = all_of(size, [&](int r) { return block(rank, r, count); });
    const Values from_all = all_of(size, [&](int r) { return block(r, rank, count); });
    const Values room(gathered.size(), hole);
    Values own = room;
    std::copy(mine.begin(), mine.end(), own.begin() + rank * count);
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const Values copy = block(root, 0, count), part = block(root, rank, count);
      const auto on_root = [&](auto in) { return is_root ? MPI::Buffer(in) : MPI::None; };
      const auto place = [&](auto in) {
        return is_root ? MPI::Buffer(MPI::IN_PLACE) : MPI::Buffer(in);
      };
      const auto given =
          is_root ? MPI::LastingConstBuffer(MPI::IN_PLACE) : MPI::LastingConstBuffer(mine);
      const auto all =
          is_root ? MPI::LastingConstBuffer(to_all) : MPI::LastingConstBuffer(MPI::None);
      const Values& result = is_root ? gathered : room;
      gives(mine, copy, [&](auto in) { comm.Bcast(in, root); });
      gives(mine, copy, [&](auto in) { finish(comm.Ibcast(in, root)); });
      gives(room, result, [&](auto in) { comm.Gather(mine, on_root(in), root); });
      gives(room, result, [&](auto in) { finish(comm.Igather(mine, on_root(in), root)); });
      gives(own, is_root ? gathered : own, [&](auto in) { comm.Gather(given, on_root(in), root); });
      gives(none, part, [&](auto in) { comm.Scatter(all, in, root); });
      gives(none, part, [&](auto in) { finish(comm.Iscatter(all, in, root)); });
      gives(none, is_root ? none : part, [&](auto in) { comm.Scatter(all, place(in), root); });
#if MPI_VERSION >= 4
      gives(mine, copy, [&](auto in) { finish(comm.Bcast_init(in, root)); });
      gives(room, result, [&](auto in) { finish(comm.Gather_init(mine, on_root(in), root)); });
      gives(none, part, [&](auto in) { finish(comm.Scatter_init(all, in, root)); });
#endif
    });
    gives(room, gathered, [&](auto in) { comm.Allgather(mine, in); });
    gives(room, gathered, [&](auto in) { finish(comm.Iallgather(mine, in)); });
    gives(own, gathered, [&](auto in) { comm.Allgather(MPI::IN_PLACE, in); });
    gives(room, from_all, [&](auto in) { comm.Alltoall(to_all, in); });
    gives(room, from_all, [&](auto in) { finish(comm.Ialltoall(to_all, in)); });
    gives(to_all, from_all, [&](auto in) { comm.Alltoall(MPI::IN_PLACE, in); });
#if MPI_VERSION >= 4
    gives(room, gathered, [&](auto in) { finish(comm.Allgather_init(mine, in)); });
    gives(room, from_all, [&](auto in) { finish(comm.Alltoall_init(to_all, in)); });
#endif
  });
}

TEST_CASE("Bcast and bcast between two groups take large ones", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    if (comm.Get_size() < 2) return;
    const int rank = comm.Get_rank();
    const bool is_first = rank == 0;
    const auto inter = comm.Split(is_first).Create_intercomm(0, comm, is_first ? 1 : 0);
    const Values copy = block(0, 0, count), none(copy.size(), hole);
    const int root = is_first ? MPI::ROOT : 0;
    gives(is_first ? copy : none, copy, [&](auto in) { inter.Bcast(in, root); });
    gives(is_first ? copy : none, copy, [&](auto in) { finish(inter.Ibcast(in, root)); });
    REQUIRE(inter.bcast(is_first ? copy : Values(), root) == copy);
    // from one of two or more, the others of which know nothing of the length
    const int last = comm.Get_size() - 1;
    const int other_root = is_first ? last - 1 : rank == last ? MPI::ROOT : MPI::PROC_NULL;
    gives(rank == last ? copy : none, is_first || rank == last ? copy : none,
          [&](auto in) { inter.Bcast(in, other_root); });
    REQUIRE(inter.bcast(rank == last ? copy : Values(), other_root).size() ==
            (is_first || rank == last ? copy.size() : 0));
  });
}

TEST_CASE("reductions take large counts", "[large]") {
  const MPI::Op plus = MPI::Op::Create<int>([](int a, int b) { return a + b; });
  for_each_count([&](const MPI::Intracomm& comm, int count) {
    const int rank = comm.Get_rank(), last = comm.Get_size() - 1;
    const auto of = [&](int r) { return block(r, 0, count); };
    const Values mine = of(rank), none(mine.size(), hole);
    const Values all = sums(last, of), scanned = sums(rank, of);
    const Values before = rank == 0 ? none : sums(rank - 1, of);
    for (const MPI::Op& op : {MPI::SUM, plus}) {
      CAPTURE(op.is_predefined());
      for_each_root(comm, [&](int root) {
        const bool is_root = rank == root;
        const auto given = is_root ? MPI::ConstBuffer(MPI::IN_PLACE) : MPI::ConstBuffer(mine);
        gives(none, is_root ? all : none, [&](auto in) { comm.Reduce(mine, in, op, root); });
        gives(mine, is_root ? all : mine, [&](auto in) {
          comm.Reduce(given, is_root ? MPI::Buffer(in) : MPI::None, op, root);
        });
      });
      gives(none, all, [&](auto in) { comm.Allreduce(mine, in, op); });
      gives(mine, all, [&](auto in) { comm.Allreduce(MPI::IN_PLACE, in, op); });
      gives(none, scanned, [&](auto in) { comm.Scan(mine, in, op); });
      gives(mine, scanned, [&](auto in) { comm.Scan(MPI::IN_PLACE, in, op); });
      gives(none, before, [&](auto in) { comm.Exscan(mine, in, op); });
#if MPI_VERSION >= 4
      for_each_root(comm, [&](int root) {
        gives(none, rank == root ? all : none,
              [&](auto in) { finish(comm.Ireduce(mine, in, op, root)); });
        gives(none, rank == root ? all : none,
              [&](auto in) { finish(comm.Reduce_init(mine, in, op, root)); });
      });
      gives(none, all, [&](auto in) { finish(comm.Iallreduce(mine, in, op)); });
      gives(mine, all, [&](auto in) { finish(comm.Iallreduce(MPI::IN_PLACE, in, op)); });
      gives(none, scanned, [&](auto in) { finish(comm.Iscan(mine, in, op)); });
      gives(none, before, [&](auto in) { finish(comm.Iexscan(mine, in, op)); });
      gives(none, all, [&](auto in) { finish(comm.Allreduce_init(mine, in, op)); });
      gives(none, scanned, [&](auto in) { finish(comm.Scan_init(mine, in, op)); });
      gives(none, before, [&](auto in) { finish(comm.Exscan_init(mine, in, op)); });
#endif
    }
  });
}

TEST_CASE("Reduce_scatter_block and Reduce_scatter take large counts", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const Values to_all = all_of(size, [&](int r) { return block(rank, r, count); });
    const Values result = sums(size - 1, [&](int r) { return block(r, rank, count); });
    const Values none(result.size(), hole);
    // the first rank has one element, the others `count`
    Values counts(static_cast<std::size_t>(size), count);
    counts[0] = 1;
    const auto part = [&](int source, int r) {
      return block(source, r, counts[static_cast<std::size_t>(r)]);
    };
    const Values unequal = all_of(size, [&](int r) { return part(rank, r); });
    const Values mine = sums(size - 1, [&](int r) { return part(r, rank); });
    const Values nothing(mine.size(), hole);
#if MPI_VERSION < 4
    const bool is_wide = count > largest;
    if (is_wide) {
      Values in(none);
      is_refused([&] { comm.Reduce_scatter_block(to_all, in); });
      is_refused([&] { (void)comm.Ireduce_scatter_block(to_all, in); });
      is_refused([&] { comm.Iallreduce(result, in).Wait(); });
      is_refused([&] { comm.Ireduce(result, in).Wait(); });
      is_refused([&] { comm.Iscan(result, in).Wait(); });
      is_refused([&] { comm.Iexscan(result, in).Wait(); });
      Values own(nothing);
      if (size > 1) is_refused([&] { comm.Reduce_scatter(unequal, own, counts); });
      return;
    }
#endif
    gives(none, result, [&](auto in) { comm.Reduce_scatter_block(to_all, in); });
    gives(none, result, [&](auto in) { finish(comm.Ireduce_scatter_block(to_all, in)); });
    gives(nothing, mine, [&](auto in) { comm.Reduce_scatter(unequal, in, counts); });
    gives(nothing, mine, [&](auto in) { comm.Reduce_scatter(unequal, in); });
    gives(nothing, mine, [&](auto in) { finish(comm.Ireduce_scatter(unequal, in, counts)); });
#if MPI_VERSION >= 4
    gives(none, result, [&](auto in) { finish(comm.Reduce_scatter_block_init(to_all, in)); });
    gives(nothing, mine, [&](auto in) {
      finish(comm.Reduce_scatter_init(unequal, in, {.recvcounts = Values(counts)}));
    });
#endif
  });
}

TEST_CASE("v calls take counts that are large on some ranks only", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    // only the last rank's is `count`; small displacements for one rank alone
    const auto count_of = [&](int r) { return r == size - 1 ? count : 1; };
    Values counts, displs;
    int total = 0;
    for (int r = 0; r < size; ++r) {
      counts.push_back(count_of(r));
      displs.push_back(total);
      total += count_of(r);
    }
    const std::vector<long> longs(counts.begin(), counts.end());
    const Values mine = block(rank, 0, count_of(rank)), none(mine.size(), hole);
    const Values gathered = all_of(size, [&](int r) { return block(r, 0, count_of(r)); });
    const Values room(gathered.size(), hole);
    // everybody sends as much as the receiver takes from itself: rank r takes count_of(r) of each
    const int takes = count_of(rank);
    const Values to_all = all_of(size, [&](int r) { return block(rank, r, count_of(r)); });
    const Values from_all = all_of(size, [&](int r) { return block(r, rank, takes); });
    const Values from_room(from_all.size(), hole), equal(ranks, takes);
    Values from_displs;
    for (int r = 0; r < size; ++r) from_displs.push_back(r * takes);
#if MPI_VERSION < 4
    if (std::max(*std::max_element(displs.begin(), displs.end()), count) > largest) {
      // the root's and everybody's lists; who has none would wait for the others
      Values in(room);
      is_refused([&] { comm.Allgatherv(mine, {in, counts}); });
      is_refused([&] { (void)comm.Iallgatherv(mine, {in, counts}); });
      is_refused([&] { comm.Alltoallv({to_all, counts}, {in, counts}); });
      if (rank == 0) is_refused([&] { comm.Gatherv(mine, {in, counts}); });
      if (rank == 0) is_refused([&] { comm.Scatterv({gathered, counts}, in); });
      if (rank == 0) is_refused([&] { (void)comm.Igatherv(mine, {in, counts}); });
      comm.Barrier();
      return;
    }
    if (size > 1 && size * takes > largest) return;  // some ranks' lists are wide
    if (size * count > largest) return;
#endif
    for_each_root(comm, [&](int root) {
      const bool is_root = rank == root;
      const auto where = [&](auto in) {
        return is_root ? MPI::VectorBuffer(in, counts, displs) : MPI::VectorBuffer(MPI::None);
      };
      const auto given = [&] {
        return is_root ? MPI::LastingConstVectorBuffer(gathered, longs)
                       : MPI::LastingConstVectorBuffer(MPI::None);
      };
      const auto given_now = [&] {
        return is_root ? MPI::ConstVectorBuffer(gathered, counts, displs)
                       : MPI::ConstVectorBuffer(MPI::None);
      };
      const Values& result = is_root ? gathered : room;
      gives(room, result, [&](auto in) { comm.Gatherv(mine, where(in), root); });
      gives(room, result, [&](auto in) { finish(comm.Igatherv(mine, where(in), root)); });
      gives(none, mine, [&](auto in) { comm.Scatterv(given_now(), in, root); });
      gives(none, mine, [&](auto in) { finish(comm.Iscatterv(given(), in, root)); });
#if MPI_VERSION >= 4
      gives(room, result, [&](auto in) { finish(comm.Gatherv_init(mine, where(in), root)); });
      gives(none, mine, [&](auto in) { finish(comm.Scatterv_init(given(), in, root)); });
#endif
    });
    gives(room, gathered, [&](auto in) { comm.Allgatherv(mine, {in, counts}); });
    gives(room, gathered, [&](auto in) { comm.Allgatherv(mine, {in, longs, displs}); });
    gives(room, gathered, [&](auto in) { finish(comm.Iallgatherv(mine, {in, counts})); });
    gives(from_room, from_all, [&](auto in) { comm.Alltoallv({to_all, counts}, {in, equal}); });
    gives(from_room, from_all, [&](auto in) {
      finish(comm.Ialltoallv({to_all, longs}, {in, equal, from_displs}));
    });
#if MPI_VERSION >= 4
    gives(room, gathered, [&](auto in) { finish(comm.Allgatherv_init(mine, {in, counts})); });
    gives(from_room, from_all, [&](auto in) {
      finish(comm.Alltoallv_init({to_all, counts}, {in, equal}));
    });
    // in place
    Values own = room;
    std::copy(mine.begin(), mine.end(), own.begin() + displs[static_cast<std::size_t>(rank)]);
    gives(own, gathered, [&](auto in) { comm.Allgatherv(MPI::IN_PLACE, {in, counts}); });
    const Values same = all_of(size, [&](int r) { return block(rank, r, count); });
    const Values back = all_of(size, [&](int r) { return block(r, rank, count); });
    gives(same, back, [&](auto in) { comm.Alltoallv(MPI::IN_PLACE, {in, Values(ranks, count)}); });
#endif
  });
}

TEST_CASE("w calls take counts and displacements that are large on some ranks only", "[large]") {
  for_each_count([](const MPI::Intracomm& comm, int count) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    const auto ranks = static_cast<std::size_t>(size);
    constexpr int width = sizeof(int);
    // everybody sends rank r what that takes: nothing to the first of several, much to the last
    const auto count_of = [&](int r) { return r == size - 1 ? count : r; };
    const int takes = count_of(rank);
    Values counts, bytes, from_bytes;
    int total = 0;
    for (int r = 0; r < size; ++r) {
      counts.push_back(count_of(r));
      bytes.push_back(width * total);
      from_bytes.push_back(width * r * takes);
      total += count_of(r);
    }
    const std::vector<MPI::Datatype> types(ranks, MPI::INT);
    const std::vector<long> longs(counts.begin(), counts.end());
    const Values equal(ranks, takes);
    const Values to_all = all_of(size, [&](int r) { return block(rank, r, count_of(r)); });
    const Values from_all = all_of(size, [&](int r) { return block(r, rank, takes); });
    const Values room(from_all.size(), hole);
    gives(room, from_all, [&](auto in) {
      comm.Alltoallw({to_all, counts, bytes, types}, {in, equal, from_bytes, types});
    });
    gives(room, from_all, [&](auto in) {
      finish(comm.Ialltoallw({to_all, longs, bytes, types}, {in, equal, from_bytes, types}));
    });
#if MPI_VERSION >= 4
    gives(room, from_all, [&](auto in) {
      finish(comm.Alltoallw_init({to_all, counts, bytes, types}, {in, equal, from_bytes, types}));
    });
#endif
    // in place
    Values places;
    for (int r = 0; r < size; ++r) places.push_back(width * r * count);
    const Values same = all_of(size, [&](int r) { return block(rank, r, count); });
    const Values back = all_of(size, [&](int r) { return block(r, rank, count); });
    gives(same, back, [&](auto in) {
      comm.Alltoallw(MPI::IN_PLACE, {in, Values(ranks, count), places, types});
    });
  });
}

#if MPI_VERSION >= 4
TEST_CASE("a v call whose own division makes large counts on one side takes them", "[large]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    constexpr int count = largest + 1;
    // rank 0 sends as many to each; they come as one element
    const Values to_all =
        rank == 0 ? all_of(size, [&](int r) { return block(0, r, count); }) : Values();
    const Values expected = block(0, rank, count), room(expected.size(), hole);
    Values one(static_cast<std::size_t>(size));
    one[0] = 1;
    MPI::Datatype several = MPI::INT.Create_contiguous(count);
    several.Commit();
    gives(room, expected, [&](auto in) { comm.Alltoallv(to_all, {in, one, several}); });
    gives(room, expected, [&](auto in) { finish(comm.Ialltoallv(to_all, {in, one, several})); });
    gives(room, expected, [&](auto in) {
      finish(comm.Alltoallv_init(to_all, {in, one, several}));
    });
  });
}

TEST_CASE("collectives of objects take large ones, also on some ranks only", "[large]") {
  for_each_communicator([](const MPI::Intracomm& comm) {
    const int rank = comm.Get_rank(), size = comm.Get_size();
    // one byte, or more than a call with int counts is given
    const auto text = [](int source, int destination) {
      return std::string((source + destination) % 2 == 0 ? 1u : 40u,
                         static_cast<char>('a' + source + 4 * destination));
    };
    std::vector<std::string> of_all, to_all, from_all;
    for (int i = 0; i < size; ++i) {
      of_all.push_back(text(i, 0));
      to_all.push_back(text(rank, i));
      from_all.push_back(text(i, rank));
    }
    for (int root = 0; root < size; ++root) {
      const auto gathered = comm.gather(text(rank, 0), root);
      REQUIRE(gathered.has_value() == (rank == root));
      if (gathered) REQUIRE(*gathered == of_all);
      REQUIRE(comm.bcast(text(root, 1), root) == text(root, 1));
      std::vector<std::string> parts;
      for (int i = 0; rank == root && i < size; ++i) parts.push_back(text(root, i));
      REQUIRE(comm.scatter(parts, root) == text(root, rank));
    }
    REQUIRE(comm.allgather(text(rank, 0)) == of_all);
    REQUIRE(comm.alltoall(to_all) == from_all);
  });
}
#endif
