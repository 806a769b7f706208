// SPDX-License-Identifier: MIT
// Calls that make communicators of one. Each kind of communicator gives its own kind.
#pragma once

#include <mpi4cxx/comm/persistent.hpp>
#include <mpi4cxx/handle/group.hpp>
#include <mpi4cxx/handle/info.hpp>

#include <utility>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// An integer, or a bool where there are two sides.
class split_color : public integer {
 public:
  template <class T>
  requires std::constructible_from<integer, T>
  constexpr split_color(T color) : integer(color) {}
  constexpr split_color(bool side) : integer(int{side}) {}
};
struct split_arguments {
  split_color color = 0;
  integer key = 0;
};

template <class T>
integer missing_split_type() {
  static_assert(never<T>, "mpi4cxx: the keyword .split_type is required: MPI::COMM_TYPE_SHARED");
  return 0;
}
template <class T = void>
struct split_type_arguments {
  integer split_type = missing_split_type<T>();
  integer key = 0;
  Info info = INFO_NULL;
};

/// A duplicate under way: the communicator of Idup is filled in when both it and its shadow are
/// there, so that its use before that is an error with a sentence.
class idup_operation final : public object_operation {
 public:
  /// `start` starts the duplication of the communicator itself.
  template <class Start>
  idup_operation(process_state& state, comm_record& parent, Start&& start)
      : state_(state), parent_(parent), made_(new comm_record) {
    made_->raw = made_->shadow = made_->checks = MPI_COMM_NULL;
    made_->whose = ownership::owned;
    made_->open = tracked("a communicator");
    made_->rank = parent.rank;
    made_->size = parent.size;
    made_->remote_size = parent.remote_size;
    made_->has_channel = parent.has_channel;
    made_->nonblocking_collectives = parent.nonblocking_collectives;
    try {
      start(&raw_, &requests_[0]);
      // those of adopted communicators get theirs later, as their parents do
      if (parent.shadow != MPI_COMM_NULL)
        check(MPI_Comm_idup(parent.shadow, &shadow_, &requests_[1]), "MPI_Comm_idup");
      const MPI_Comm checks = checks_of(state, parent, false);
      if (checks != MPI_COMM_NULL)
        check(MPI_Comm_idup(checks, &checks_, &requests_[2]), "MPI_Comm_idup");
    } catch (...) {
      drop(made_);
      throw;
    }
    keep(&parent_);
  }
  idup_operation(const idup_operation&) = delete;
  idup_operation& operator=(const idup_operation&) = delete;
  ~idup_operation() override {
    drop(made_);
    drop(&parent_);
  }

