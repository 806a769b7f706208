// SPDX-License-Identifier: MIT
// Checked mode (MPI4CXX_CHECK=1): before a collective its ranks compare, on a communicator of the
// library's own, what each of them is about to call.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>
#include <mpi4cxx/comm/handle.hpp>
#include <mpi4cxx/handle/op.hpp>
#include <mpi4cxx/object/identity.hpp>
#include <mpi4cxx/runtime/call_statement.hpp>
#include <mpi4cxx/runtime/rank_list.hpp>

#include <algorithm>
#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A statement, and how it is filled in.
struct called : call_statement {
  void moves(flow where_to, const memory_view& out, MPI_Count out_count, const memory_view& in,
             MPI_Count in_count) {
    way = where_to;
    sent = bytes_of(out, out_count);
    received = bytes_of(in, in_count);
    of_types(out, sent, in, received);
  }
  /// The types of both sides, and how much there is of each; in place the data is of the other's.
  void of_types(const memory_view& out, std::int64_t out_bytes, const memory_view& in,
                std::int64_t in_bytes) {
    const bool is_given = out_bytes > 0, is_taken = in_bytes > 0;
    name_type(is_given ? out.type : in.type);
    given = is_given ? kind_of_type(out.type) : out.is_in_place() ? kind_of_type(in.type) : 0;
    taken = is_taken ? kind_of_type(in.type) : in.is_in_place() ? kind_of_type(out.type) : 0;
  }
  void reduces(const operand_type& elements, MPI_Count count_in_buffer, const Op& op) {
    is_reduction = 1;
    count = elements.count(count_in_buffer);
    name_type(elements.type);
    given = taken = kind_of_type(elements.type);
    combines(op.what());
  }
  /// Into blocks of these lengths; none where the ranks exchange them.
  void divides(const count_list& counts) {
    count = unknown;
    division = 1;
    for (std::size_t i = 0; i < counts.size(); ++i)
      division = (division ^ static_cast<std::uint64_t>(counts[i])) * 0x100000001b3u + 2;
  }
  void combines(detail::operation what) {
    static constexpr const char* names[] = {
        "a callable", "OP_NULL", "MAX",  "MIN",  "SUM",    "PROD",   "LAND",    "BAND",
        "LOR",        "BOR",     "LXOR", "BXOR", "MAXLOC", "MINLOC", "REPLACE", "NO_OP"};
    copy_end(operation, names[static_cast<int>(what)]);
  }
  template <class T>
  void of_objects() {
    if constexpr (!std::is_same_v<T, Object>) identity = wire_identity<T>();
    const sentence name = readable_name<T>();
    std::snprintf(type, sizeof type, "%s", name.c_str());
  }

  static std::int64_t bytes_of(MPI_Datatype datatype, MPI_Count elements) {
    MPI_Count size = 0;
    if (elements != 0) check(MPI_Type_size_x(datatype, &size), "MPI_Type_size_x");
    return size * elements;
  }

 protected:
  static std::int64_t bytes_of(const memory_view& view, MPI_Count count_of_one) {
    if (view.is_in_place() || view.is_none) return unknown;
    return bytes_of(view.type, count_of_one);
  }

