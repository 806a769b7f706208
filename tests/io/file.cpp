// SPDX-License-Identifier: MIT
// ranks: 1 2 3 4
// Opening, closing, what a file knows of itself, and what is said when something goes wrong.
#include "io/folder.hpp"
#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace mpi4cxx;

namespace {

constexpr int create = MPI::MODE_CREATE | MPI::MODE_RDWR;

/// The exception that `call` throws on this rank; all ranks must throw.
template <class Call>
MPI::Exception failure(Call&& call) {
  MPI::Exception caught(MPI::SUCCESS, "nothing was thrown");
  try {
    call();
  } catch (const MPI::Exception& error) {
    caught = error;
  }
  const int everywhere =
      MPI::COMM_WORLD.allreduce(caught.Get_error_code() != MPI::SUCCESS ? 1 : 0, MPI::MIN);
  REQUIRE(everywhere == 1);
  return caught;
}

}  // namespace

TEST_CASE("A file is written, closed, opened again and read, by any kind of name") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::filesystem::path path = folder / "block.bin";
  const std::string name = path.string();
  const std::vector<int> block(10, rank);
  {
    auto file = MPI::File::Open(comm, path, {.amode = create});
    file.Write_at_all(static_cast<std::size_t>(rank) * 10 * sizeof(int), block);
  }  // closed here, on all ranks
  std::vector<int> back(10, -1);
  const int next = (rank + 1) % size;
  MPI::Status status;
  {
    auto file = MPI::File::Open(comm, name);  // for reading
    CHECK(file.Get_amode() == MPI::MODE_RDONLY);
    file.Read_at(next * 40, back, {.status = status});
    file.Close();
    CHECK_FALSE(file);
  }
  CHECK(back == std::vector<int>(10, next));
  CHECK(status.Get_count(MPI::INT) == 10);
  {
    auto file = MPI::File::Open(comm, name.c_str(), MPI::MODE_RDWR, MPI::INFO_NULL);
    const MPI::File copy = file;
    CHECK(copy == file);
    file.Close();
    CHECK(copy == MPI::FILE_NULL);
    CHECK_FALSE(copy);
  }
  {
    MPI::File kept;
    CHECK(kept == MPI::FILE_NULL);
    {
      auto file =
          MPI::File::Open(comm, std::string_view(name), MPI::MODE_RDONLY, MPI::Info::Create());
      kept = file;
    }  // the copy keeps it open
    int first = -1;
    kept.Read_at(0, first);
    CHECK(first == 0);
    MPI::File moved = std::move(kept);
    CHECK(moved != MPI::FILE_NULL);
  }
}

TEST_CASE("A file knows its size, mode, group, hints, pointers and atomicity") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  auto file = MPI::File::Open(comm, folder / "properties", create);

  CHECK(file.size() == 0);
  comm.Barrier();  // all have seen it
  file.Set_size(1000);
  CHECK(file.Get_size() == 1000);
  comm.Barrier();
  file.Preallocate(2000);
  file.Sync();
  comm.Barrier();
  CHECK(file.Get_size() == 2000);
  comm.Barrier();
  file.Set_size(std::uint8_t{7});
  CHECK(file.size() == 7);

  CHECK(file.amode() == create);
  CHECK(file.group().Get_size() == size);
  CHECK(file.Get_group().Compare(comm.Get_group()) != MPI::UNEQUAL);
  CHECK(file.group_size() == size);
  CHECK(file.group_rank() == rank);

  CHECK(file.info());
  CHECK(file.Get_info() != MPI::INFO_NULL);
  file.Set_info(MPI::Info::Create({{"access_style", "sequential"}}));
  file.Set_info(MPI::INFO_NULL);

  CHECK(file.Get_position() == 0);
  file.Seek(3);
  CHECK(file.Get_position() == 3);
  file.Seek(2, SEEK_CUR);
  CHECK(file.Get_position() == 5);
  file.Seek(-4, {.whence = SEEK_CUR});
  CHECK(file.Get_position() == 1);
  file.Seek(-2, SEEK_END);
  CHECK(file.Get_position() == 5);
  file.Seek(4, MPI_SEEK_SET);
  CHECK(file.Get_position() == 4);
  CHECK(file.Get_byte_offset(6) == 6);

  CHECK(file.Get_position_shared() == 0);
  comm.Barrier();  // before somebody moves it
  file.Seek_shared(3);
  CHECK(file.Get_position_shared() == 3);
  comm.Barrier();
  file.Seek_shared(-1, {.whence = SEEK_END});
  CHECK(file.Get_position_shared() == 6);
  comm.Barrier();

  CHECK(file.Get_type_extent(MPI::INT) == sizeof(int));
  CHECK(file.Get_type_extent(MPI::INT.Create_contiguous(3).Commit()) == 3 * sizeof(int));

  CHECK_FALSE(file.atomicity());
  file.Set_atomicity(true);
  CHECK(file.Get_atomicity());
  // in atomic mode what is written is there for all, without Sync
  file.Write_at_all(rank * 4, rank);
  comm.Barrier();
  int other = -1;
  const int next = (rank + 1) % size;
  file.Read_at_all(next * 4, other);
  CHECK(other == next);
  file.Set_atomicity(false);
  CHECK_FALSE(file.atomicity());

  CHECK(file.native() != MPI_FILE_NULL);
  const MPI::File adopted = MPI::File::adopt(file.native(), MPI::ownership::borrowed);
  CHECK(adopted == file);
  CHECK(adopted.Get_size() == file.Get_size());
  CHECK(MPI::File::adopt(MPI_FILE_NULL, MPI::ownership::owned) == MPI::FILE_NULL);
}