  comm_record* made() const noexcept {
    keep(made_);
    return made_;
  }
  bool test(MPI_Status* status) override {
    if (!done_) {
      int done = 0;
      check(MPI_Testall(3, requests_, &done, MPI_STATUSES_IGNORE), "MPI_Comm_idup");
      if (!done) return false;
      done_ = true;
      made_->raw = raw_;
      made_->shadow = shadow_;
      made_->checks = checks_;
      made_->has_announcements = checks_ != MPI_COMM_NULL && made_->remote_size == 0;
      for (const MPI_Comm each : {raw_, shadow_, checks_})
        if (each != MPI_COMM_NULL)
          check(MPI_Comm_set_errhandler(each, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    }
    if (status != MPI_STATUS_IGNORE) *status = *Status().native();
    return true;
  }
  /// A collective cannot be taken back.
  void cancel() override {}
  /// So that a dropped request is waited for: the communicator is there then.
  bool uses_callers_memory() const noexcept override { return true; }
  void abandon(std::unique_ptr<object_operation> self) noexcept override {
    wait_in_destructor(state_, [&] {
      try {
        return test(MPI_STATUS_IGNORE);
      } catch (...) {
        return true;
      }
    });
    self.reset();
  }

 private:
  process_state& state_;
  comm_record& parent_;  // Open MPI 4.1 crashes where it is freed meanwhile
  comm_record* made_;
  bool done_ = false;
  MPI_Comm raw_ = MPI_COMM_NULL;
  MPI_Comm shadow_ = MPI_COMM_NULL, checks_ = MPI_COMM_NULL;
  MPI_Request requests_[3] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
};

/// `Self`: the class of the communicators that are made. Collective over this communicator where
/// nothing else is said.
template <class Self, class Base>
class creation : public Base {
 public:
  using Base::Base;
  creation() = default;

  /// A communicator of the same group, apart from this one. Attributes are copied as their keyvals
  /// say; the error handler is ERRORS_RETURN again. Two duplications: the second one is for the
  /// inner traffic of object collectives. Source: MPI_Comm_idup.
  Self Dup(place where = place::here()) const {
    const collective_call inside(this->open(), "Dup", where);
    auto& state = running();
    return duplicate_of(state, duplicate(state, this->open().raw));
  }
  Self Clone(place where = place::here()) const { return Dup(where); }
  /// The same, with these hints instead of those of this one. Source: MPI_Comm_dup_with_info, or
  /// from MPI 4 on MPI_Comm_idup_with_info.
  Self Dup_with_info(const Info& info, place where = place::here()) const {
    const collective_call inside(this->open(), "Dup_with_info", where);
    auto& state = running();
    MPI_Comm made = MPI_COMM_NULL;
#if MPI_VERSION >= 4
    MPI_Request request = MPI_REQUEST_NULL;
    check(MPI_Comm_idup_with_info(this->open().raw, info.native(), &made, &request),
          "MPI_Comm_idup_with_info");
    wait(state, request, MPI_STATUS_IGNORE, "MPI_Comm_idup_with_info");
#else
    const driven_section driven(state);
    check(MPI_Comm_dup_with_info(this->open().raw, info.native(), &made), "MPI_Comm_dup_with_info");
#endif
    return duplicate_of(state, made);
  }
  Self Dup(const Info& info, place where = place::here()) const {
    return Dup_with_info(info, where);
  }

  /// Starts to duplicate. The communicator is COMM_NULL until the request is complete, so that its
  /// use before that throws. A request that is dropped is waited for. Source: MPI_Comm_idup.
  ///
  ///     auto [duplicate, request] = comm.Idup();
  ///     ...
  ///     request.Wait();
  ///     duplicate.Barrier();
  std::pair<Self, Request> Idup(place where = place::here()) const {
    const collective_call inside(this->open(), "Idup", where, false);
    const MPI_Comm raw = this->open().raw;
    return start_duplicate([&](MPI_Comm* made, MPI_Request* request) {
      check(MPI_Comm_idup(raw, made, request), "MPI_Comm_idup");
    });
  }
  /// The same, with these hints. Throws Exception (ERR_UNSUPPORTED_OPERATION) before MPI 4. Source:
  /// MPI_Comm_idup_with_info.
  std::pair<Self, Request> Idup_with_info([[maybe_unused]] const Info& info,
                                          place where = place::here()) const {
    const collective_call inside(this->open(), "Idup_with_info", where, false);
#if MPI_VERSION >= 4
    const MPI_Comm raw = this->open().raw;
    return start_duplicate([&](MPI_Comm* made, MPI_Request* request) {
      check(MPI_Comm_idup_with_info(raw, info.native(), made, request), "MPI_Comm_idup_with_info");
    });
#else
    needs_mpi_4("nonblocking duplicates with an Info");
#endif
  }
  std::pair<Self, Request> Idup(const Info& info, place where = place::here()) const {
    return Idup_with_info(info, where);
  }

  /// One communicator for each color, an integer or a bool, ranks ordered by key; COMM_NULL for
  /// color UNDEFINED. Source: MPI_Comm_split.
  ///
  ///     auto half = comm.Split({.color = rank % 2, .key = rank});
  Self Split(split_arguments pack = {}, place where = place::here()) const {
    const collective_call inside(this->open(), "Split", where);
    return make("MPI_Comm_split", [&](MPI_Comm* made) {
      return MPI_Comm_split(this->open().raw, pack.color, pack.key, made);
    });
  }
  Self Split(split_color color, integer key = 0, place where = place::here()) const {
    return Split(split_arguments{color, key}, where);
  }
  /// One communicator for each set of ranks that have something in common: with COMM_TYPE_SHARED
  /// those that can share memory, of one node that is; with COMM_TYPE_HW_GUIDED (MPI 4) the
  /// resource that the hint mpi_hw_resource_type names. COMM_NULL for split_type UNDEFINED, and
  /// where there is no such resource. Source: MPI_Comm_split_type.
  ///
  ///     auto node = comm.Split_type(MPI::COMM_TYPE_SHARED);
  Self Split_type(split_type_arguments<> pack, place where = place::here()) const {
#if MPI_VERSION < 4
    if (pack.split_type == -1001 || pack.split_type == -1002)
      needs_mpi_4("the hardware types of Split_type");
#endif
    const collective_call inside(this->open(), "Split_type", where);
    return make("MPI_Comm_split_type", [&](MPI_Comm* made) {
      return MPI_Comm_split_type(this->open().raw, pack.split_type, pack.key, pack.info.native(),
                                 made);
    });
  }
  Self Split_type(integer split_type, integer key = 0, const Info& info = INFO_NULL,
                  place where = place::here()) const {
    return Split_type(split_type_arguments<>{split_type, key, info}, where);
  }
  /// A communicator of the group, a subset of this one's; COMM_NULL elsewhere. Source:
  /// MPI_Comm_create.
  Self Create(const Group& group, place where = place::here()) const {
    const collective_call inside(this->open(), "Create", where);
    return make("MPI_Comm_create", [&](MPI_Comm* made) {
      return MPI_Comm_create(this->open().raw, group.native(), made);
    });
  }

 protected:
  explicit creation(const Base& base) : Base(base) {}
  /// Makes a communicator by a blocking call, and what belongs to it. `of_all`: all ranks call it.
  template <class Function>
  Self make(const char* name, Function&& function, bool of_all = true) const {
    auto& state = running();
    const comm_record& parent = this->open();
    if (of_all && parent.nonblocking_collectives) meet(state, parent.raw);
    MPI_Comm made = MPI_COMM_NULL;
    {
      const driven_section driven(state);
      check(function(&made), name);
    }
    return Self(make_record(state, made, ownership::owned, &parent));
  }

 private:
  Self duplicate_of(process_state& state, MPI_Comm made) const {
    const comm_record& parent = this->open();
    return Self(make_record(state, made, ownership::owned, &parent, true));
  }
  template <class Start>
  std::pair<Self, Request> start_duplicate(Start&& start) const {
    auto operation = std::make_unique<idup_operation>(running(), this->open(), start);
    Self made(operation->made());
    return {std::move(made), Request::of(std::move(operation))};
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
