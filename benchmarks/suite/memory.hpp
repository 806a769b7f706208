// SPDX-License-Identifier: MIT
// The modes of memory that stays: plain MPI, and uppercase calls.
#pragma once

#include <algorithm>
#include <span>
#include <stdexcept>
#include <vector>

#include "payloads.hpp"
#include "where.hpp"

namespace suite {

/// Plain calls leave their error codes to the caller.
inline void must(int code) {
  if (code != MPI_SUCCESS) [[unlikely]]
    throw std::runtime_error(fmt::format("a plain MPI call failed with code {}", code));
}

template <class T>
struct MpiType {};
template <>
struct MpiType<double> {
  static MPI_Datatype get() { return MPI_DOUBLE; }
};
template <>
struct MpiType<std::int64_t> {
  static MPI_Datatype get() { return MPI_INT64_T; }
};
template <>
struct MpiType<char> {
  static MPI_Datatype get() { return MPI_CHAR; }
};
template <>
struct MpiType<Particle> {  // its bytes
  static MPI_Datatype get() { return MPI_BYTE; }
};

/// Elements to send and to receive, as many blocks as an operation takes.
template <class Element>
class Memory : public Checked {
 public:
  Memory(const Where& where, std::size_t bytes)
      : where_(where),
        count_(bytes / sizeof(Element)),
        int_count_(static_cast<int>(MpiType<Element>::get() == MPI_BYTE ? bytes : count_)) {}

 protected:
  Element* out(std::size_t blocks = 1) {
    if (out_.size() < blocks * count_) grow_out(blocks);
    return out_.data();
  }
  Element* in(std::size_t blocks = 1) {
    if (in_.size() < blocks * count_) in_.resize(blocks * count_);
    if (is_checking) std::fill(in_.begin(), in_.end(), Element{});
    return in_.data();
  }
  /// Block `index` of so many.
  Element* in_block(int index, int blocks) {
    return in(static_cast<std::size_t>(blocks)) + static_cast<std::size_t>(index) * count_;
  }
  std::span<const Element> out_span(std::size_t blocks = 1) {
    return {out(blocks), blocks * count_};
  }
  std::span<Element> in_span(std::size_t blocks = 1) { return {in(blocks), blocks * count_}; }

  void check_blocks(std::size_t blocks = 1) {
    if (is_checking) check_data(in_.data(), blocks);
  }
  void check_data(const Element* data, std::size_t blocks) {
    Element sent;
    fill(sent);
    for (std::size_t i = 0; i < blocks * count_; ++i) expect(data[i] == sent);
  }
  void check_sum() {
    if constexpr (Summable<Element>)
      if (is_checking)
        for (std::size_t i = 0; i < count_; ++i) expect(in_[i] == where_.size);
  }
  /// What bcast works on: the root's elements, elsewhere others as long as it is checked.
  Element* in_place(int root) {
    Element* const data = out();
    if (is_checking && where_.rank != root) std::fill(data, data + count_, Element{});
    return data;
  }
  void check_in_place() {
    if (is_checking) check_data(out_.data(), 1);
  }

  const Where where_;
  const std::size_t count_;
  const int int_count_;

 private:
  void grow_out(std::size_t blocks) {
    out_.resize(blocks * count_);
    for (Element& element : out_) fill(element);
  }
  std::vector<Element> out_, in_;
};

template <class Element>
class RawMemory : public Memory<Element> {
  using Base = Memory<Element>;
  using Base::int_count_, Base::where_;

 public:
  using Base::Base;

