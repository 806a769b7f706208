// SPDX-License-Identifier: MIT
// ranks: 1 2 3
// labels: threads
// Generalized requests: operations of the user's own among those of MPI.
#include "support/catch.hpp"

#include <mpi4cxx/MPI.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

/// What was called, in order.
struct Log {
  std::vector<std::string> calls;
  MPI::Grequest start() {
    return MPI::Grequest::Start(
        {.query_fn =
             [this](MPI::Status& status) {
               calls.push_back("query");
               status.Set_source(3);
               status.Set_tag(4);
               status.Set_elements(MPI::DOUBLE, 5);
             },
         .free_fn = [this] { calls.push_back("free"); },
         .cancel_fn =
             [this](bool complete) { calls.push_back(complete ? "cancel, too late" : "cancel"); }});
  }
};

}  // namespace

TEST_CASE("it is complete when Complete was called", "[grequest]") {
  Log log;
  auto request = log.start();
  REQUIRE(request);
  CHECK(request.native() != MPI_REQUEST_NULL);
  CHECK_FALSE(request.Test());
  CHECK_FALSE(request.Get_status());
  CHECK(log.calls.empty());
  request.Complete();
  MPI::Status status;
  CHECK(request.Get_status(status));
  CHECK(log.calls == std::vector<std::string>{"query"});
  CHECK(request);
  log.calls.clear();
  REQUIRE(request.Test(status));
  CHECK(log.calls == std::vector<std::string>{"query", "free"});
  CHECK(status.Get_source() == 3);
  CHECK(status.Get_tag() == 4);
  CHECK(status.Get_elements(MPI::DOUBLE) == 5);
  CHECK(status.Get_count(MPI::BYTE) == 40);
  CHECK_FALSE(status.Is_cancelled());
  CHECK(request == MPI::REQUEST_NULL);
  request.Wait();
  CHECK(log.calls.size() == 2);
  CHECK_THROWS_WITH(request.Complete(), HasText("completed already"));
}

TEST_CASE("all callables may be left out", "[grequest]") {
  auto bare = MPI::Grequest::Start();
  auto null = MPI::Grequest::Start(nullptr, nullptr, nullptr);
  int freed = 0;
  auto some = MPI::Grequest::Start(nullptr, [&] { ++freed; });
  for (auto* each : {&bare, &null, &some}) {
    each->complete();
    MPI::Status status;
    status.Set_source(1);
    each->wait(status);
    CHECK(status.Get_source() == MPI::ANY_SOURCE);
    CHECK(status.Get_tag() == MPI::ANY_TAG);
    CHECK(status.Get_error() == MPI::SUCCESS);
    CHECK(status.Get_count() == 0);
    CHECK_FALSE(status.Is_cancelled());
  }
  CHECK(freed == 1);
  MPI::Grequest none;
  CHECK_FALSE(none);
  none.Wait();
  CHECK_THROWS_WITH(none.Complete(), HasText("REQUEST_NULL"));
}

TEST_CASE("one thread waits, another one completes", "[grequest]") {
  REQUIRE(MPI::Query_thread() == MPI::THREAD_MULTIPLE);
  mpi4cxx::MPI::detail::process_state& state = mpi4cxx::MPI::detail::running();
  using mpi4cxx::MPI::detail::waiting;
  const waiting before = state.policy;
  for (int i = 0; i < 60; ++i) {
    state.policy = i < 20 ? waiting::spin : i < 40 ? waiting::yield : waiting::sleep;
    int result = 0;
    auto request =
        MPI::Grequest::Start({.query_fn = [&](MPI::Status& status) { status.Set_tag(result); }});
    std::thread worker([&] {
      result = i;
      request.Complete();
    });
    MPI::Status status;
    request.Wait(status);
    worker.join();
    CHECK(status.Get_tag() == i);
  }
  state.policy = before;
}

TEST_CASE("it waits in sets with others", "[grequest]") {
  const MPI::Intracomm& comm = MPI::COMM_WORLD;
  const int rank = comm.Get_rank(), size = comm.Get_size();
  Log log;
  auto first = log.start(), second = log.start();
  int received = -1;
  std::vector<MPI::Request> all;
  all.push_back(std::move(first));  // by which it is completed still
  all.push_back(comm.Irecv(received, (rank + size - 1) % size));
  all.push_back(std::move(second));
  CHECK_FALSE(MPI::Request::Testall(all));
  comm.Send(rank, (rank + 1) % size);
  CHECK(MPI::Request::Waitany(all) == 1);
  CHECK(received == (rank + size - 1) % size);
  CHECK(MPI::Request::Testany(all) == std::pair(MPI::UNDEFINED, false));
  second.Complete();
  std::vector<MPI::Status> statuses;
  CHECK(MPI::Request::Waitsome(all, &statuses) == std::vector<int>{2});
  REQUIRE(statuses.size() == 1);
  CHECK(statuses[0].Get_tag() == 4);
  std::thread worker([&] { first.Complete(); });
  MPI::Request::Waitall(all, &statuses);
  worker.join();
  CHECK(statuses.at(0).Get_source() == 3);

  // among receives of objects, which are driven on meanwhile
  auto last = log.start();
  all.clear();
  std::vector<std::string> words(3000, "rank " + std::to_string(rank)), others;
  all.push_back(comm.irecv_into(others, {.source = (rank + size - 1) % size}));
  all.push_back(std::move(last));
  auto sending = comm.isend(words, {.dest = (rank + 1) % size});
  std::thread completing([&] { last.Complete(); });
  MPI::Request::waitall(all);
  completing.join();
  sending.wait();
  CHECK(others.at(2999) == "rank " + std::to_string((rank + size - 1) % size));

  // a set of nothing else
  std::vector<MPI::Grequest> own;
  for (int i = 0; i < 3; ++i) own.push_back(log.start());
  own[1].Complete();
  CHECK(MPI::Request::Waitany(own) == 1);
  own[0].Complete();
  own[2].Complete();
  MPI::Request::Waitall(own);
  CHECK_FALSE(own[2]);
}

