// SPDX-License-Identifier: MIT
// String matching whose results never come together in one rank: all write into one file at once,
// then each reads what another one wrote.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <mpi4cxx/mpi4cxx.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "common/options.hpp"
#include "common/pairs.hpp"
#include "common/sentences.hpp"

using namespace mpi4cxx;

int main(int argc, char** argv) {
  course::MatchingOptions options;
  options.output = "similar_pairs.tsv";
  CLI::App app("Finds the similar pairs of two lists of sentences; all ranks write them.",
               "13_parallel_file_output");
  options.add_to(app);
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const int size = comm.Get_size();

  // All open the file, before the work begins: a bad path should not cost an hour
  auto file = MPI::File::Open(comm, options.output, MPI::MODE_CREATE | MPI::MODE_RDWR);

  // Every rank has both lists, and a part of the left one
  std::vector<course::Sentence> left_list, right_list;
  if (rank == 0) std::tie(left_list, right_list) = course::load_lists(options.left, options.right);
  comm.bcast(left_list);
  comm.bcast(right_list);
  const auto part = [&](int i) {
    return left_list.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(size);
  };
  const auto mine = std::span(left_list).subspan(part(rank), part(rank + 1) - part(rank));
  const auto found = course::similar_pairs(mine, right_list, options.threshold);

  std::string text = rank == 0 ? "id_left\tid_right\tratio\n" : "";
  for (const auto& pair : found.pairs)
    text += fmt::format("{}\t{}\t{}\n", pair.left_id, pair.right_id, pair.ratio);

  // Where a rank's text begins is how much those before it have
  const auto lengths = comm.allgather(static_cast<std::int64_t>(text.size()));
  std::vector<std::int64_t> begin{0};
  for (const auto length : lengths) begin.push_back(begin.back() + length);
  const auto at = [&](int i) { return begin[static_cast<std::size_t>(i)]; };

  file.Set_size(at(size));  // there may have been more in it
  file.Write_at_all(at(rank), text);

  // What others wrote is sure to be there between two Syncs
  file.Sync();
  comm.Barrier();
  file.Sync();
  const int next = (rank + 1) % size;
  std::string back(static_cast<std::size_t>(lengths[static_cast<std::size_t>(next)]), '\0');
  file.Read_at_all(at(next), back);
  file.Close();

  // The next rank still knows what it wrote
  const auto expected =
      comm.sendrecv<std::string>(text, {.dest = (rank + size - 1) % size, .source = next});
  if (back != expected)
    throw std::runtime_error(fmt::format("rank {} wrote something else into {} than rank {} reads",
                                         next, options.output, rank));
  const auto pairs = comm.reduce(found.count);
  if (pairs)
    fmt::print("{} similar pairs, {} bytes in {}, written and checked by {} ranks\n", *pairs,
               at(size), options.output, size);
}
