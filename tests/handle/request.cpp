// SPDX-License-Identifier: MIT
// ranks: 1 2 4
// Requests in every form of waiting and testing.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <mpi4cxx/mpi4cxx.hpp>

#include "support/catch.hpp"
#include "support/communicators.hpp"
#include "support/messages.hpp"
#include "support/ring.hpp"

using namespace mpi4cxx;
using messages::numbers;

namespace {

std::vector<MPI::Request> null_requests(std::size_t count) {
  std::vector<MPI::Request> requests;
  for (std::size_t i = 0; i < count; ++i) requests.emplace_back();
  return requests;
}

/// The status of no message.
void check_empty(const MPI::Status& status) {
  CHECK(status.Get_source() == MPI::ANY_SOURCE);
  CHECK(status.Get_tag() == MPI::ANY_TAG);
  CHECK(status.Get_error() == MPI::SUCCESS);
  CHECK(status.Get_count() == 0);
  CHECK_FALSE(status.Is_cancelled());
}

}  // namespace

TEST_CASE("a null request is complete in every form", "[request]") {
  MPI::Request null;
  CHECK_FALSE(null);
  CHECK(null == MPI::REQUEST_NULL);
  MPI::Status status;
  const auto dirty = [&] {
    status.Set_source(3);
    status.Set_tag(4);
    status.Set_elements(MPI::BYTE, 5);
    return &status;
  };
  null.Wait();
  null.wait();
  null.Wait(dirty());
  check_empty(status);
  null.wait(dirty());
  check_empty(status);
  CHECK(null.Test());
  CHECK(null.test());
  CHECK(null.Test(dirty()));
  check_empty(status);
  CHECK(null.Get_status(dirty()));
  check_empty(status);
  CHECK(null.get_status());
  null.Cancel();
  null.cancel();
  null.Free();

  MPI::ObjectRequest<std::string> object;
  CHECK_FALSE(object);
  CHECK(object == MPI::REQUEST_NULL);
  CHECK(object.wait(dirty()).empty());
  check_empty(status);
  CHECK(object.test(dirty()) == "");
  check_empty(status);
  CHECK(object.get_status());
  object.cancel();
}

TEST_CASE("null requests are complete together", "[request]") {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
    INFO(count << " null requests");
    auto requests = null_requests(count);
    MPI::Request::Waitall(requests);
    CHECK(MPI::Request::Testall(requests));
    std::vector<MPI::Status> statuses(2);
    MPI::Request::Waitall(requests, &statuses);
    CHECK(statuses.size() == count);
    for (const MPI::Status& each : statuses) check_empty(each);
    CHECK(MPI::Request::Testall(requests, &statuses));
    CHECK(statuses.size() == count);
    // by name, too
    statuses.clear();
    MPI::Request::Waitall(requests, statuses);
    CHECK(statuses.size() == count);
    statuses.clear();
    CHECK(MPI::Request::Testall(requests, statuses));
    CHECK(statuses.size() == count);
    statuses.clear();
    CHECK(MPI::Request::Get_status_all(requests, statuses));
    CHECK(statuses.size() == count);
    CHECK_FALSE(MPI::Request::Waitsome(requests, statuses).has_value());
    CHECK_FALSE(MPI::Request::Testsome(requests, statuses).has_value());
    CHECK_FALSE(MPI::Request::Get_status_some(requests, statuses).has_value());
    CHECK(statuses.empty());
    statuses.resize(2);

    MPI::Status status;
    status.Set_source(7);
    CHECK(MPI::Request::Waitany(requests, status) == MPI::UNDEFINED);
    check_empty(status);
    status.Set_source(7);
    CHECK(MPI::Request::Testany(requests, &status) == std::pair(MPI::UNDEFINED, true));
    check_empty(status);
    CHECK_FALSE(MPI::Request::Waitsome(requests).has_value());
    CHECK_FALSE(MPI::Request::Testsome(requests).has_value());
    CHECK_FALSE(MPI::Request::Waitsome(requests, &statuses).has_value());
    CHECK_FALSE(MPI::Request::Testsome(requests, &statuses).has_value());

    std::vector<MPI::ObjectRequest<int>> objects(count);
    CHECK(MPI::Request::waitall(objects) == std::vector<int>(count));
    CHECK(MPI::Request::testall(objects) == std::vector<int>(count));
    CHECK(MPI::Request::waitany(objects).first == MPI::UNDEFINED);
    CHECK_FALSE(MPI::Request::waitany(objects).second.has_value());
    const auto [index, found, object] = MPI::Request::testany(objects);
    CHECK(index == MPI::UNDEFINED);
    CHECK(found);
    CHECK_FALSE(object.has_value());
    CHECK_FALSE(MPI::Request::waitsome(objects).has_value());
    CHECK_FALSE(MPI::Request::testsome(objects).has_value());
  }
}

