// SPDX-License-Identifier: MIT
// MPI::Session: MPI without a world, beside whatever else of the program uses MPI.
#pragma once

#include <mpi4cxx/comm/comm.hpp>

#include <strings.h>
#include <unistd.h>

#include <string>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

#if MPI_VERSION >= 4
using raw_session = MPI_Session;
inline raw_session null_session() noexcept {
  return MPI_SESSION_NULL;
}

/// Shared by all copies of a session; the last one finalizes it.
struct session_record final : counted {
  explicit session_record(MPI_Session session, bool borrowed = false)
      : raw(session), is_borrowed(borrowed) {
    if (is_borrowed) return;
    ++process_wide_state().sessions;
    open = tracked("a Session");
  }
  ~session_record() override {
    if (is_borrowed || raw == MPI_SESSION_NULL) return;
    // it may wait for other ranks, which an exception may keep from coming
    if (std::uncaught_exceptions() == 0)
      finalize();
    else
      end_errhandler();
  }
  void end_errhandler() const {
    process_wide_state().callbacks.remove(callback_kind::session_error, key_of(raw));
  }
  int finalize() {
    end_errhandler();
    const int code = MPI_Session_finalize(&raw);
    if (code == MPI_SUCCESS) {
      --process_wide_state().sessions;
      open = {};
    }
    return code;
  }
  /// The gate of calls on a session. MPICH 4.0 has errors of these go to no handler: then it is
  /// called here.
  void check_call(int code, const char* function) const {
    if (code == MPI_SUCCESS) [[likely]]
      return;
    if (!remains_of_callbacks.error_handler) MPI_Session_call_errhandler(raw, code);
    raise_from_mpi(code, function);
  }
  /// An error that the library has found itself.
  [[noreturn]] [[gnu::cold]] void refuse(const sentence& message) const {
    MPI_Session_call_errhandler(raw, MPI_ERR_ARG);
    finish_callbacks(MPI_ERR_ARG);
    raise(MPI_ERR_ARG, message);
  }
  MPI_Session raw;
  bool is_borrowed;
  tracked open;
};

#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
/// MPICH 4.0 crashes when a session is made after everything was finalized, and ends the process
/// when an error handler is made before: one session stays open until the exit. Left open longer,
/// the launcher would take the end of a rank for a failure, and kill the others.
inline void keep_mpi_up() {
  struct kept_session {
    kept_session() {
      check(MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &raw), "MPI_Session_init");
    }
    ~kept_session() {
      if (getpid() == process) MPI_Session_finalize(&raw);
    }
    MPI_Session raw = MPI_SESSION_NULL;
    pid_t process = getpid();
  };
  [[maybe_unused]] static kept_session kept;
}
/// Errors of its calls on sessions end the process while no world is initialized.
inline constexpr bool looks_for_sets_first = true;
#else
inline void keep_mpi_up() {}
inline constexpr bool looks_for_sets_first = false;
#endif
template <class Session>
using session_error_handlers = error_handlers_of<Session, session_errors>;

#else
// MPI 3 has none; the names are there, and throw.
struct raw_session {};
inline raw_session null_session() noexcept {
  return {};
}
struct session_record final : counted {
  raw_session raw;
};
template <class Session>
class session_error_handlers {
 public:
  template <class Function>
  static Errhandler Create_errhandler(Function&&) {
    needs_mpi_4("sessions");
  }
  Errhandler Get_errhandler() const { needs_mpi_4("sessions"); }
  void Set_errhandler(const Errhandler&) const { needs_mpi_4("sessions"); }
  void Call_errhandler(integer) const { needs_mpi_4("sessions"); }
};
#endif

struct session_arguments {
  Info info = INFO_NULL;
  Errhandler errhandler = ERRORS_RETURN;
};

}  // namespace detail

/// A use of MPI of its own, with which a library needs not know whether the program has initialized
/// MPI. It names sets of processes, of which groups and from these communicators are made. Copies
/// refer to the same session; the last one finalizes it (not while an exception unwinds the stack:
/// that may wait for other ranks). Needs MPI 4; before that Init throws.
///
///     auto session = MPI::Session::Init();
///     auto group = session.Create_group("mpi://WORLD");
///     auto comm = MPI::Intracomm::Create_from_group(group, "org.example.solver");
///
/// The calls here start nothing else, nor do those on groups and infos while a session is open.
/// Making a communicator starts this library, as its first use elsewhere does, which is collective
/// over the world: call MPI::Init before that, or not at all.
class Session : public detail::session_error_handlers<Session> {
 public:
  /// SESSION_NULL.
  constexpr Session() = default;

#if MPI_VERSION >= 4
  template <class Function>
  static Errhandler Create_errhandler(Function errhandler_fn) {
    detail::keep_mpi_up();
    return detail::session_error_handlers<Session>::Create_errhandler(std::move(errhandler_fn));
  }
#endif