TEST_CASE("Append, exclusive creation, deletion") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::string path = (folder / "modes").string();
  {
    auto file = MPI::File::Open(comm, path, create | MPI::MODE_EXCL);
    file.Write_ordered(static_cast<char>('a' + rank));
  }
  CHECK(bytes_of(path) == std::string("abcd").substr(0, static_cast<std::size_t>(size)));
  {
    auto file = MPI::File::Open(comm, path, MPI::MODE_WRONLY | MPI::MODE_APPEND);
    CHECK(file.Get_position() == size);
    CHECK(file.Get_position_shared() == size);
    comm.Barrier();
    file.Write_ordered(static_cast<char>('A' + rank));
  }
  CHECK(bytes_of(path).substr(static_cast<std::size_t>(size)) ==
        std::string("ABCD").substr(0, static_cast<std::size_t>(size)));

  const auto exists = failure([&] { MPI::File::Open(comm, path, create | MPI::MODE_EXCL); });
  CHECK(exists.Get_error_class() == MPI::ERR_FILE_EXISTS);
  CHECK_THAT(exists.what(), HasText("cannot open " + path + " for reading and writing: it exists"));

  comm.Barrier();
  if (rank == 0) MPI::File::Delete(path);
  comm.Barrier();
  CHECK_FALSE(std::filesystem::exists(path));
  const auto gone = failure([&] { MPI::File::Delete(path, {.info = MPI::INFO_NULL}); });
  CHECK(gone.Get_error_class() == MPI::ERR_NO_SUCH_FILE);
  CHECK_THAT(gone.what(), HasText("cannot delete " + path + ": there is no such file"));

  {
    auto file = MPI::File::Open(comm, path, create | MPI::MODE_DELETE_ON_CLOSE);
    file.Write_at(rank, 'x');
    comm.Barrier();
    CHECK(std::filesystem::exists(path));
    comm.Barrier();
  }
  comm.Barrier();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("What cannot be opened is said on all ranks, with the name and the remedy") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  const std::string absent = (folder / "results.bin").string();

  auto error = failure([&] { MPI::File::Open(comm, absent); });
  CHECK(error.Get_error_class() == MPI::ERR_NO_SUCH_FILE);
  CHECK(std::string(error.what()) ==
        "cannot open " + absent +
            " for reading: there is no such file; with MPI::MODE_CREATE it would be made");

  error = failure([&] { MPI::File::Open(comm, folder / "no/results.bin", create); });
  CHECK(error.Get_error_class() == MPI::ERR_NO_SUCH_FILE);
  CHECK_THAT(error.what(), HasText("its folder does not exist"));

  error = failure([&] { MPI::File::Open(comm, folder / "", MPI::MODE_RDWR); });
  CHECK(error.Get_error_class() == MPI::ERR_BAD_FILE);
  CHECK_THAT(error.what(), HasText("it is a folder"));

  for (const int amode :
       {0, MPI::MODE_RDONLY | MPI::MODE_WRONLY, MPI::MODE_RDONLY | MPI::MODE_CREATE}) {
    error = failure([&] { MPI::File::Open(comm, absent, amode); });
    CHECK(error.Get_error_class() == MPI::ERR_AMODE);
    CHECK_THAT(error.what(), HasText("MPI::MODE_RDWR"));
  }

  if (size > 1) {
    // one rank sees a file, the others do not: nobody waits for ever
    for (int owner = 0; owner < 2; ++owner) {
      const std::string mine = (folder / ("of" + std::to_string(rank))).string();
      if (rank == owner) std::ofstream(mine) << "here";
      comm.Barrier();
      error = failure([&] { MPI::File::Open(comm, mine); });
      CHECK(error.Get_error_class() == MPI::ERR_NO_SUCH_FILE);
      CHECK_THAT(error.what(), HasText(mine) && HasText("not within reach of rank " +
                                                        std::to_string(owner == 0 ? 1 : 0)));
      if (rank == owner) std::filesystem::remove(mine);
    }
    // so with the folder of a new one
    error = failure(
        [&] { MPI::File::Open(comm, rank == 1 ? folder / "new" : folder / "no/new", create); });
    CHECK(error.Get_error_class() == MPI::ERR_NO_SUCH_FILE);
    error = failure([&] {
      MPI::File::Open(comm, absent, rank == 0 ? create : MPI::MODE_CREATE | MPI::MODE_WRONLY);
    });
    CHECK(error.Get_error_class() == MPI::ERR_NOT_SAME);
    CHECK_THAT(error.what(), HasText("the same mode"));
  }
  CHECK(comm.allreduce(1) == size);  // the communicator is as good as before
}