TEST_CASE("the lowercase forms take requests without objects too", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    const auto sends = [&] {
      std::vector<MPI::Request> requests;
      for (int i = 0; i < 3; ++i) requests.push_back(comm.isend(numbers(i * 2000), ring.right, i));
      for (int i = 0; i < 3; ++i)
        CHECK((comm.template recv<std::vector<int>>(ring.left, i) == numbers(i * 2000)));
      return requests;
    };
    auto requests = sends();
    MPI::Request::waitall(requests);
    for (const auto& request : requests) CHECK_FALSE(request);
    requests = sends();
    while (!MPI::Request::testall(requests)) continue;
    requests = sends();
    std::vector<int> seen(3, 0);
    for (int i = 0; i < 3; ++i)
      ++seen.at(static_cast<std::size_t>(MPI::Request::waitany(requests)));
    CHECK(seen == std::vector<int>{1, 1, 1});
    CHECK(MPI::Request::waitany(requests) == MPI::UNDEFINED);
    requests = sends();
    for (int left = 3; left > 0;)
      if (const auto [index, found] = MPI::Request::testany(requests); found) {
        CHECK(index != MPI::UNDEFINED);
        --left;
      }
    CHECK(MPI::Request::testany(requests) == std::pair(MPI::UNDEFINED, true));
    requests = sends();
    std::size_t done = 0;
    while (const auto indices = MPI::Request::waitsome(requests)) done += indices->size();
    CHECK(done == 3);
    requests = sends();
    done = 0;
    while (const auto indices = MPI::Request::testsome(requests)) done += indices->size();
    CHECK(done == 3);
  });
}

TEST_CASE("a request is true while it is under way", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<int> block(5000, -1);
    MPI::Request receive = comm.Irecv(block, ring.left, 1);
    auto object = comm.template irecv<std::string>(ring.left, 2);
    CHECK(receive);
    CHECK(object);
    CHECK_FALSE(receive.Test());
    CHECK_FALSE(object.test().has_value());
    CHECK_FALSE(receive.Get_status());
    CHECK_FALSE(object.get_status());
    CHECK(receive != MPI::REQUEST_NULL);
    CHECK(receive == receive);
    comm.Barrier();
    const auto sent = numbers(5000);
    comm.Send(sent, ring.right, 1);
    comm.send(std::string(9000, 's'), ring.right, 2);
    MPI::Status status;
    while (!receive.Get_status(status)) continue;
    CHECK(receive);  // it is complete, but nobody has waited for it
    CHECK(status.Get_source() == ring.left);
    CHECK(receive.Test(&status));
    CHECK(status.Get_tag() == 1);
    CHECK(status.Get_count(MPI::INT) == 5000);
    CHECK_FALSE(receive);
    CHECK((block == sent));
    while (!object.get_status(status)) continue;
    CHECK(object);
    CHECK(status.Get_count() == 9000);
    CHECK((object.wait() == std::string(9000, 's')));
    CHECK_FALSE(object);
    CHECK(receive == object);
  });
}

TEST_CASE("requests are moved, not copied", "[request]") {
  static_assert(!std::is_copy_constructible_v<MPI::Request>);
  static_assert(!std::is_copy_constructible_v<MPI::ObjectRequest<int>>);
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    int value = -1;
    MPI::Request first = comm.Irecv(value, ring.left, 1);
    MPI::Request second = std::move(first);
    CHECK(first == MPI::REQUEST_NULL);
    CHECK(second);
    first = std::move(second);
    CHECK(first);
    auto object = comm.template irecv<int>(ring.left, 2);
    auto moved = std::move(object);
    CHECK_FALSE(object);
    // where only completion matters it is a Request
    MPI::Request plain = comm.template irecv<std::string>(ring.left, 3);
    const int rank = ring.rank;
    MPI::Request sends[] = {comm.Isend(rank, ring.right, 1), comm.isend(rank, ring.right, 2),
                            comm.isend("text", ring.right, 3)};
    first.Wait();
    CHECK(value == ring.left);
    CHECK(moved.wait() == ring.left);
    plain.wait();
    MPI::Request::Waitall(sends);
  });
}

