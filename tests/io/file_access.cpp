// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// time limit: 120
// Every way to read and to write, by itself and with counts beyond what an int holds.
#include "io/folder.hpp"
#include "support/catch.hpp"
#include "support/guarded.hpp"

#include <functional>
#include <numeric>
#include <vector>

using namespace mpi4cxx;

namespace {

constexpr int length = 13;

/// What this rank writes: no two ranks have a number in common.
std::vector<int> numbers_of(int rank, int count = length) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 100 * rank);
  return numbers;
}

struct Flavour {
  const char* name;
  std::function<void(MPI::File&, int, const std::vector<int>&, MPI::Status&)> write;
  std::function<void(MPI::File&, int, std::span<int>, MPI::Status&)> read;
  enum { own, in_turn, ordered } order = own;
};

/// Each writes and reads this rank's part, which begins at element `at` of the file, and fills a
/// status.
const Flavour flavours[] = {
    {"_at",
     [](auto& file, int at, auto& data, auto& status) {
       file.Write_at(at, data, {.status = status});
     },
     [](auto& file, int at, auto data, auto& status) { file.Read_at(at, data, status); }},
    {"_at_all",
     [](auto& file, int at, auto& data, auto& status) { file.Write_at_all(at, data, &status); },
     [](auto& file, int at, auto data, auto& status) {
       file.Read_at_all(at, data, {.status = &status});
     }},
    {"I_at",
     [](auto& file, int at, auto& data, auto& status) { file.Iwrite_at(at, data).Wait(status); },
     [](auto& file, int at, auto data, auto& status) { file.Iread_at(at, data).Wait(status); }},
    {"I_at_all",
     [](auto& file, int at, auto& data, auto& status) {
       file.Iwrite_at_all(at, data).Wait(status);
     },
     [](auto& file, int at, auto data, auto& status) { file.Iread_at_all(at, data).Wait(status); }},
    {"_at_all split",
     [](auto& file, int at, auto& data, auto& status) {
       file.Write_at_all_begin(at, data);
       file.Write_at_all_end(data, {.status = status});
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Read_at_all_begin(at, data);
       file.Read_at_all_end(data, status);
     }},
    {"individual",
     [](auto& file, int at, auto& data, auto& status) {
       file.Seek(at);
       file.Write(data, status);
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Seek(at);
       file.Read(data, {.status = status});
     }},
    {"_all",
     [](auto& file, int at, auto& data, auto& status) {
       file.Seek(at);
       file.Write_all(data, status);
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Seek(at);
       file.Read_all(data, status);
     }},
    {"I",
     [](auto& file, int at, auto& data, auto& status) {
       file.Seek(at);
       file.Iwrite(data).Wait(status);
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Seek(at);
       auto request = file.Iread(data);
       while (!request.Test(status)) continue;
     }},
    {"I_all",
     [](auto& file, int at, auto& data, auto& status) {
       file.Seek(at);
       file.Iwrite_all(data).Wait(status);
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Seek(at);
       file.Iread_all(data).Wait(status);
     }},
    {"_all split",
     [](auto& file, int at, auto& data, auto& status) {
       file.Seek(at);
       file.Write_all_begin(data);
       file.Write_all_end(data, status);
     },
     [](auto& file, int at, auto data, auto& status) {
       file.Seek(at);
       file.Read_all_begin(data);
       file.Read_all_end(data, status);
     }},
    {"_shared", [](auto& file, int, auto& data, auto& status) { file.Write_shared(data, status); },
     [](auto& file, int, auto data, auto& status) { file.Read_shared(data, status); },
     Flavour::in_turn},
    {"I_shared",
     [](auto& file, int, auto& data, auto& status) { file.Iwrite_shared(data).Wait(status); },
     [](auto& file, int, auto data, auto& status) { file.Iread_shared(data).Wait(status); },
     Flavour::in_turn},
    {"_ordered",
     [](auto& file, int, auto& data, auto& status) { file.Write_ordered(data, status); },
     [](auto& file, int, auto data, auto& status) { file.Read_ordered(data, status); },
     Flavour::ordered},
    {"_ordered split",
     [](auto& file, int, auto& data, auto& status) {
       file.Write_ordered_begin(data);
       file.Write_ordered_end(data, status);
     },
     [](auto& file, int, auto data, auto& status) {
       file.Read_ordered_begin(data);
       file.Read_ordered_end(data, status);
     },
     Flavour::ordered},
};

