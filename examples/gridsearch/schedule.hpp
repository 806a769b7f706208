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
#include <deque>
#include <functional>
#include <mpi4cxx/mpi4cxx.hpp>
#include <mutex>
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

/// What two threads of a rank hand to each other.
template <class T>
class Queue {
 public:
  explicit Queue(std::vector<T> items = {}) : items_(items.begin(), items.end()) {}

  void push(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
  }
  /// The first item, if there is one.
  std::optional<T> pop() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::deque<T> items_;
};

using NextTask = std::function<std::optional<Task>()>;
using TakeResult = std::function<void(const Result&)>;

/// The worker of every rank, under both schedules: trains until there is no next task.
inline std::vector<Result> work(const NextTask& next_task, const Train& train,
                                const TakeResult& deliver) {
  std::vector<Result> results;
  while (const auto task = next_task()) {
    results.push_back(train(*task));
    deliver(results.back());
  }
  return results;
}

/// Runs the worker where rank 0 is not: it sends its results there, and asks there for tasks,
/// unless it has `tasks` of its own.
inline std::vector<Result> work_for_rank_0(const mpi4cxx::MPI::Intracomm& comm, bool is_dynamic,
                                           Queue<Task>& tasks, const Train& train) {
  const NextTask from_rank_0 = [&] {
    return comm.recv<std::optional<Task>>({.source = 0, .tag = task_tag});
  };
  return work(
      is_dynamic ? from_rank_0 : [&] { return tasks.pop(); }, train,
      [&](const Result& result) { comm.send(result, {.dest = 0, .tag = result_tag}); });
}

/// Runs rank 0: its worker on a thread, and beside it what all ranks need. It takes `count` results
/// as they come. Under the dynamic schedule every other rank gets one of the tasks at the beginning
/// and another one for each result, or the word that there are no more; under the static one they
/// all are the worker's. `idle` is called now and then.
inline std::vector<Result> work_and_collect(const mpi4cxx::MPI::Intracomm& comm, bool is_dynamic,
                                            Queue<Task>& tasks, const Train& train,
                                            std::size_t count, const TakeResult& take,
                                            const std::function<void()>& idle) {
  using namespace mpi4cxx;
  // Not by messages to itself: MPICH 4.0 loses them if two threads are at it.
  Queue<Result> own_results;
  std::vector<Result> results;
  std::thread worker([&] {
    results = work([&] { return tasks.pop(); }, train,
                   [&](const Result& result) { own_results.push(result); });
  });
  try {
    if (is_dynamic)
      for (int rank = 1; rank < comm.Get_size(); ++rank)
        comm.send(tasks.pop(), {.dest = rank, .tag = task_tag});
    for (std::size_t taken = 0; taken < count;) {
      MPI::Status status;
      if (const auto own = own_results.pop()) {
        take(*own);
        ++taken;
      } else if (comm.iprobe({.tag = result_tag, .status = status})) {
        const int source = status.Get_source();
        const auto result = comm.recv<Result>({.source = source, .tag = result_tag});
        if (is_dynamic) comm.send(tasks.pop(), {.dest = source, .tag = task_tag});
        take(result);
        ++taken;
      } else {  // looking now and then leaves the core to XGBoost
        idle();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    }
  } catch (...) {
    worker.detach();  // it may train for long; the exception ends the job
    throw;
  }
  worker.join();
  return results;
}

}  // namespace gridsearch