TEST_CASE("What cannot be done to an open file says so, with the name") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const std::string path = (folder / "open").string();
  std::vector<int> block(3);

  {
    auto file = MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_WRONLY);
    for (const auto& error :
         {failure([&] { file.Read_at(0, block); }), failure([&] { file.Read_at_all(0, block); }),
          failure([&] { (void)file.Iread(block); }),
          failure([&] { file.Read_ordered_begin(block); })}) {
      CHECK(error.Get_error_class() == MPI::ERR_ACCESS);
      CHECK_THAT(error.what(), HasText(" on " + path + ": it was opened with MPI::MODE_WRONLY"));
    }
  }
  auto file = MPI::File::Open(comm, path);
  for (const auto& error :
       {failure([&] { file.Write(block); }), failure([&] { file.Write_all_begin(block); }),
        failure([&] { (void)file.Iwrite_at_all(0, block); }),
        failure([&] { file.Write_shared(block); }), failure([&] { file.Set_size(10); }),
        failure([&] { file.Preallocate(10); })}) {
    CHECK(error.Get_error_class() == MPI::ERR_READ_ONLY);
    CHECK_THAT(error.what(), HasText(" on " + path + ": it was opened with MPI::MODE_RDONLY"));
  }
  for (const auto& error :
       {failure([&] { file.Read_at(-3, block); }), failure([&] { file.Read_at_all(-1, block); }),
        failure([&] { (void)file.Iread_at(-3, block); }), failure([&] { file.Seek(-1); }),
        failure([&] { file.Set_view(-8); })}) {
    CHECK(error.Get_error_class() == MPI::ERR_ARG);
    CHECK_THAT(error.what(), HasText(path) && HasText("is negative"));
  }
  CHECK(failure([&] { file.Seek(1, 77); }).Get_error_class() == MPI::ERR_ARG);
  CHECK(failure([&] {
          file.Read_at(std::numeric_limits<std::uint64_t>::max(), block);
        }).Get_error_class() == MPI::ERR_ARG);
  auto error = failure([&] { file.Set_view(0, MPI::INT, MPI::INT, "nonsense"); });
  CHECK(error.Get_error_class() == MPI::ERR_UNSUPPORTED_DATAREP);
  CHECK_THAT(error.what(), HasText(path) && HasText("native"));
  CHECK_THAT(failure([&] { file.Set_view(0, MPI::INT, MPI::INT.Create_contiguous(2)); }).what(),
             HasText(path));  // not committed
  CHECK(failure([&] { file.Read_at(0, {MPI::IN_PLACE}); }).Get_error_class() == MPI::ERR_BUFFER);

  file.Close();
  error = failure([&] { file.Read(block); });
  CHECK(error.Get_error_class() == MPI::ERR_FILE);
  CHECK_THAT(error.what(), HasText("FILE_NULL"));
  CHECK(failure([&] { file.Close(); }).Get_error_class() == MPI::ERR_FILE);
  CHECK(failure([&] { (void)MPI::FILE_NULL.Get_size(); }).Get_error_class() == MPI::ERR_FILE);
}