void flush(const MPI::File& file, const MPI::Intracomm& comm) {
  file.Sync();
  comm.Barrier();
  file.Sync();
}

void rewind(const MPI::File& file) {
  file.Seek(0);
  MPI::COMM_WORLD.Barrier();  // all have done with the shared pointer
  file.Seek_shared(0);
}

void check_every_flavour(const MPI::Intracomm& comm) {
  const Folder folder;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto file = MPI::File::Open(comm, folder / "flavours", MPI::MODE_CREATE | MPI::MODE_RDWR);
  file.Set_view(0, MPI::INT);
  for (const Flavour& flavour : flavours) {
    INFO("flavour: " << flavour.name);
    const std::vector<int> mine = numbers_of(rank);
    const std::vector<int> cleared(static_cast<std::size_t>(length), -7);
    file.Write_at_all(rank * length, cleared);
    flush(file, comm);
    rewind(file);
    MPI::Status status;
    flavour.write(file, rank * length, mine, status);
    CHECK(status.Get_count(MPI::INT) == length);
    flush(file, comm);
    CHECK(file.Get_size() == static_cast<MPI_Offset>(sizeof(int)) * size * length);
    rewind(file);

    // the next rank's part, where the flavour lets me say so
    const int next = flavour.order == Flavour::ordered ? rank : (rank + 1) % size;
    Guarded<int> back(length, -1);
    MPI::Status read;
    flavour.read(file, next * length, back.span(), read);
    CHECK(read.Get_count(MPI::INT) == length);
    CHECK(back.guards_stay());
    if (flavour.order == Flavour::in_turn) {
      // somebody's whole part; all of them, taken together
      CHECK(back[0] % 100 == 0);
      CHECK(back.values() == numbers_of(back[0] / 100));
      CHECK(comm.allreduce(back[0] / 100) == size * (size - 1) / 2);
    } else {
      CHECK(back.holds(numbers_of(next)));
    }
    if (flavour.name[0] == '_' && flavour.name[1] == 's')
      CHECK(comm.allreduce(file.Get_position_shared(), MPI::MAX) == size * length);
    comm.Barrier();
  }
}

}  // namespace

TEST_CASE("Every flavour writes this rank's part and reads the next one's") {
  check_every_flavour(MPI::COMM_WORLD);
}

TEST_CASE("Counts beyond what an int holds take the same ways") {
  // as if an int held 5
  const auto largest = std::exchange(MPI::detail::largest_count, MPI_Count{5});
  check_every_flavour(MPI::COMM_WORLD);
  MPI::detail::largest_count = largest;
}

TEST_CASE("Some ranks are beyond the limits of a call, others not") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto largest = std::exchange(MPI::detail::largest_count, MPI_Count{5});
  auto file = MPI::File::Open(comm, folder / "limits", MPI::MODE_CREATE | MPI::MODE_RDWR);
  file.Set_view(0, MPI::INT);
  const auto length_of = [](int r) { return r % 2 == 0 ? 9 : 4; };
  const std::vector<int> mine = numbers_of(rank, length_of(rank));
  const int next = (rank + 1) % size;
  MPI::Status status;
  file.Iwrite_at_all(10 * rank, mine).Wait(status);
  CHECK(status.Get_count(MPI::INT) == length_of(rank));
  flush(file, comm);
  std::vector<int> back(static_cast<std::size_t>(length_of(next)), -1);
  file.Read_at_all(10 * next, back, status);
  CHECK(back == numbers_of(next, length_of(next)));
  CHECK(status.Get_count(MPI::INT) == length_of(next));
  // beyond the end of the file
  file.Iread_at_all(10 * (size - 1) + length_of(size - 1) - 2, back).Wait(status);
  CHECK(status.Get_count(MPI::INT) == 2);
  MPI::detail::largest_count = largest;
  comm.Barrier();
}