  static std::int64_t total(const count_list& counts) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) sum += counts[i];
    return sum;
  }

  /// The kind and size of the elements; 0 where they are of several types, or may be of any.
  static int kind_of_type(MPI_Datatype datatype) {
    int integers = 0, addresses = 0, types = 0, combiner = 0;
    check(MPI_Type_get_envelope(datatype, &integers, &addresses, &types, &combiner),
          "MPI_Type_get_envelope");
    if (combiner == MPI_COMBINER_NAMED) {
      char name[MPI_MAX_OBJECT_NAME] = "";
      int length = 0, size = 0;
      check(MPI_Type_get_name(datatype, name, &length), "MPI_Type_get_name");
      check(MPI_Type_size(datatype, &size), "MPI_Type_size");
      return datatype == MPI_PACKED ? 0 : kind_of(name) * 256 + size;
    }
    std::vector<int> some(static_cast<std::size_t>(integers));
    std::vector<MPI_Aint> places(static_cast<std::size_t>(addresses));
    std::vector<MPI_Datatype> parts(static_cast<std::size_t>(types));
    // types with counts above 2^31 have no such contents
    if (MPI_Type_get_contents(datatype, integers, addresses, types, some.data(), places.data(),
                              parts.data()) != MPI_SUCCESS)
      return 0;
    int kind = -1;
    for (MPI_Datatype& part : parts) {
      const int one = kind_of_type(part);
      kind = kind == -1 || kind == one ? one : 0;
      check(MPI_Type_get_envelope(part, &integers, &addresses, &types, &combiner),
            "MPI_Type_get_envelope");
      if (combiner != MPI_COMBINER_NAMED) check(MPI_Type_free(&part), "MPI_Type_free");
    }
    return kind == -1 ? 0 : kind;
  }

 private:
  void name_type(MPI_Datatype datatype) {
    if (datatype == MPI_DATATYPE_NULL) return;
    char name[MPI_MAX_OBJECT_NAME] = "";
    int length = 0;
    check(MPI_Type_get_name(datatype, name, &length), "MPI_Type_get_name");
    copy_end(type, name[0] ? name : "a derived datatype");
  }
  /// Types that differ in nothing but their name are of one kind.
  static int kind_of(const char* name) {
    const auto has = [name](const char* part) { return std::strstr(name, part) != nullptr; };
    for (const char* const pair :
         {"MPI_FLOAT_INT", "MPI_DOUBLE_INT", "MPI_LONG_INT", "MPI_SHORT_INT", "MPI_LONG_DOUBLE_INT",
          "MPI_2INT", "MPI_2REAL", "MPI_2DOUBLE_PRECISION", "MPI_2INTEGER"})
      if (std::strcmp(name, pair) == 0) return 'p';
    if (has("BYTE") || has("CHAR") || has("INT8")) return 'b';
    if (has("BOOL") || has("LOGICAL")) return 'l';
    if (has("COMPLEX")) return 'c';
    if (has("FLOAT") || has("DOUBLE") || has("REAL")) return 'f';
    return has("UNSIGNED") || has("UINT") ? 'u' : 'i';
  }
};

/// What a rank says: `called`, and of v calls the bytes that it gives to each rank and those that
/// it takes from each.
/// A template, as all that only checked mode needs: it costs compile time where it is used alone.
template <class = void>
struct basic_outline : called {
  std::vector<std::int64_t> blocks;

  using called::moves;
  using called::of_types;
  /// Gather and Scatter with blocks of any length: the root's are a list.
  void moves(flow where_to, const memory_view& out, const vector_view* blocks_out,
             const memory_view& in, const vector_view* blocks_in) {
    way = where_to;
    const auto bytes = [](const memory_view& view, const vector_view* divided) {
      const MPI_Count elements = divided ? called::total(divided->counts) : view.count;
      return elements == 0 ? 0 : called::bytes_of(view, elements);
    };
    of_types(out, bytes(out, blocks_out), in, bytes(in, blocks_in));
  }
  void gives_blocks(const vector_view& view) { add_blocks(view.memory, view.counts, 0); }
  void takes_blocks(const vector_view& view) { add_blocks(view.memory, view.counts, 1); }
  /// Of blocks that have a type each.
  template <class View>
  void gives_typed_blocks(const View& view) {
    add_typed_blocks(view, 0);
  }
  template <class View>
  void takes_typed_blocks(const View& view) {
    add_typed_blocks(view, 1);
  }
  void gives_block(const memory_view& view, int to, int ranks) {
    has_blocks(ranks);  // on every rank: they may be exchanged
    if (!view.is_in_place() && !view.is_none) add_block(bytes_of(view, view.count), to, ranks, 0);
  }
  void takes_block(const memory_view& view, int from, int ranks) {
    has_blocks(ranks);
    if (!view.is_in_place() && !view.is_none) add_block(bytes_of(view, view.count), from, ranks, 1);
  }
  /// Between the neighbours of a topology: `bytes_out(i)` and `bytes_in(i)` are those of block i. A
  /// rank may come several times; then it is all that goes to it, or comes from it.
  template <class Out, class In>
  void exchanges(const std::vector<int>& sources, const std::vector<int>& destinations, int ranks,
                 Out&& bytes_out, In&& bytes_in) {
    has_blocks(ranks);
    for (std::size_t i = 0; i < destinations.size(); ++i)
      add_block(bytes_out(i), destinations[i], ranks, 0);
    for (std::size_t i = 0; i < sources.size(); ++i) add_block(bytes_in(i), sources[i], ranks, 1);
  }
  /// Of the views that all of these blocks are in.
  void of_types(const memory_view& out, const memory_view& in) {
    const auto half = static_cast<std::ptrdiff_t>(blocks.size() / 2);
    const auto is_any = [](std::int64_t bytes) { return bytes > 0; };
    called::of_types(out, std::any_of(blocks.begin(), blocks.begin() + half, is_any), in,
                     std::any_of(blocks.begin() + half, blocks.end(), is_any));
  }
  /// All of them objects of one type.
  template <class T>
  void of_objects_between(const std::vector<int>& sources, const std::vector<int>& destinations,
                          int ranks) {
    exchanges(
        sources, destinations, ranks, [](std::size_t) { return 1; }, [](std::size_t) { return 1; });
    of_objects<T>();
    // ranks that are no neighbours may have others
    given = taken = static_cast<int>(std::exchange(identity, 0) >> 33);
  }
  /// A rank that has nothing to compare says so.
  void has_blocks(int ranks) {
    if (blocks.empty()) blocks.assign(2 * static_cast<std::size_t>(ranks), called::unknown);
  }