TEST_CASE("requests of all sorts are waited for together", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    struct Exchange {
      std::vector<int> block = std::vector<int>(7001, -1);
      std::vector<double> object;
      std::string text;
      const std::vector<int> sent = numbers(7000);
    };
    // 0 Irecv, 1 irecv_into, 2 irecv, 3 null, 4 Isend, 5 isend, 6 issend
    const auto start = [&](Exchange& memory) {
      std::vector<MPI::Request> requests;
      requests.push_back(comm.Irecv(memory.block, ring.left, 1));
      requests.push_back(comm.irecv_into(memory.object, ring.left, 2));
      requests.push_back(comm.irecv_into(memory.text, ring.left, 3));
      requests.emplace_back();
      requests.push_back(comm.Isend(memory.sent, ring.right, 1));
      requests.push_back(comm.isend(std::vector<double>(3000, ring.rank), ring.right, 2));
      requests.push_back(comm.issend(std::string(7000, 't'), ring.right, 3));
      return requests;
    };
    const auto check = [&](const Exchange& memory) {
      CHECK(memory.block[6999] == 7000);
      CHECK(memory.block[7000] == -1);
      CHECK((memory.object == std::vector<double>(3000, ring.left)));
      CHECK((memory.text == std::string(7000, 't')));
    };
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<MPI::Status> statuses;
      MPI::Request::Waitall(requests, &statuses);
      check(memory);
      REQUIRE(statuses.size() == 7);
      CHECK(statuses[0].Get_source() == ring.left);
      CHECK(statuses[0].Get_tag() == 1);
      CHECK(statuses[0].Get_count(MPI::INT) == 7000);
      CHECK(statuses[1].Get_tag() == 2);
      CHECK(statuses[1].Get_count() == 24'000);
      CHECK(statuses[2].Get_source() == ring.left);
      CHECK(statuses[2].Get_count() == 7000);
      check_empty(statuses[3]);
      for (const auto& status : statuses) CHECK(status.Get_error() == MPI::SUCCESS);
      for (const auto& request : requests) CHECK(request == MPI::REQUEST_NULL);
    }
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<MPI::Status> statuses;
      while (!MPI::Request::Testall(requests, &statuses)) CHECK(requests[0]);
      check(memory);
      CHECK(statuses.size() == 7);
    }
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<int> seen(7, 0);
      MPI::Status status;
      for (int i = 0; i < 6; ++i) {
        const int index = MPI::Request::Waitany(requests, status);
        ++seen.at(static_cast<std::size_t>(index));
        if (index < 3) CHECK(status.Get_tag() == index + 1);
        CHECK_FALSE(requests[static_cast<std::size_t>(index)]);
      }
      check(memory);
      CHECK(seen == std::vector<int>{1, 1, 1, 0, 1, 1, 1});
      CHECK(MPI::Request::Waitany(requests, status) == MPI::UNDEFINED);
    }
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<int> seen(7, 0);
      std::vector<MPI::Status> statuses(3);
      while (const auto indices = MPI::Request::Waitsome(requests, &statuses)) {
        CHECK_FALSE(indices->empty());
        REQUIRE(statuses.size() == indices->size());
        for (std::size_t i = 0; i < indices->size(); ++i) {
          const int index = (*indices)[i];
          ++seen.at(static_cast<std::size_t>(index));
          if (index < 3) CHECK(statuses[i].Get_tag() == index + 1);
        }
      }
      check(memory);
      CHECK(seen == std::vector<int>{1, 1, 1, 0, 1, 1, 1});
    }
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<int> seen(7, 0);
      while (const auto indices = MPI::Request::Testsome(requests))
        for (const int index : *indices) ++seen.at(static_cast<std::size_t>(index));
      check(memory);
      CHECK(seen == std::vector<int>{1, 1, 1, 0, 1, 1, 1});
    }
    {
      Exchange memory;
      auto requests = start(memory);
      std::vector<int> seen(7, 0);
      for (;;) {
        const auto [index, found] = MPI::Request::Testany(requests);
        if (found && index == MPI::UNDEFINED) break;
        if (found)
          ++seen.at(static_cast<std::size_t>(index));
        else
          CHECK(index == MPI::UNDEFINED);
      }
      check(memory);
      CHECK(seen == std::vector<int>{1, 1, 1, 0, 1, 1, 1});
    }
  });
}

