// SPDX-License-Identifier: MIT
// Who trains what: blocks dealt out at the beginning, or one combination at a time.
//
// Every rank has a worker that trains and sends each result to rank 0 at once. On rank 0 the worker
// is a thread of its own that talks to rank 0 as the other ranks do, so that rank 0 trains, too,
// and still has an ear for the others.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mpi4cxx/mpi4cxx.hpp>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "results.hpp"

namespace gridsearch {

inline constexpr int task_tag = 1;
inline constexpr int result_tag = 2;

using Train = std::function<Result(const Task&)>;

/// Near-equal blocks in order: the first len mod size of them are one longer.
inline std::vector<std::vector<Task>> split(const std::vector<Combination>& combinations,
                                            std::size_t size, int first_number) {
  std::vector<std::vector<Task>> blocks(size);
  auto next = combinations.begin();
  for (std::size_t i = 0; i < size; ++i) {
    const auto length =
        static_cast<int>(combinations.size() / size + (i < combinations.size() % size ? 1 : 0));
    for (int j = 0; j < length; ++j)
      blocks[i].push_back({*next++, first_number + j, first_number + length - 1});
  }
  return blocks;
}

/// The longest first, so that no long training begins when the others are about to end.
inline std::vector<Task> longest_first(std::vector<Combination> combinations, int first_number) {
  std::stable_sort(combinations.begin(), combinations.end(),
                   [](const auto& a, const auto& b) { return cost(a) > cost(b); });
  std::vector<Task> tasks;
  const int last = first_number + static_cast<int>(combinations.size()) - 1;
  for (const Combination& combination : combinations)
    tasks.push_back({combination, first_number + static_cast<int>(tasks.size()), last});
  return tasks;
}

/// The worker of the static schedule: its block from the first to the last.
inline std::vector<Result> work_through(const mpi4cxx::MPI::Intracomm& comm,
                                        const std::vector<Task>& tasks, const Train& train) {
  std::vector<Result> results;
  for (const Task& task : tasks) {
    results.push_back(train(task));
    comm.send(results.back(), {.dest = 0, .tag = result_tag});
  }
  return results;
}

/// The worker of the dynamic schedule: what rank 0 hands out, until that is nothing.
inline std::vector<Result> work_on_demand(const mpi4cxx::MPI::Intracomm& comm, const Train& train) {
  std::vector<Result> results;
  while (const auto task = comm.recv<std::optional<Task>>({.source = 0, .tag = task_tag})) {
    results.push_back(train(*task));
    comm.send(results.back(), {.dest = 0, .tag = result_tag});
  }
  return results;
}

/// Rank 0: takes `count` results as they come. With `tasks` to hand out, every rank gets one of
/// them at the beginning and another one for each result, or the word that there are no more.
inline void collect(const mpi4cxx::MPI::Intracomm& comm, std::size_t count,
                    const std::optional<std::vector<Task>>& tasks,
                    const std::function<void(const Result&)>& take,
                    const std::function<void()>& idle) {
  using namespace mpi4cxx;
  std::size_t next = 0;
  const auto hand_out = [&](int rank) {
    std::optional<Task> task;
    if (next < tasks->size()) task = (*tasks)[next++];
    comm.send(task, {.dest = rank, .tag = task_tag});
  };
  if (tasks)
    for (int rank = 0; rank < comm.Get_size(); ++rank) hand_out(rank);
  for (std::size_t taken = 0; taken < count;) {
    // Looking now and then leaves the core to XGBoost, and the progress bar lives by the clock.
    MPI::Status status;
    if (!comm.iprobe({.tag = result_tag, .status = status})) {
      idle();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      continue;
    }
    const auto result = comm.recv<Result>({.source = status.Get_source(), .tag = result_tag});
    if (tasks) hand_out(status.Get_source());  // first of all: somebody is waiting
    take(result);
    ++taken;
  }
}

/// Runs the worker on a thread beside `collecting`.
inline std::vector<Result> work_beside(const std::function<std::vector<Result>()>& worker,
                                       const std::function<void()>& collecting) {
  std::vector<Result> results;
  std::thread thread([&] { results = worker(); });
  try {
    collecting();
  } catch (...) {
    thread.detach();  // it may wait for ever; the exception ends the job
    throw;
  }
  thread.join();
  return results;
}

}  // namespace gridsearch