TEST_CASE("Unequal parts, and ranks with nothing") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto file = MPI::File::Open(comm, folder / "unequal", MPI::MODE_CREATE | MPI::MODE_RDWR);
  file.Set_view(0, MPI::INT);
  // rank r has r numbers: rank 0 nothing
  const std::vector<int> mine = numbers_of(rank, rank);
  const int at = rank * (rank - 1) / 2, all = size * (size - 1) / 2;
  const auto whole = [&] {
    flush(file, comm);
    std::vector<int> numbers(static_cast<std::size_t>(all), -1), expected;
    for (int each = 0; each < size; ++each)
      for (const int number : numbers_of(each, each)) expected.push_back(number);
    MPI::Status status;
    file.Read_at(0, numbers, status);
    CHECK(numbers == expected);
    CHECK(status.Get_count(MPI::INT) == all);
    comm.Barrier();
    file.Set_size(0);
  };
  file.Write_at_all(at, mine);
  whole();
  file.Seek_shared(0);
  file.Write_ordered(mine);
  whole();
  if (rank == 0) {
    file.Iwrite_at_all(at, MPI::None).Wait();
  } else {
    file.Iwrite_at_all(at, {mine.data(), mine.size(), MPI::INT}).Wait();
  }
  whole();
  file.Seek(at);
  file.Write_all_begin(mine);
  const int independent = 5;  // what a split collective allows
  file.Write_at(all, independent);
  file.Write_all_end(mine);
  CHECK(file.Get_position() == at + rank);
  flush(file, comm);
  comm.Barrier();
  file.Set_size(all * static_cast<int>(sizeof(int)));
  whole();
  MPI::Status status;
  std::vector<int> none;
  file.Read_all(none, status);
  CHECK(status.Get_count(MPI::INT) == 0);
}

TEST_CASE("A read at the end of the file says how much there was, in every flavour") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto file = MPI::File::Open(comm, folder / "end", MPI::MODE_CREATE | MPI::MODE_RDWR);
  file.Set_view(0, MPI::INT);
  if (rank == 0) file.Write_at(0, std::vector<int>{0, 1, 2, 3, 4});
  flush(file, comm);
  for (const Flavour& flavour : flavours) {
    if (flavour.order != Flavour::own) continue;
    INFO("flavour: " << flavour.name);
    // all want the same 10 numbers, of which 2 are there
    std::vector<int> back(10, -1);
    MPI::Status status;
    flavour.read(file, 3, back, status);
    CHECK(status.Get_count(MPI::INT) == 2);
    CHECK(std::vector<int>(back.begin(), back.begin() + 2) == std::vector<int>{3, 4});
    // from the end on: nothing
    flavour.read(file, 5 + rank, back, status);
    CHECK(status.Get_count(MPI::INT) == 0);
  }
  // by the shared pointer: each number comes once
  for (const bool starts : {false, true}) {
    rewind(file);
    std::vector<int> found;
    for (;;) {
      int number = -1;
      MPI::Status status;
      if (starts)
        file.Iread_shared(number).Wait(status);
      else
        file.Read_shared(number, status);
      if (status.Get_count(MPI::INT) == 0) break;
      found.push_back(number);
    }
    CHECK(comm.allreduce(static_cast<int>(found.size())) == 5);
    CHECK(comm.allreduce(std::accumulate(found.begin(), found.end(), 0)) == 10);
  }
  // the end of a loop over the file, all ranks together, each its own columns
  const auto columns = MPI::Datatype::of<int>().Create_resized(0, size * 4).Commit();
  file.Set_view(rank * 4, MPI::INT, columns);
  MPI_Count mine = 0;
  for (MPI::Status status;;) {
    int two[2];
    file.Read_all(two, status);
    const MPI_Count here = status.Get_count(MPI::INT);
    mine += here;
    if (comm.allreduce(here, MPI::MAX) == 0) break;
    REQUIRE(mine <= 5);
  }
  CHECK(mine == (5 - rank + size - 1) / size);
}

