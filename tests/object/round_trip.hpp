// SPDX-License-Identifier: MIT
// An object that went through the archive: packed and opened, and sent to oneself.
#pragma once

#include <functional>

#include <mpi4cxx/MPI.hpp>

#include "support/catch.hpp"

/// A member between two others: an object that is not alone in its message.
template <class T>
struct Framed {
  int before = 0;
  T value{};
  int after = 0;
};

/// Whether the value and what arrives of it agree by `same`: packed, packed within another object,
/// and sent, both into a new object and into one that is filled already.
template <class T, class Same = std::equal_to<>>
void check_round_trip(const T& value, Same same = {}) {
  namespace MPI = mpi4cxx::MPI;
  {
    INFO("packed");
    CHECK(same(MPI::Object(value).template as<T>(), value));
  }
  INFO("sent");
  CHECK(same(MPI::COMM_SELF.sendrecv(value, 0), value));
}

/// The same for copyable types, within another object too.
template <class T, class Same = std::equal_to<>>
void check_round_trips(const T& value, Same same = {}) {
  namespace MPI = mpi4cxx::MPI;
  check_round_trip(value, same);
  INFO("in an aggregate");
  const auto framed = MPI::Object(Framed<T>{1, value, 2}).template as<Framed<T>>();
  CHECK(framed.before == 1);
  CHECK(same(framed.value, value));
  CHECK(framed.after == 2);
}