  /// A session of its own, beside the world or without it. Local. Throws Exception
  /// (ERR_UNSUPPORTED_OPERATION) before MPI 4. Source: MPI_Session_init.
  static Session Init([[maybe_unused]] const detail::session_arguments& pack = {},
                      [[maybe_unused]] place where = place::here()) {
#if MPI_VERSION >= 4
    const detail::user_call inside(detail::process_wide_state(), "Session.Init", where);
    detail::keep_mpi_up();
    MPI_Session made = MPI_SESSION_NULL;
    detail::check(MPI_Session_init(pack.info.native(), pack.errhandler.native(), &made),
                  "MPI_Session_init");
    Session session(detail::reference_to<detail::session_record>(new detail::session_record(made)));
    session.Set_errhandler(pack.errhandler);  // which MPICH 4.0 forgets
    return session;
#else
    detail::needs_mpi_4("sessions");
#endif
  }
  static Session Init(const Info& info, const Errhandler& errhandler = ERRORS_RETURN,
                      place where = place::here()) {
    return Init(detail::session_arguments{info, errhandler}, where);
  }
  /// Ends it for all copies; what was made of it must have ended before. It may wait for the ranks
  /// of its communicators. Source: MPI_Session_finalize.
  void Finalize() {
#if MPI_VERSION >= 4
    open();
    record_->check_call(record_->finalize(), "MPI_Session_finalize");
#else
    open();
#endif
  }

  detail::raw_session native() const noexcept {
    return record_ ? record_->raw : detail::null_session();
  }
#if MPI_VERSION >= 4
  bool operator==(const Session& other) const noexcept {
    return native() == other.native();
  }
  explicit operator bool() const noexcept {
    return native() != MPI_SESSION_NULL;
  }
#else
  bool operator==(const Session&) const noexcept {
    return true;
  }
  explicit operator bool() const noexcept {
    return false;
  }
#endif

  /// How many sets of processes have a name. Local. Source: MPI_Session_get_num_psets.
  int Get_num_psets([[maybe_unused]] const Info& info = INFO_NULL) const {
    [[maybe_unused]] const auto session = open();
    int count = 0;
#if MPI_VERSION >= 4
    record_->check_call(MPI_Session_get_num_psets(session, info.native(), &count),
                        "MPI_Session_get_num_psets");
#endif
    return count;
  }
  /// The name of the nth one: "mpi://WORLD", "mpi://SELF", ... Local. Source:
  /// MPI_Session_get_nth_pset.
  std::string Get_nth_pset([[maybe_unused]] detail::integer n,
                           [[maybe_unused]] const Info& info = INFO_NULL) const {
    [[maybe_unused]] const auto session = open();
    std::string name;
#if MPI_VERSION >= 4
    if (const int count = Get_num_psets(info); n < 0 || n >= count)
      record_->refuse(detail::formatted(
          "there is no set of processes number {}: the session names {}", {int{n}, count}));
    int length = 0;  // asks for the length, its end included
    record_->check_call(MPI_Session_get_nth_pset(session, info.native(), n, &length, nullptr),
                        "MPI_Session_get_nth_pset");
    name.resize(static_cast<std::size_t>(length));
    record_->check_call(MPI_Session_get_nth_pset(session, info.native(), n, &length, name.data()),
                        "MPI_Session_get_nth_pset");
    name.resize(name.find('\0'));
#endif
    return name;
  }
  /// The hints in use. Source: MPI_Session_get_info.
  Info Get_info() const {
    [[maybe_unused]] const auto session = open();
    MPI_Info made = MPI_INFO_NULL;
#if MPI_VERSION >= 4
    record_->check_call(MPI_Session_get_info(session, &made), "MPI_Session_get_info");
#endif
    return Info::adopt(made);
  }
  /// What is known of a set of processes: "mpi_size", how many they are. Local. Source:
  /// MPI_Session_get_pset_info.
  Info Get_pset_info([[maybe_unused]] const std::string& pset_name) const {
    [[maybe_unused]] const auto session = open();
    MPI_Info made = MPI_INFO_NULL;
#if MPI_VERSION >= 4
    require_set(pset_name);
    record_->check_call(MPI_Session_get_pset_info(session, pset_name.c_str(), &made),
                        "MPI_Session_get_pset_info");
#endif
    return Info::adopt(made);
  }
  /// The group of a set of processes. Local. Source: MPI_Group_from_session_pset.
  Group Create_group([[maybe_unused]] const std::string& pset_name) const {
    [[maybe_unused]] const auto session = open();
    MPI_Group made = MPI_GROUP_NULL;
#if MPI_VERSION >= 4
    require_set(pset_name);
    record_->check_call(MPI_Group_from_session_pset(session, pset_name.c_str(), &made),
                        "MPI_Group_from_session_pset");
#endif
    return Group::adopt(made);
  }

  // For the library.
  static Session of_callback([[maybe_unused]] detail::raw_session raw) {
#if MPI_VERSION >= 4
    auto* const borrowed = new detail::session_record(raw, true);
    return Session(detail::reference_to<detail::session_record>(borrowed));
#else
    return {};
#endif
  }

 private:
  explicit Session(detail::reference_to<detail::session_record> record)
      : record_(std::move(record)) {}
  detail::raw_session open() const {
    if (!*this)
      detail::raise(MPI_ERR_ARG,
                    "this session is SESSION_NULL: make one by Session::Init, with MPI 4");
    return record_->raw;
  }
#if MPI_VERSION >= 4
  void require_set(const std::string& name) const {
    if (!detail::looks_for_sets_first) return;
    for (int i = 0; i < Get_num_psets(); ++i)
      if (strcasecmp(Get_nth_pset(i).c_str(), name.c_str()) == 0) return;
    record_->refuse(detail::formatted(
        "there is no set of processes \"{}\": Get_nth_pset names those that are there", {name}));
  }
#endif
  detail::reference_to<detail::session_record> record_;
};

inline constexpr Session SESSION_NULL{};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