TEST_CASE("Several nonblocking accesses at once; the file outlives its name") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const auto path = folder / "several";
  const std::vector<int> mine = numbers_of(rank);
  {
    std::vector<MPI::Request> requests;
    auto file = MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_RDWR);
    for (int part = 0; part < length; ++part)
      requests.push_back(
          file.Iwrite_at((rank * length + part) * 4, {&mine[static_cast<std::size_t>(part)], 1}));
    CHECK_THROWS_AS(file.Close(), MPI::Exception);
    file = MPI::File();  // the requests still need it
    std::vector<MPI::Status> statuses;
    MPI::Request::Waitall(requests, &statuses);
    for (const auto& status : statuses) CHECK(status.Get_count(MPI::INT) == 1);
  }
  comm.Barrier();
  CHECK(bytes_of(path).size() == static_cast<std::size_t>(size * length * 4));
  auto file = MPI::File::Open(comm, path);
  std::vector<int> all(static_cast<std::size_t>(size * length), -1), expected;
  for (int each = 0; each < size; ++each)
    for (const int number : numbers_of(each)) expected.push_back(number);
  { auto dropped = file.Iread_at_all(0, all); }  // a dropped request is waited for
  CHECK(all == expected);
}

TEST_CASE("A split collective is ended by its own end, with its own buffer") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  std::vector<int> mine = numbers_of(rank), other(length);
  const auto code_of = [](auto&& call) {
    try {
      call();
    } catch (const MPI::Exception& error) {
      CHECK_THAT(error.what(), HasText("split"));
      return error.Get_error_class();
    }
    return MPI::SUCCESS;
  };
  auto file = MPI::File::Open(comm, folder / "split", MPI::MODE_CREATE | MPI::MODE_RDWR);
  CHECK(code_of([&] { file.Write_all_end(mine); }) == MPI::ERR_REQUEST);
  file.Write_at_all_begin(rank * length * 4, mine);
  CHECK(code_of([&] { file.Write_all_end(mine); }) == MPI::ERR_REQUEST);
  CHECK(code_of([&] { file.Write_at_all_end(other); }) == MPI::ERR_BUFFER);
  CHECK(code_of([&] { file.Read_all_begin(other); }) == MPI::ERR_REQUEST);
  CHECK(code_of([&] { file.Write_all(other); }) == MPI::ERR_REQUEST);
  CHECK(code_of([&] { file.Close(); }) == MPI::ERR_REQUEST);
  file.Write_at_all_end(mine);
  CHECK(code_of([&] { file.Write_at_all_end(mine); }) == MPI::ERR_REQUEST);
  file.Read_at_all_begin(rank * length * 4, other);
  // the scope's end ends what was begun
}

TEST_CASE("Accesses go on while an object receive is unfinished") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const int next = (rank + 1) % size, previous = (rank + size - 1) % size;
  auto file = MPI::File::Open(comm, folder / "progress", MPI::MODE_CREATE | MPI::MODE_RDWR);
  const std::vector<double> large(100'000, rank);
  auto coming = comm.irecv<std::vector<double>>({.source = previous});
  auto going = comm.isend(large, {.dest = next});
  file.Write_ordered(rank);
  file.Write_at_all(4 * (size + rank), rank);
  file.Sync();
  comm.Barrier();
  std::vector<int> all(static_cast<std::size_t>(2 * size));
  file.Read_at_all(0, all);
  CHECK(all[static_cast<std::size_t>(previous)] == previous);
  CHECK(all[static_cast<std::size_t>(size + previous)] == previous);
  CHECK(coming.wait() == std::vector<double>(100'000, previous));
  going.wait();
}