 private:
  void add_blocks(const memory_view& memory, const count_list& counts, std::size_t half) {
    has_blocks(static_cast<int>(counts.size()));
    if (memory.is_in_place() || memory.is_none) return;
    for (std::size_t i = 0; i < counts.size(); ++i)
      blocks[half * counts.size() + i] = called::bytes_of(memory, counts[i]);
  }
  template <class View>
  void add_typed_blocks(const View& view, std::size_t half) {
    const std::size_t ranks = view.counts.size();
    has_blocks(static_cast<int>(ranks));
    if (view.memory.is_in_place() || view.memory.is_none) return;
    for (std::size_t i = 0; i < ranks; ++i) blocks[half * ranks + i] = typed_block(view, i);
  }
  /// The bytes, and above them the kind of their elements.
  template <class View>
  static std::int64_t typed_block(const View& view, std::size_t i) {
    const std::int64_t bytes = called::bytes_of(view.types[i], view.counts[i]);
    if (bytes == 0) return 0;
    return bytes | std::int64_t{called::kind_of_type(view.types[i])} << called::bits_of_bytes;
  }
  void add_block(std::int64_t bytes, int rank, int ranks, std::size_t half) {
    if (rank < 0 || rank >= ranks) return;
    auto& all = blocks[half * static_cast<std::size_t>(ranks) + static_cast<std::size_t>(rank)];
    all = std::max<std::int64_t>(all, 0) + bytes;
  }
};
using outline = basic_outline<>;

/// A comparison under way. It lives in the list of what every wait drives on, where the call that
/// it belongs to is nonblocking.
template <class = void>
class comparison final : public unfinished {
 public:
  comparison(process_state& state, const comm_record& comm, MPI_Comm checks, const outline& mine)
      : state_(state),
        comm_(describe_comm(comm)),
        has_two_groups_(comm.remote_size > 0),
        has_blocks_(sends_blocks(comm.size, comm.remote_size)),
        local_size_(static_cast<std::size_t>(comm.size)),
        size_(statement_size(comm.size, comm.remote_size)) {
    const auto ranks = static_cast<std::size_t>(comm.size + comm.remote_size);
    if (has_two_groups_) {
      int rank = 0;
      check(MPI_Comm_rank(checks, &rank), "MPI_Comm_rank");
      // in the group that comes first the ranks are what they were
      if (rank != comm.rank) local_first_ = static_cast<std::size_t>(comm.remote_size);
    }
    all_.resize(ranks);
    outgoing_.resize(size_);
    incoming_.resize(size_ * ranks);
    std::memcpy(outgoing_.data(), static_cast<const called*>(&mine), sizeof(called));
    if (has_blocks_) {
      outline stated = mine;
      stated.has_blocks(comm.size);
      std::memcpy(outgoing_.data() + sizeof(called), stated.blocks.data(), size_ - sizeof(called));
    }
    const auto bytes = static_cast<int>(size_);
    check(MPI_Iallgather(outgoing_.data(), bytes, MPI_BYTE, incoming_.data(), bytes, MPI_BYTE,
                         checks, &request_),
          "MPI_Iallgather");
  }

