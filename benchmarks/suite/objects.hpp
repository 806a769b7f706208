// SPDX-License-Identifier: MIT
// The modes of objects: by hand over plain MPI, lowercase calls, and lowercase calls of bytes that
// cereal's own archive made.
#pragma once

#include <cereal/archives/binary.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "by_hand.hpp"

namespace suite {

/// An object to send, and as many of it as there are ranks where an operation takes them.
template <class T>
class ObjectBase : public Checked {
 public:
  ObjectBase(const Where& where, std::size_t bytes) : where_(where), value_(make<T>(bytes)) {}

 protected:
  /// The objects of a root's sequence; elsewhere none.
  const std::vector<T>& all(bool is_root = true) {
    if (!is_root) return none_;
    if (all_.empty()) all_.assign(where_.ranks, value_);
    return all_;
  }
  void check_sum(const T& arrived) {
    if (is_checking) check(arrived, sum_of_ones(value_, where_));
  }
  void check_on_root(const std::optional<std::vector<T>>& arrived, int root) {
    expect(arrived.has_value() == (where_.rank == root));
    if (arrived) check_all(*arrived, where_.ranks, value_);
  }

  const Where where_;
  T value_;

 private:
  std::vector<T> all_, none_;
};

/// By hand. `knows_length`: the receiver need not ask for it.
template <class T, bool knows_length = false>
class RawObject : public ObjectBase<T> {
  using Base = ObjectBase<T>;
  using Base::value_, Base::where_;

 public:
  using Base::Base;

  void send(int dest) { by_hand::send(value_, dest, where_.raw, storage_); }
  void recv(int source) {
    if constexpr (knows_length) {
      T fresh(value_.size(), typename T::value_type{});
      by_hand::recv_elements(fresh, source, where_.raw);
      this->check(fresh, value_);
    } else {
      this->check(by_hand::recv<T>(source, where_.raw), value_);
    }
  }
  /// Nonblocking, so the receiver has to know the length.
  void stream(int dest, int source, int window) requires by_hand::is_contiguous<T> {
    using Element = typename T::value_type;
    const auto count = static_cast<int>(value_.size());
    std::vector<T> fresh;
    requests_.clear();
    fresh.reserve(static_cast<std::size_t>(window));
    for (int i = 0; i < window && source >= 0; ++i)
      must(MPI_Irecv(fresh.emplace_back(value_.size(), Element{}).data(), count,
                     MpiType<Element>::get(), source, 0, where_.raw, &requests_.emplace_back()));
    for (int i = 0; i < window && dest >= 0; ++i)
      must(MPI_Isend(value_.data(), count, MpiType<Element>::get(), dest, 0, where_.raw,
                     &requests_.emplace_back()));
    must(MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
    this->check_all(fresh, fresh.size(), value_);
  }
  void ring(int right, int left) requires by_hand::is_contiguous<T> {
    MPI_Request request;
    must(MPI_Isend(value_.data(), static_cast<int>(value_.size()),
                   MpiType<typename T::value_type>::get(), right, 0, where_.raw, &request));
    this->check(by_hand::recv<T>(left, where_.raw), value_);
    must(MPI_Wait(&request, MPI_STATUS_IGNORE));
  }
  void bcast(int root) {
    if (where_.rank == root) return by_hand::bcast(value_, root, true, where_.raw, storage_);
    T fresh;
    by_hand::bcast(fresh, root, false, where_.raw, storage_);
    this->check(fresh, value_);
  }
  void scatter(int root) {
    this->check(by_hand::scatter(this->all(where_.rank == root), root, where_.raw), value_);
  }
  void gather(int root) {
    this->check_all(by_hand::gather(value_, root, where_, storage_),
                    where_.rank == root ? where_.ranks : 0, value_);
  }
  void allgather() {
    this->check_all(by_hand::allgather(value_, where_, storage_), where_.ranks, value_);
  }
  void alltoall() { this->check_all(by_hand::alltoall(this->all(), where_), where_.ranks, value_); }
  void reduce(int root) requires Summable<T> {
    const bool is_root = where_.rank == root;
    T sum(is_root ? value_.size() : 0);
    must(MPI_Reduce(value_.data(), sum.data(), static_cast<int>(value_.size()), MPI_DOUBLE, MPI_SUM,
                    root, where_.raw));
    if (is_root) this->check_sum(sum);
  }
  void allreduce() requires Summable<T> {
    T sum(value_.size());
    must(MPI_Allreduce(value_.data(), sum.data(), static_cast<int>(value_.size()), MPI_DOUBLE,
                       MPI_SUM, where_.raw));
    this->check_sum(sum);
  }

 private:
  std::vector<char> storage_;
  std::vector<MPI_Request> requests_;
};

/// Lowercase calls. `in_place`: those that leave the object where it is, on memory that stays.
template <class T, bool in_place = false>
class Object : public ObjectBase<T> {
  using Base = ObjectBase<T>;
  using Base::value_, Base::where_;