TEST_CASE("synchronous sends are not complete before they are received", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {1, 5000}) {
      std::vector<MPI::Request> requests;
      for (int i = 0; i < 4; ++i) requests.push_back(comm.issend(numbers(size + i), ring.right, i));
      const auto block = numbers(size);
      requests.push_back(comm.Issend(block, ring.right, 4));
      CHECK_FALSE(MPI::Request::Testall(requests));
      CHECK(MPI::Request::Testany(requests) == std::pair(MPI::UNDEFINED, false));
      const auto some = MPI::Request::Testsome(requests);
      REQUIRE(some.has_value());
      CHECK(some->empty());
      CHECK_FALSE(requests[0].Test());
      comm.Barrier();
      auto into = block;
      comm.Recv(into, ring.left, 4);
      for (int i = 3; i >= 0; --i)
        CHECK((comm.template recv<std::vector<int>>(ring.left, i) == numbers(size + i)));
      MPI::Request::Waitall(requests);
    }
  });
}

TEST_CASE("the failed one of several requests throws, and the others complete", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 5000}) {
      INFO("size " << size);
      const auto sent = numbers(size);
      std::vector<int> before, after;
      std::vector<int> block(static_cast<std::size_t>(size)),
          too_short(static_cast<std::size_t>(size - 1));
      std::string wrong;
      const auto send_all = [&] {
        for (int tag = 1; tag <= 3; ++tag) comm.isend(sent, ring.right, tag).Free();
      };
      const auto check_others = [&](const std::vector<MPI::Request>& requests) {
        for (const auto& request : requests) CHECK(request == MPI::REQUEST_NULL);
        CHECK((before == sent));
        CHECK((after == sent));
        before.clear();
        after.clear();
      };
      const auto start = [&] {
        std::vector<MPI::Request> requests;
        requests.push_back(comm.irecv_into(before, ring.left, 1));
        requests.push_back(comm.irecv_into(wrong, ring.left, 2));
        requests.push_back(comm.irecv_into(after, ring.left, 3));
        send_all();
        return requests;
      };
      auto requests = start();
      CHECK_THROWS_AS(MPI::Request::Waitall(requests), MPI::TypeMismatch);
      check_others(requests);

      requests = start();
      const auto test_until_complete = [&] {
        while (!MPI::Request::Testall(requests)) continue;
      };
      CHECK_THROWS_AS(test_until_complete(), MPI::TypeMismatch);
      try {
        MPI::Request::Waitall(requests);  // who tests may be told once more
      } catch (const MPI::TypeMismatch&) {
      }
      check_others(requests);

      requests = start();
      int failures = 0, completed = 0;
      for (int i = 0; i < 3; ++i) {
        try {
          const int index = MPI::Request::Waitany(requests);
          CHECK(index != 1);
          ++completed;
        } catch (const MPI::TypeMismatch&) {
          ++failures;
        }
      }
      CHECK(failures == 1);
      CHECK(completed == 2);
      check_others(requests);

      requests = start();
      failures = completed = 0;
      for (bool left = true; left;) {
        try {
          const auto indices = MPI::Request::Waitsome(requests);
          left = indices.has_value();
          if (left) completed += static_cast<int>(indices->size());
        } catch (const MPI::TypeMismatch&) {
          ++failures;
        }
      }
      CHECK(failures == 1);
      CHECK(completed == 2);
      check_others(requests);

      // two of them at once, and each is told of
      requests.clear();
      requests.push_back(comm.Irecv(block, ring.left, 1));
      requests.push_back(comm.Irecv(too_short, ring.left, 2));
      comm.Barrier();
      comm.Isend(sent, ring.right, 1).Free();
      comm.Isend(sent, ring.right, 2).Free();
      comm.Barrier();
      failures = completed = 0;
      for (bool left = true; left;) {
        try {
          const auto indices = MPI::Request::Waitsome(requests);
          left = indices.has_value();
          if (left) completed += static_cast<int>(indices->size());
        } catch (const MPI::Exception& error) {
          CHECK(error == MPI::ERR_TRUNCATE);
          ++failures;
        }
      }
#ifdef OPEN_MPI
      if (comm.Get_size() > 1 || size > 3)  // as below
#endif
      {
        CHECK(failures == 1);
        CHECK(completed == 1);
      }
      CHECK((block == sent));

      // a buffer that is too short
      requests.clear();
      requests.push_back(comm.Irecv(block, ring.left, 1));
      requests.push_back(comm.Irecv(too_short, ring.left, 2));
      requests.push_back(comm.irecv_into(after, ring.left, 3));
      MPI::Request sends[] = {comm.Isend(sent, ring.right, 1), comm.Isend(sent, ring.right, 2),
                              comm.isend(sent, ring.right, 3)};
      int code = MPI::SUCCESS;
      std::vector<MPI::Status> statuses;
      try {
        MPI::Request::Waitall(requests, &statuses);
      } catch (const MPI::Exception& error) {
        code = error.Get_error_class();
      }
      CHECK(statuses[0].Get_error() == MPI::SUCCESS);
      CHECK(statuses[1].Get_error() == code);
      CHECK(statuses[2].Get_error() == MPI::SUCCESS);
#ifdef OPEN_MPI
      // who sends some bytes to itself is not told: docs/known-issues.md
      if (comm.Get_size() > 1 || size > 3)
#endif
        CHECK(code == MPI::ERR_TRUNCATE);
      CHECK((block == sent));
      before = block;
      check_others(requests);
      MPI::Request::Waitall(sends);
    }
  });
}