  /// Deletes it.
  struct ended {
    comparison* one;
    ~ended() { delete one; }
  };
  bool test() {
    int is_done = 0;
    check(MPI_Test(&request_, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
    if (is_done)
      for (std::size_t i = 0; i < all_.size(); ++i)
        std::memcpy(&all_[i], incoming_.data() + i * size_, sizeof(called));
    return is_done != 0;
  }
  /// For the list: deletes itself.
  bool advance() noexcept override {
    try {
      if (!found_.c_str()) {
        if (!test()) return false;
        sentence found = verdict();
        found_.swap(found);
      }
      if (*found_.c_str()) {
        // one after the other is told
        const char* none = nullptr;
        if (!state_.mismatch.compare_exchange_strong(none, found_.c_str())) return false;
        found_.release();
      }
    } catch (...) {
      // MPI itself has failed; the call that waits will tell
    }
    delete this;
    return true;
  }

  /// What is wrong; empty where nothing is.
  sentence verdict() const {
    for (const called& each : all_)
      if (!are_one(each.call, all_.front().call))
        return report(formatted("the ranks of {} call different collectives", {comm_}));
    if (has_two_groups_) return between_groups();
    for (const called& each : all_) {
      const called& first = all_.front();
      const char* const what =
          each.root != first.root                                ? "different roots"
          : std::strcmp(each.operation, first.operation) != 0    ? "different operators"
          : differ(each.identity, first.identity)                ? "objects of different types"
          : each.is_reduction && differ(each.given, first.given) ? "elements of different types"
          : each.division != first.division                      ? "different recvcounts"
          : each.count != first.count                            ? "different numbers of elements"
                                                                 : nullptr;
      if (what)
        return report(formatted("the ranks of {} call {} with {}", {comm_, first.call, what}));
    }
    const std::size_t ranks = all_.size();
    const called& one = all_.front();
    for (std::size_t from = 0; from < ranks; ++from)
      for (std::size_t to = 0; to < ranks; ++to) {
        if (one.way == flow::none || !is_between(from, to)) continue;
        const called &sender = all_[from], &receiver = all_[to];
        if (differ(sender.given, receiver.taken)) return report_of_types(from, to);
        if (sender.sent == called::unknown || receiver.received == called::unknown ||
            sender.sent == receiver.received)
          continue;
        return report(formatted("rank {} of {} gives {} bytes to rank {}, which expects {}",
                                {from, comm_, sender.sent, to, receiver.received}));
      }
    if (!has_blocks_) return sentence(new char[1]{});
    std::vector<std::int64_t> blocks(2 * ranks * ranks);
    const std::size_t bytes = size_ - sizeof(called);
    for (std::size_t i = 0; i < ranks; ++i)
      std::memcpy(blocks.data() + 2 * ranks * i, incoming_.data() + i * size_ + sizeof(called),
                  bytes);
    return verdict_on_blocks(blocks);
  }
  bool has_blocks() const noexcept { return has_blocks_; }

  /// Of a v call, after that: its blocks, exchanged by all.
  sentence verdict_on_blocks(const std::vector<std::int64_t>& all) const {
    const std::size_t ranks = all_.size();
    for (std::size_t from = 0; from < ranks; ++from)
      for (std::size_t to = 0; to < ranks; ++to) {
        const std::int64_t sent = all[2 * ranks * from + to];
        const std::int64_t received = all[2 * ranks * to + ranks + from];
        if (sent == called::unknown || received == called::unknown) continue;
        const auto bytes = [](std::int64_t block) {
          return block & ((std::int64_t{1} << called::bits_of_bytes) - 1);
        };
        if (bytes(sent) != bytes(received))
          return report(formatted("rank {} of {} gives {} bytes to rank {}, which expects {}",
                                  {from, comm_, bytes(sent), to, bytes(received)}));
        if (sent != 0 && (differ(all_[from].given, all_[to].taken) ||
                          differ(sent >> called::bits_of_bytes, received >> called::bits_of_bytes)))
          return report_of_types(from, to);
      }
    return sentence(new char[1]{});
  }

  static sentence describe_comm(const comm_record& comm) {
    if (comm.raw == MPI_COMM_WORLD) return formatted("COMM_WORLD", {});
    char name[MPI_MAX_OBJECT_NAME] = "";
    int length = 0;
    check(MPI_Comm_get_name(comm.raw, name, &length), "MPI_Comm_get_name");
    return name[0] ? formatted("communicator {}", {static_cast<const char*>(name)})
                   : formatted("a communicator of {} ranks", {comm.size});
  }

 private:
  /// barrier and Barrier do the same.
  static bool are_one(const char* a, const char* b) {
    return std::strcmp(a, b) == 0 ||
           ((*a | 32) == 'b' && (*b | 32) == 'b' && std::strcmp(a + 1, "arrier") == 0 &&
            std::strcmp(b + 1, "arrier") == 0);
  }
  template <class Number>
  static bool differ(Number a, Number b) noexcept {
    return a != b && a != 0 && b != 0;
  }
  bool is_between(std::size_t from, std::size_t to) const {
    const auto root = static_cast<std::size_t>(all_.front().root);
    switch (all_.front().way) {
      case flow::none:
        return false;
      case flow::from_root:
        return from == root;
      case flow::to_root:
        return to == root;
      case flow::all:
        return true;
    }
    return false;
  }
  /// What else can be said of a call between two groups: one has the root, and the other names it.
  sentence between_groups() const {
    const called* one = nullptr;
    for (const called& each : all_) {
      if (each.root == MPI_PROC_NULL) continue;
      if (!one) one = &each;
      const char* const what = std::strcmp(each.operation, one->operation) != 0
                                   ? "different operators"
                               : differ(each.identity, one->identity) ? "objects of different types"
                                                                      : nullptr;
      if (what)
        return report(formatted("the ranks of {} call {} with {}", {comm_, one->call, what}));
    }
    if (all_.front().root == called::no_root) return sentence(new char[1]{});
    const std::size_t remote_first = local_first_ == 0 ? local_size_ : 0;
    if (has_root_of(local_first_, local_size_, remote_first, all_.size() - local_size_) ||
        has_root_of(remote_first, all_.size() - local_size_, local_first_, local_size_))
      return sentence(new char[1]{});
    return report(
        formatted("the ranks of {} call {} with roots that do not fit: one rank of one group gives "
                  "ROOT and its others PROC_NULL, all of the other group the rank of that one",
                  {comm_, all_.front().call}));
  }
  bool has_root_of(std::size_t first, std::size_t size, std::size_t other_first,
                   std::size_t other_size) const {
    const int root = all_[other_first].root;
    for (std::size_t i = 0; i < other_size; ++i)
      if (all_[other_first + i].root != root) return false;
    for (std::size_t i = 0; i < size; ++i)
      if (all_[first + i].root != (static_cast<int>(i) == root ? MPI_ROOT : MPI_PROC_NULL))
        return false;
    return root >= 0 && static_cast<std::size_t>(root) < size;
  }
  sentence report_of_types(std::size_t from, std::size_t to) const {
    return report(formatted("rank {} of {} gives elements of another type than rank {} takes",
                            {from, comm_, to}));
  }
  sentence report(const sentence& title) const {
    if (!has_two_groups_) return report(formatted("{}:", {title}), "", 0, all_.size());
    const sentence here =
        report(formatted("{}:", {title}), " of this group", local_first_, local_size_);
    return report(here, " of the other group", local_first_ == 0 ? local_size_ : 0,
                  all_.size() - local_size_);
  }
  sentence report(const sentence& title, const char* whose, std::size_t begin,
                  std::size_t size) const {
    const called* const first_one = all_.data() + begin;
    const rank_groups groups(size, [&](std::size_t a, std::size_t b) {
      return std::memcmp(first_one + a, first_one + b, sizeof(called)) == 0;
    });
    return groups.report(title.c_str(), [&](const char* ranks, std::size_t first) {
      return formatted("{}{}: {}", {ranks, whose, describe(first_one[first])});
    });
  }
  /// "Reduce(10 of MPI_DOUBLE, SUM, root 0) at prog.cpp:7"
  static sentence describe(const called& each) {
    const sentence root =
        each.root == called::no_root ? formatted("", {}) : formatted(", root {}", {each.root});
    const sentence sizes =
        each.count != called::unknown ? formatted(", {} elements", {each.count})
        : each.sent != called::unknown && each.received != called::unknown
            ? formatted(", gives {} bytes, takes {}", {each.sent, each.received})
        : each.sent != called::unknown     ? formatted(", gives {} bytes", {each.sent})
        : each.received != called::unknown ? formatted(", takes {} bytes", {each.received})
                                           : formatted("", {});
    const sentence all =
        formatted("{}{}{}{}{}{}", {each.type[0] ? ", " : "", each.type, sizes,
                                   each.operation[0] ? ", " : "", each.operation, root});
    const char* const what = all.c_str()[0] ? all.c_str() + 2 : "";
    if (each.line == 0) return formatted("{}({}), at its end", {each.call, what});
    return formatted("{}({}) at {}:{}", {each.call, what, each.file, each.line});
  }

  process_state& state_;
  sentence comm_, found_{nullptr};
  bool has_two_groups_, has_blocks_;
  std::size_t local_first_ = 0, local_size_;  // of the ranks of this group in all_
  std::size_t size_;                          // of a message
  std::vector<std::byte> outgoing_, incoming_;
  std::vector<called> all_;
  MPI_Request request_ = MPI_REQUEST_NULL;
};

/// The communicator of the comparisons on `comm`. Adopted ones get theirs at the first blocking
/// collective; two groups are one in it.
[[gnu::cold]] inline MPI_Comm checks_of(process_state& state, comm_record& comm, bool waits) {
  if (comm.raw == MPI_COMM_WORLD) return state.world_checks;
  if (comm.raw == MPI_COMM_SELF) return state.self_checks;
  if (comm.checks == MPI_COMM_NULL && waits) {
    if (comm.remote_size > 0) return comm.checks = both_groups(comm.raw);
    check(MPI_Comm_split(comm.raw, 0, comm.rank, &comm.checks), "MPI_Comm_split");
    check(MPI_Comm_set_errhandler(comm.checks, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  }
  return comm.checks;
}

/// Compares, to its end where `waits`. All ranks throw what is found.
template <class = void>
[[gnu::cold]] void compare(process_state& state, comm_record& comm, const outline& mine,
                           bool waits) {
  const MPI_Comm checks = checks_of(state, comm, waits);
  if (checks == MPI_COMM_NULL) return;
  auto* const made = new comparison<>(state, comm, checks, mine);
  if (!waits) return begin_to_drive(state, *made);
  comparison<>& one = *made;  // where a wait throws its memory is left to MPI
  wait_until(state, [&] {
    throw_mismatch(state);  // of a comparison before this one, in which others may have ended
    return one.test();
  });
  detail::advance(state);  // comparisons that were started before are complete, too
  throw_mismatch(state);
  const sentence found = one.verdict();
  const typename comparison<>::ended ended{made};
  if (*found.c_str()) raise(MPI_ERR_OTHER, found);
  if (mine.blocks.empty() || comm.remote_size > 0 || one.has_blocks()) return;
  const auto size = static_cast<int>(mine.blocks.size());
  std::vector<std::int64_t> all(mine.blocks.size() * static_cast<std::size_t>(comm.size));
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Iallgather(mine.blocks.data(), size, MPI_INT64_T, all.data(), size, MPI_INT64_T, checks,
                       &request),
        "MPI_Iallgather");
  wait(state, request, MPI_STATUS_IGNORE, "MPI_Iallgather");
  if (const sentence wrong = one.verdict_on_blocks(all); *wrong.c_str())
    raise(MPI_ERR_OTHER, wrong);
}

/// A collective call of the user's. `describe` fills in an `outline`, if that is wanted.
class collective_call : public user_call {
 public:
  template <class Describe>
  collective_call(comm_record& comm, const char* name, place where, bool waits, Describe&& describe)
      : user_call(comm, name, where) {
    process_state& state = *image_state.load(std::memory_order_relaxed);
    if (state.checks_calls && name) [[unlikely]]
      compare_now(state, comm, name, where, waits, describe);
  }
  template <class = void>
  collective_call(comm_record& comm, const char* name, place where, bool waits = true)
      : collective_call(comm, name, where, waits, [](outline&) {}) {}
  /// Of a window or a file, which know in checked mode alone what they were made on.
  template <class = void>
  collective_call(process_state& state, const comm_handle& origin, const char* name, place where,
                  bool waits = true)
      : user_call(state, name, where) {
    if (state.checks_calls && origin) [[unlikely]]
      compare_now(state, record_of(origin), name, where, waits, [](outline&) {});
  }

  template <class Describe>
  [[gnu::cold]] static void compare_now(process_state& state, comm_record& comm, const char* name,
                                        place where, bool waits, Describe&& describe) {
    if (!comm.has_channel) return;  // nobody has agreed with those beyond our world
    outline mine;
    copy_end(mine.call, name);
    copy_end(mine.file, where.file);
    mine.line = static_cast<int>(where.line);
    describe(mine);
    detail::compare(state, comm, mine, waits);
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