 public:
  using Base::Base;

  void send(int dest) { where_.comm.send(value_, {.dest = dest}); }
  void recv(int source) {
    if constexpr (in_place) {
      where_.comm.recv_into(in(0), {.source = source, .tag = 0});
      this->check(in_[0], value_);
    } else {
      this->check(where_.comm.template recv<T>({.source = source, .tag = 0}), value_);
    }
  }
  void stream(int dest, int source, int window) {
    requests_.clear();
    std::vector<MPI::ObjectRequest<T>> receives;
    if (source >= 0) start_receives(source, window, receives);
    for (int i = 0; i < window && dest >= 0; ++i)
      requests_.push_back(where_.comm.isend(MPI::borrow(value_), {.dest = dest}));
    for (auto& receive : receives) this->check(receive.wait(), value_);
    MPI::Request::waitall(requests_);
  }
  void bcast(int root) {
    if constexpr (in_place) {
      // one object on all ranks, as in the modes of memory
      const std::optional<T> sent = this->is_checking ? std::optional<T>(value_) : std::nullopt;
      if (sent && where_.rank != root) std::fill(value_.begin(), value_.end(), 0);
      where_.comm.bcast(value_, {.root = root});
      if (sent) this->check(value_, *sent);
    } else {
      if (where_.rank == root) return void(where_.comm.bcast(value_, {.root = root}));
      T fresh{};
      where_.comm.bcast(fresh, {.root = root});
      this->check(fresh, value_);
    }
  }
  void ring(int right, int left) requires(!in_place) {
    this->check(where_.comm.sendrecv(value_, {.dest = right, .source = left}), value_);
  }
  void scatter(int root) requires(!in_place) {
    this->check(where_.comm.scatter(this->all(where_.rank == root), {.root = root}), value_);
  }
  void gather(int root) requires(!in_place) {
    this->check_on_root(where_.comm.gather(value_, {.root = root}), root);
  }
  void allgather() requires(!in_place) {
    this->check_all(where_.comm.allgather(value_), where_.ranks, value_);
  }
  void alltoall() requires(!in_place) {
    this->check_all(where_.comm.alltoall(this->all()), where_.ranks, value_);
  }
  void reduce(int root) requires(!in_place && Summable<T>) {
    const std::optional<T> sum = where_.comm.reduce(value_, {.root = root});
    if (sum) this->check_sum(*sum);
  }
  void allreduce() requires(!in_place && Summable<T>) {
    this->check_sum(where_.comm.allreduce(value_));
  }

 private:
  void start_receives(int source, int window, std::vector<MPI::ObjectRequest<T>>& receives) {
    for (int i = 0; i < window && !in_place; ++i)
      receives.push_back(where_.comm.template irecv<T>({.source = source, .tag = 0}));
    for (int i = 0; i < window && in_place; ++i) in(static_cast<std::size_t>(i));
    for (int i = 0; i < window && in_place; ++i)
      requests_.push_back(
          where_.comm.irecv_into(in_[static_cast<std::size_t>(i)], {.source = source, .tag = 0}));
  }
  /// Memory that stays, as many objects as are asked for.
  T& in(std::size_t index) {
    while (in_.size() <= index) in_.push_back(value_);
    if (this->is_checking) in_[index] = T{};
    return in_[index];
  }
  std::vector<T> in_;
  std::vector<MPI::Request> requests_;
};

// ---- through cereal's archive

template <class Archive, class T>
void archive_object(Archive& archive, T& object) {
  archive(object);
}
// Not as functions of the types: the library would take them for the other modes, too.
template <class Archive>
void archive_object(Archive& archive, Particle& object) {
  archive(object.x, object.y, object.z, object.id);
}
template <class Archive>
void archive_object(Archive& archive, Table& object) {
  archive(object.station.id, object.station.latitude, object.station.longitude);
  for_each_column([&](auto& column) { archive(column); }, object);
}

template <class T>
class Pickled : public ObjectBase<T> {
  using Base = ObjectBase<T>;
  using Base::value_, Base::where_;