TEST_CASE("what callables throw comes out of the call", "[grequest]") {
  const auto throwing = [] { throw std::domain_error("the user's own"); };
  auto query = MPI::Grequest::Start([&](MPI::Status&) { throwing(); });
  query.Complete();
  CHECK_THROWS_AS(query.Wait(), std::domain_error);
  auto tested = MPI::Grequest::Start([&](MPI::Status&) { throwing(); });
  tested.Complete();
  CHECK_THROWS_AS(tested.Test(), std::domain_error);
  auto cancel = MPI::Grequest::Start({.cancel_fn = [&](bool) { throwing(); }});
  CHECK_THROWS_AS(cancel.Cancel(), std::domain_error);
  cancel.Complete();
  cancel.Wait();
  auto freed = MPI::Grequest::Start({.free_fn = throwing});
  freed.Complete();
  CHECK_THROWS_AS(freed.Wait(), std::domain_error);
  CHECK(freed == MPI::REQUEST_NULL);
  // of a request that nobody waits for any more
  auto left = MPI::Grequest::Start({.free_fn = throwing});
  left.Free();
  CHECK_THROWS_AS(left.Complete(), std::domain_error);
  // later errors are not taken for it
  const int number = 0;
  CHECK_THROWS_AS(MPI::COMM_SELF.Send(number, 1), MPI::Exception);
}

TEST_CASE("cancelling is up to the callable", "[grequest]") {
  std::vector<bool> calls;
  std::unique_ptr<MPI::Grequest> request;
  bool cancelled = false;
  request = std::make_unique<MPI::Grequest>(
      MPI::Grequest::Start([&](MPI::Status& status) { status.Set_cancelled(cancelled); }, nullptr,
                           [&](bool complete) {
                             calls.push_back(complete);
                             if (complete) return;
                             cancelled = true;
                             request->Complete();
                           }));
  request->Cancel();
  request->Cancel();
  CHECK(calls == std::vector<bool>{false, true});
  MPI::Status status;
  request->Wait(status);
  CHECK(status.Is_cancelled());
}

TEST_CASE("a handle that ends without Complete cancels", "[grequest]") {
  Log log;
  { const auto dropped = log.start(); }
  CHECK(log.calls == std::vector<std::string>{"cancel", "free"});
  log.calls.clear();
  std::optional<MPI::Grequest> handle = log.start();
  MPI::Request waiting = std::move(*handle);
  CHECK_FALSE(waiting.Test());
  handle.reset();
  MPI::Status status;
  waiting.Wait(status);
  CHECK(status.Is_cancelled());
  CHECK(log.calls == std::vector<std::string>{"cancel", "query", "free"});
  log.calls.clear();
  auto assigned = log.start();
  assigned = MPI::Grequest();
  CHECK(log.calls == std::vector<std::string>{"cancel", "free"});
}

TEST_CASE("what nobody waits for goes on until it is complete", "[grequest]") {
  Log log;
  auto freed = log.start();
  freed.Free();
  CHECK(freed == MPI::REQUEST_NULL);
  CHECK(log.calls.empty());
  freed.Complete();
  CHECK(log.calls == std::vector<std::string>{"free"});
  log.calls.clear();
  auto handle = log.start();
  { const MPI::Request dropped = std::move(handle); }
  CHECK(log.calls.empty());
  handle.Complete();
  CHECK(log.calls == std::vector<std::string>{"free"});
  log.calls.clear();
  auto complete = log.start();
  complete.Complete();
  complete.Free();
  CHECK(log.calls == std::vector<std::string>{"free"});
}

TEST_CASE("callables may call MPI, and hold what ends by a call of MPI", "[grequest]") {
  std::optional<MPI::Grequest> request;
  int sum = 0;
  {
    const MPI::Intracomm comm = MPI::COMM_SELF.Dup();  // the callables have the last handles of it
    request = MPI::Grequest::Start({.query_fn = [comm](MPI::Status& status) { status.Set_tag(1); },
                                    .free_fn = [comm, &sum] { sum += comm.allreduce(1); },
                                    .cancel_fn =
                                        [comm, &sum, &request](bool) {
                                          sum += comm.Dup().allreduce(10);
                                          request->Complete();
                                        }});
  }
  request->Cancel();
  CHECK(sum == 10);
  MPI::Status status;
  request->Wait(status);
  CHECK(status.Get_tag() == 1);
  CHECK(sum == 11);
}

TEST_CASE("the callables end with the request", "[grequest]") {
  const auto token = std::make_shared<int>(0);
  auto request = MPI::Grequest::Start([token](MPI::Status&) {}, [token] {}, [token](bool) {});
  CHECK(token.use_count() == 4);
  request.Free();  // it goes on by itself
  CHECK(request == MPI::REQUEST_NULL);
  request.Complete();
  CHECK(token.use_count() == 1);
}
