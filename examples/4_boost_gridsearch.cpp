// SPDX-License-Identifier: MIT
// Hyperparameter search with XGBoost: whole trainings are distributed, each uses its rank's cores.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mpi4cxx/mpi4cxx.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/options.hpp"
#include "common/random.hpp"
#include "gridsearch/booster.hpp"
#include "gridsearch/credit_csv.hpp"
#include "gridsearch/credit_data.hpp"
#include "gridsearch/generator.hpp"
#include "gridsearch/grid.hpp"
#include "gridsearch/options.hpp"
#include "gridsearch/plot.hpp"
#include "gridsearch/preprocessing.hpp"
#include "gridsearch/progress.hpp"
#include "gridsearch/results.hpp"
#include "gridsearch/schedule.hpp"

using namespace mpi4cxx;
using namespace gridsearch;

static double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

static std::ofstream open_file(const std::string& path, std::ios::openmode mode) {
  errno = 0;
  std::ofstream file(path, mode);
  if (!file)
    throw std::runtime_error("cannot open " + path + ": " + std::generic_category().message(errno));
  return file;
}

// Before the work begins: a bad path should not cost an hour.
static void check_can_write(const std::string& path) {
  open_file(path, std::ios::app);
  if (std::filesystem::is_empty(path)) std::filesystem::remove(path);
}

// The data, of which there must be enough to learn and to test.
static CreditTable load(const Options& options) {
  CreditTable table = options.data.empty()
                          ? generate_credit_data(options.generated_rows(), options.seed)
                          : read_credit_data(options.data, options.read_rows());
  if (table.size() < 2 || sorted_unique(table.credit_score).size() < 2)
    throw std::runtime_error(fmt::format(
        "4_boost_gridsearch: of the data {} rows are for training and complete: give it "
        "more rows, of at least two different scores",
        table.size()));
  return table;
}

// What is left of the grid when some of it is done, in random order.
static std::vector<Combination> left_to_do(const Options& options,
                                           const std::vector<Result>& finished) {
  std::vector<Combination> left = combinations(options.grid);
  std::erase_if(left, [&](const Combination& combination) {
    return std::any_of(finished.begin(), finished.end(),
                       [&](const Result& result) { return result.combination == combination; });
  });
  course::SplitMix64 random(options.seed);
  course::shuffle(left, random);
  return left;
}

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Searches the parameters with which XGBoost predicts credit scores best.",
               "4_boost_gridsearch");
  options.add_to(app);
  course::parse_command_line(app, argc, argv);

  auto comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank();
  const int size = comm.Get_size();

  if (!options.write_data.empty()) {
    if (rank == 0) {
      std::ofstream file = open_file(options.write_data, std::ios::trunc);
      write_credit_data(file, options.generated_rows(), options.seed);
      file.close();
      if (!file) throw std::runtime_error("cannot write " + options.write_data);
    }
    return 0;
  }

  // The original reads the data on every rank. Here rank 0 does: the file system has one reader,
  // and what is wrong with the file is said once.
  const auto start_time = std::chrono::steady_clock::now();
  std::optional<ResultsFile> output;
  CreditTable table;
  if (rank == 0) {
    if (!options.plot.empty()) check_can_write(options.plot);
    table = load(options);
    output.emplace(options.output, options.mode(), options.settings());
  }
  comm.bcast(table, {.root = 0});

  // Every rank prepares the data in the same way
  const int threads = threads_of_rank(options.threads, comm);
  std::optional<Matrix> train_matrix, test_matrix;
  std::size_t class_count = 0;
  {
    const Dataset data = prepare(std::exchange(table, {}), options.seed);
    train_matrix.emplace(data.train, data.feature_count, threads);
    test_matrix.emplace(data.test, data.feature_count, threads);
    class_count = data.class_count;
  }

  // Trains and tests one combination; what XGBoost objects to is a result, too
  const auto train = [&](const Task& task) {
    Result result{task.combination, task.number, task.count, rank, 0, 0, ""};
    const auto start = std::chrono::steady_clock::now();
    try {
      auto parameters = booster_parameters(task.combination);
      parameters["nthread"] = fmt::to_string(threads);
      parameters["seed"] = fmt::to_string(options.seed);
      Classifier model(*train_matrix, class_count, parameters);
      model.fit(*train_matrix, n_estimators(task.combination));
      result.accuracy = model.score(*test_matrix);
    } catch (const std::exception& error) {
      result.error = error.what();
    }
    result.elapsed = seconds_since(start);
    return result;
  };

  // Rank 0 makes the combinations, shuffles them and scatters near-equal blocks; under the dynamic
  // schedule it keeps them, the longest first
  std::vector<Combination> todo;
  std::optional<std::vector<std::vector<Task>>> blocks;
  std::vector<Task> local_tasks;
  double total_cost = 0;
  if (rank == 0) {
    todo = left_to_do(options, output->finished());
    int first_number = 1;  // a resumed search goes on counting
    for (const Result& result : output->finished())
      first_number = std::max(first_number, result.number + 1);
    if (options.is_dynamic())
      local_tasks = longest_first(todo, first_number);
    else
      blocks = split(todo, static_cast<std::size_t>(size), first_number);
    for (const Combination& combination : todo) total_cost += cost(combination);
    fmt::print("{} combinations on {} ranks, {} schedule, {} XGBoost threads on rank 0{}\n",
               todo.size(), size, options.schedule, threads,
               output->finished().empty()
                   ? ""
                   : fmt::format(", {} were there already", output->finished().size()));
  }
  if (!options.is_dynamic()) local_tasks = comm.scatter(blocks, {.root = 0});

  // Every rank trains; rank 0 also writes each result as it comes, and says how far the search is
  const auto search_start = std::chrono::steady_clock::now();
  Queue<Task> tasks(std::move(local_tasks));
  std::vector<Result> local_results;
  if (rank == 0) {
    Progress progress(todo.size(), total_cost, options.shows_bar());
    const auto take = [&](const Result& result) {
      output->append(result);
      progress.done(
          cost(result.combination),
          fmt::format("Rank {}: {}/{} | {} | Elapsed: {:.2f}", result.rank, result.number,
                      result.count,
                      result.error.empty() ? fmt::format("Accuracy: {:.4f}", result.accuracy)
                                           : "Failed: " + result.error,
                      result.elapsed));
    };
    local_results = work_and_collect(comm, options.is_dynamic(), tasks, train, todo.size(), take,
                                     [&] { progress.tick(); });
    progress.finish();
  } else {
    local_results = work_for_rank_0(comm, options.is_dynamic(), tasks, train);
  }
  const double search_seconds = seconds_since(search_start);

  // All results are gathered in rank 0, which prints them
  const auto all_results = comm.gather(local_results, {.root = 0});
  if (rank == 0) {
    std::vector<Result> results = output->finished();
    for (const auto& part : *all_results) results.insert(results.end(), part.begin(), part.end());
    sort_results(results);
    print_results(results, 10);
    print_busy_times(*all_results, search_seconds);
    if (!options.plot.empty()) {
      const std::string problem = draw(results, options.plot);
      fmt::print("{}\n", problem.empty() ? "Picture: " + options.plot : problem);
    }
    fmt::print("MultiProcessing completed in {:.2f} seconds with {} mpi processes.\n",
               seconds_since(start_time), size);
  }
}