 public:
  using Base::Base;

  void send(int dest) { where_.comm.send(dumps(value_), {.dest = dest}); }
  void recv(int source) {
    this->check(loads(where_.comm.template recv<std::string>({.source = source, .tag = 0})),
                value_);
  }
  void stream(int dest, int source, int window) {
    std::vector<MPI::ObjectRequest<std::string>> receives;
    std::vector<MPI::Request> sends;
    for (int i = 0; i < window && source >= 0; ++i)
      receives.push_back(where_.comm.template irecv<std::string>({.source = source, .tag = 0}));
    for (int i = 0; i < window && dest >= 0; ++i)
      sends.push_back(where_.comm.isend(dumps(value_), {.dest = dest}));
    for (auto& receive : receives) this->check(loads(receive.wait()), value_);
    MPI::Request::waitall(sends);
  }
  void ring(int right, int left) {
    this->check(loads(where_.comm.sendrecv(dumps(value_), {.dest = right, .source = left})),
                value_);
  }
  void bcast(int root) {
    std::string bytes;
    if (where_.rank == root) bytes = dumps(value_);
    where_.comm.bcast(bytes, {.root = root});
    if (where_.rank != root) this->check(loads(bytes), value_);
  }
  void scatter(int root) {
    std::vector<std::string> bytes;
    for (const T& value : this->all(where_.rank == root)) bytes.push_back(dumps(value));
    this->check(loads(where_.comm.scatter(bytes, {.root = root})), value_);
  }
  void gather(int root) {
    std::optional<std::vector<T>> values;
    if (const auto all = where_.comm.gather(dumps(value_), {.root = root}))
      values = loads_all(*all);
    this->check_on_root(values, root);
  }
  void allgather() {
    this->check_all(loads_all(where_.comm.allgather(dumps(value_))), where_.ranks, value_);
  }
  void alltoall() {
    std::vector<std::string> bytes;
    for (const T& value : this->all()) bytes.push_back(dumps(value));
    this->check_all(loads_all(where_.comm.alltoall(bytes)), where_.ranks, value_);
  }
  /// All to the root, which adds them up.
  void reduce(int root) requires Summable<T> {
    if (const auto all = where_.comm.gather(dumps(value_), {.root = root}))
      this->check_sum(added_up(loads_all(*all)));
  }
  void allreduce() requires Summable<T> {
    std::string bytes;
    if (const auto all = where_.comm.gather(dumps(value_))) {
      T sum = added_up(loads_all(*all));
      bytes = dumps(sum);
    }
    where_.comm.bcast(bytes);
    this->check_sum(loads(bytes));
  }

 private:
  static std::string dumps(const T& object) {
    std::ostringstream stream;
    cereal::BinaryOutputArchive archive(stream);
    archive_object(archive, const_cast<T&>(object));
    return stream.str();
  }
  static T loads(const std::string& bytes) {
    std::istringstream stream(bytes);
    cereal::BinaryInputArchive archive(stream);
    T object{};
    archive_object(archive, object);
    return object;
  }
  static std::vector<T> loads_all(const std::vector<std::string>& all) {
    std::vector<T> objects;
    for (const std::string& bytes : all) objects.push_back(loads(bytes));
    return objects;
  }
  static T added_up(const std::vector<T>& values) {
    T sum = values.front();
    for (std::size_t i = 1; i < values.size(); ++i)
      if constexpr (std::is_arithmetic_v<T>)
        sum += values[i];
      else
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += values[i][k];
    return sum;
  }
};

}  // namespace suite