TEST_CASE("the failed one of several object requests throws, and the others are not lost",
          "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 5000}) {
      const auto sent = numbers(size);
      const auto start = [&] {
        std::vector<MPI::ObjectRequest<std::vector<int>>> requests;
        for (int tag = 0; tag < 4; ++tag)
          requests.push_back(comm.template irecv<std::vector<int>>(ring.left, tag));
        for (const int tag : {3, 1, 0}) comm.isend(sent, ring.right, tag).Free();
        comm.isend(std::string(static_cast<std::size_t>(size), 'x'), ring.right, 2).Free();
        return requests;
      };
      auto requests = start();
      CHECK_THROWS_AS(MPI::Request::waitall(requests), MPI::TypeMismatch);
      for (const auto& request : requests) CHECK_FALSE(request);

      requests = start();
      int failures = 0;
      std::vector<int> seen(4, 0);
      for (int i = 0; i < 4; ++i) {
        try {
          const auto [index, object] = MPI::Request::waitany(requests);
          REQUIRE(object.has_value());
          CHECK((*object == sent));
          ++seen.at(static_cast<std::size_t>(index));
        } catch (const MPI::TypeMismatch&) {
          ++failures;
        }
      }
      CHECK(failures == 1);
      CHECK(seen == std::vector<int>{1, 1, 0, 1});

      requests = start();
      failures = 0;
      seen.assign(4, 0);
      for (bool left = true; left;) {
        try {
          const auto found = MPI::Request::waitsome(requests);
          left = found.has_value();
          if (!left) break;
          for (std::size_t i = 0; i < found->first.size(); ++i) {
            CHECK((found->second[i] == sent));
            ++seen.at(static_cast<std::size_t>(found->first[i]));
          }
        } catch (const MPI::TypeMismatch&) {
          ++failures;
        }
      }
      CHECK(failures == 1);
      CHECK(seen == std::vector<int>{1, 1, 0, 1});
    }
  });
}

TEST_CASE("a request that has failed can be asked again", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 5000}) {
      // another type of the same bytes, and one with fewer parts
      auto request = comm.template irecv<std::vector<float>>(ring.left, 1);
      comm.send(numbers(size), ring.right, 1);
      const auto look = [&] {
        while (!request.get_status()) continue;
      };
      try {
        look();
      } catch (const MPI::TypeMismatch&) {
      }
      CHECK_THROWS_AS(request.wait(), MPI::TypeMismatch);
      CHECK_FALSE(request);
      CHECK(request.wait().empty());
      CHECK(comm.sendrecv(ring.rank, ring.right, 1, ring.left, 1) == ring.left);
    }
  });
}