TEST_CASE("A file's error handler is called before the exception, with the file") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  auto file = MPI::File::Open(comm, folder / "handled", create);
  CHECK(file.Get_errhandler() == MPI::ERRORS_RETURN);
  CHECK(MPI::FILE_NULL.Get_errhandler() == MPI::ERRORS_RETURN);
  int calls = 0, seen = MPI::SUCCESS;
  file.Set_errhandler(MPI::File::Create_errhandler([&](const MPI::File& failed, int code) {
    ++calls;
    seen = code;
    CHECK(failed == file);
    CHECK(failed.Get_amode() == create);
  }));
  const auto error = failure([&] { file.Set_view(0, MPI::INT, MPI::INT, "nonsense"); });
  CHECK(calls == 1);
  CHECK(seen == error.Get_error_code());
  file.Call_errhandler(MPI::ERR_OTHER);
  CHECK(calls == 2);
  file.Set_errhandler(MPI::ERRORS_RETURN);
  file.Call_errhandler(MPI::ERR_OTHER);
  CHECK(calls == 2);
}

TEST_CASE("A sequential file has the shared pointer only") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int size = comm.Get_size();
  const std::string path = (folder / "sequential").string();
  auto file =
      MPI::File::Open(comm, path, MPI::MODE_CREATE | MPI::MODE_WRONLY | MPI::MODE_SEQUENTIAL);
  for (const auto& error : {failure([&] { file.Write(1); }), failure([&] { file.Seek(0); }),
                            failure([&] { file.Write_at_all(0, 1); })}) {
    CHECK(error.Get_error_class() == MPI::ERR_UNSUPPORTED_OPERATION);
    CHECK_THAT(error.what(), HasText(path) && HasText("MODE_SEQUENTIAL"));
  }
  file.Write_ordered('a');
  file.Set_view(MPI::DISPLACEMENT_CURRENT, MPI::CHAR);
  file.Write_shared('a');
  file.Close();
  CHECK(bytes_of(path) == std::string(static_cast<std::size_t>(2 * size), 'a'));
}

TEST_CASE("Beyond 4 GiB, in a sparse file") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  constexpr MPI_Offset GiB = MPI_Offset{1} << 30;
  auto file = MPI::File::Open(comm, folder / "sparse", create);
  file.Set_size(5 * GiB);
  CHECK(file.Get_size() == 5 * GiB);
  const std::vector<int> block{rank, rank + 1, rank + 2};
  file.Write_at(4 * GiB + 5 + rank * 12, block);
  file.Write_at_all(6 * GiB + rank * 12, block);
  file.Sync();
  comm.Barrier();
  file.Sync();
  CHECK(file.Get_size() == 6 * GiB + size * 12);
  const int next = (rank + 1) % size;
  const std::vector<int> expected{next, next + 1, next + 2};
  std::vector<int> back(3, -1);
  file.Read_at_all(4 * GiB + 5 + next * 12, back);
  CHECK(back == expected);
  // offsets in units of a view that begins beyond 2 GiB
  file.Set_view(3 * GiB, MPI::INT);
  CHECK(file.Get_byte_offset(GiB) == 7 * GiB);
  back.assign(3, -1);
  file.Seek(3 * GiB / 4 + next * 3);
  file.Read(back);
  CHECK(back == expected);
  CHECK(file.Get_position() == 3 * GiB / 4 + next * 3 + 3);
}

TEST_CASE("While an exception unwinds, a file is left open, and nobody waits for its close") {
  const Folder folder;
  const auto& comm = MPI::COMM_WORLD;
  const std::string path = (folder / "left").string();
  const auto mode = create | MPI::MODE_DELETE_ON_CLOSE;
  bool caught = false;
  try {
    auto file = MPI::File::Open(comm, path, mode);
    throw std::runtime_error("halfway");
  } catch (const std::runtime_error&) {
    caught = true;
    // here nothing unwinds any more: a file that is opened and left is closed
    auto file = MPI::File::Open(comm, (folder / "closed").string(), mode);
    file.Write_ordered('x');
  }
  comm.Barrier();
  CHECK(caught);
  CHECK(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(folder / "closed"));
}