  void send(int dest) { must(MPI_Send(this->out(), int_count_, type_, dest, 0, where_.raw)); }
  void recv(int source) {
    must(MPI_Recv(this->in(), int_count_, type_, source, 0, where_.raw, MPI_STATUS_IGNORE));
    this->check_blocks();
  }
  void stream(int dest, int source, int window) {
    requests_.clear();
    for (int i = 0; i < window && source >= 0; ++i)
      must(MPI_Irecv(this->in_block(i, window), int_count_, type_, source, 0, where_.raw,
                     &requests_.emplace_back()));
    for (int i = 0; i < window && dest >= 0; ++i)
      must(MPI_Isend(this->out(), int_count_, type_, dest, 0, where_.raw,
                     &requests_.emplace_back()));
    must(MPI_Waitall(static_cast<int>(requests_.size()), requests_.data(), MPI_STATUSES_IGNORE));
  }
  void ring(int right, int left) {
    must(MPI_Sendrecv(this->out(), int_count_, type_, right, 0, this->in(), int_count_, type_, left,
                      0, where_.raw, MPI_STATUS_IGNORE));
    this->check_blocks();
  }
  void barrier() { must(MPI_Barrier(where_.raw)); }
  void bcast(int root) {
    must(MPI_Bcast(this->in_place(root), int_count_, type_, root, where_.raw));
    this->check_in_place();
  }
  void scatter(int root) {
    must(MPI_Scatter(where_.rank == root ? this->out(where_.ranks) : nullptr, int_count_, type_,
                     this->in(), int_count_, type_, root, where_.raw));
    this->check_blocks();
  }
  void gather(int root) {
    const bool is_root = where_.rank == root;
    must(MPI_Gather(this->out(), int_count_, type_, is_root ? this->in(where_.ranks) : nullptr,
                    int_count_, type_, root, where_.raw));
    if (is_root) this->check_blocks(where_.ranks);
  }
  void allgather() {
    must(MPI_Allgather(this->out(), int_count_, type_, this->in(where_.ranks), int_count_, type_,
                       where_.raw));
    this->check_blocks(where_.ranks);
  }
  void alltoall() {
    must(MPI_Alltoall(this->out(where_.ranks), int_count_, type_, this->in(where_.ranks),
                      int_count_, type_, where_.raw));
    this->check_blocks(where_.ranks);
  }
  void reduce(int root) requires Summable<Element> {
    must(MPI_Reduce(this->out(), this->in(), int_count_, type_, MPI_SUM, root, where_.raw));
    if (where_.rank == root) this->check_sum();
  }
  void allreduce() requires Summable<Element> {
    must(MPI_Allreduce(this->out(), this->in(), int_count_, type_, MPI_SUM, where_.raw));
    this->check_sum();
  }

 private:
  const MPI_Datatype type_ = MpiType<Element>::get();
  std::vector<MPI_Request> requests_;
};

template <class Element>
class BufferMemory : public Memory<Element> {
  using Base = Memory<Element>;
  using Base::where_;

 public:
  using Base::Base;

  void send(int dest) { where_.comm.Send(this->out_span(), {.dest = dest}); }
  void recv(int source) {
    where_.comm.Recv(this->in_span(), {.source = source, .tag = 0});
    this->check_blocks();
  }
  void stream(int dest, int source, int window) {
    requests_.clear();
    for (int i = 0; i < window && source >= 0; ++i)
      requests_.push_back(where_.comm.Irecv(std::span(this->in_block(i, window), this->count_),
                                            {.source = source, .tag = 0}));
    for (int i = 0; i < window && dest >= 0; ++i)
      requests_.push_back(where_.comm.Isend(this->out_span(), {.dest = dest}));
    MPI::Request::Waitall(requests_);
  }
  void ring(int right, int left) {
    where_.comm.Sendrecv(this->out_span(), this->in_span(), {.dest = right, .source = left});
    this->check_blocks();
  }
  void barrier() { where_.comm.Barrier(); }
  void bcast(int root) {
    where_.comm.Bcast(std::span(this->in_place(root), this->count_), {.root = root});
    this->check_in_place();
  }
  void scatter(int root) {
    if (where_.rank == root)
      where_.comm.Scatter(this->out_span(where_.ranks), this->in_span(), {.root = root});
    else
      where_.comm.Scatter(MPI::None, this->in_span(), {.root = root});
    this->check_blocks();
  }
  void gather(int root) {
    if (where_.rank != root) return where_.comm.Gather(this->out_span(), MPI::None, {.root = root});
    where_.comm.Gather(this->out_span(), this->in_span(where_.ranks), {.root = root});
    this->check_blocks(where_.ranks);
  }
  void allgather() {
    where_.comm.Allgather(this->out_span(), this->in_span(where_.ranks));
    this->check_blocks(where_.ranks);
  }
  void alltoall() {
    where_.comm.Alltoall(this->out_span(where_.ranks), this->in_span(where_.ranks));
    this->check_blocks(where_.ranks);
  }
  void reduce(int root) requires Summable<Element> {
    where_.comm.Reduce(this->out_span(), this->in_span(), {.root = root});
    if (where_.rank == root) this->check_sum();
  }
  void allreduce() requires Summable<Element> {
    where_.comm.Allreduce(this->out_span(), this->in_span());
    this->check_sum();
  }

 private:
  std::vector<MPI::Request> requests_;
};

}  // namespace suite