TEST_CASE("a cancelled receive says so", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<int> block(10, -1);
    MPI::Request request = comm.Irecv(block, ring.left, 1);
    request.Cancel();
    MPI::Status status;
    request.Wait(&status);
    CHECK(status.Is_cancelled());
    CHECK(block == std::vector<int>(10, -1));
    auto object = comm.template irecv<int>(ring.left, 1);
    object.cancel();
    CHECK(object.wait(status) == 0);
    CHECK(status.Is_cancelled());
    comm.Barrier();  // nobody has sent anything before
    CHECK(comm.sendrecv(ring.rank, ring.right, 1, ring.left, 1) == ring.left);
  });
}

TEST_CASE("a cancelled send is cancelled or arrives, and its request ends", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    for (const int size : {3, 5000}) {
      MPI::Request request = comm.issend(numbers(size), ring.right, 1);
      request.Cancel();
      // a send that is not cancelled still wants its receiver
      comm.Barrier();
      const bool is_here = comm.iprobe(ring.left, 1);
      if (is_here) CHECK((comm.template recv<std::vector<int>>(ring.left, 1) == numbers(size)));
      MPI::Status status;
      request.Wait(&status);
      comm.Barrier();
      // what the receiver has found is told to the sender, who must have seen the same
      const bool arrived = comm.sendrecv(is_here, ring.left, 2, ring.right, 2);
      CHECK(status.Is_cancelled() != arrived);
    }
  });
}

TEST_CASE("a dropped buffer receive leaves its memory alone from then on", "[request]") {
  for_each_communicator([](const auto& comm) {
    const Ring ring(comm);
    std::vector<int> block(100, -1);
    { MPI::Request request = comm.Irecv(block, ring.left, 1); }
    comm.Barrier();
    CHECK(comm.sendrecv(numbers(100), ring.right, 1, ring.left, 1) == numbers(100));
    CHECK(block == std::vector<int>(100, -1));
  });
}

TEST_CASE("a dropped buffer send arrives", "[request]") {
  const auto& comm = MPI::COMM_WORLD;
  const Ring ring(comm);
  std::vector<int> arrived(50'000);
  MPI::Request receive = comm.Irecv(arrived, ring.left, 1);
  {
    std::vector<int> block = numbers(50'000);
    { MPI::Request request = comm.Isend(block, ring.right, 1); }
    block.assign(50'000, -1);
  }
  receive.Wait();
  CHECK((arrived == numbers(50'000)));
}

TEST_CASE("a status says what it was told", "[status]") {
  MPI::Status status;
  check_empty(status);
  CHECK(status.count() == 0);
  CHECK(status.Get_elements(MPI::BYTE) == 0);
  status.Set_source(3);
  status.Set_tag(5);
  status.Set_error(MPI::ERR_TRUNCATE);
  status.Set_elements(MPI::BYTE, 24);
  status.Set_cancelled(true);
  const MPI::Status copy = status;
  CHECK(copy.source() == 3);
  CHECK(copy.tag() == 5);
  CHECK(copy.error() == MPI::ERR_TRUNCATE);
  CHECK(copy.Get_count(MPI::BYTE) == 24);
  CHECK(copy.Get_elements(MPI::BYTE) == 24);
  CHECK(copy.Get_count(MPI::INT) == 6);
  CHECK(copy.Get_count(MPI::DOUBLE) == 3);
  CHECK(copy.cancelled());
  status.Set_elements(MPI::BYTE, 25);
  CHECK(status.Get_count(MPI::INT) == MPI::UNDEFINED);
  CHECK(copy.Get_count() == 24);
  status.Set_cancelled(false);
  CHECK_FALSE(status.Is_cancelled());
  status.Set_elements(MPI::BYTE, MPI_Count{5} << 31);
  CHECK(status.Get_count() == MPI_Count{5} << 31);
  CHECK(status.Get_count(MPI::DOUBLE) == (MPI_Count{5} << 31) / 8);
}
