// SPDX-License-Identifier: MIT
// MPI::Errhandler: what MPI does about an error before the call that failed throws it.
#pragma once

#include <mpi4cxx/handle/attribute.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

template <class Object, class Functions>
class error_handlers_of;

/// An error handler of the user's, with the raw handle that stands for it.
template <class Object>
struct error_callback : counted {
  virtual void call(const Object& object, int code) = 0;
  MPI_Errhandler raw = MPI_ERRHANDLER_NULL;
};
template <class Object, class Function>
struct error_callback_of final : error_callback<Object> {
  explicit error_callback_of(Function f) : function(std::move(f)) {}
  void call(const Object& object, int code) override { function(object, code); }
  Function function;
};

}  // namespace detail

/// What is done about errors of a communicator, a window, a file or a session. By default the
/// library sets ERRORS_RETURN, and a failing call throws Exception. One made of a callable
/// (Comm::Create_errhandler, ...) is called first. Copies refer to the same one; the last one frees
/// it, which leaves the objects alone on which it is set.
class Errhandler {
  using handle = detail::shared_handle<MPI_Errhandler, MPI_Errhandler_free>;

 public:
  /// ERRHANDLER_NULL.
  Errhandler() : handle_(MPI_ERRHANDLER_NULL) {}
  constexpr Errhandler(detail::raw_handle_t, MPI_Errhandler raw) : handle_(raw) {}
  static Errhandler adopt(MPI_Errhandler raw) {
    return Errhandler(handle::owning(raw, "an Errhandler"), {});
  }

  MPI_Errhandler native() const noexcept { return handle_.get(); }
  bool operator==(const Errhandler& other) const noexcept { return native() == other.native(); }
  explicit operator bool() const noexcept { return native() != MPI_ERRHANDLER_NULL; }

  /// Frees it now, for all copies. Source: MPI_Errhandler_free.
  void Free() {
    detail::running();
    handle_.free("MPI_Errhandler_free");
  }

 private:
  template <class Object, class Functions>
  friend class detail::error_handlers_of;
  Errhandler(handle owned, detail::reference_to<detail::counted> callback)
      : handle_(std::move(owned)), callback_(std::move(callback)) {}

  handle handle_;
  detail::reference_to<detail::counted> callback_;
};

MPI4CXX_PREDEFINED Errhandler ERRHANDLER_NULL{detail::raw_handle,
                                              static_cast<MPI_Errhandler>(MPI_ERRHANDLER_NULL)};
/// Errors are returned, and so thrown as Exception: the default.
MPI4CXX_PREDEFINED Errhandler ERRORS_RETURN{detail::raw_handle,
                                            static_cast<MPI_Errhandler>(MPI_ERRORS_RETURN)};
/// An error ends the job.
MPI4CXX_PREDEFINED Errhandler ERRORS_ARE_FATAL{detail::raw_handle,
                                               static_cast<MPI_Errhandler>(MPI_ERRORS_ARE_FATAL)};
/// An error ends the processes of the communicator. Before MPI 4, and with MPICH before 4.2 (which
/// fails an assertion of its own when it is set), it is ERRORS_ARE_FATAL.
#if MPI_VERSION >= 4 && (!defined(MPICH_NUMVERSION) || MPICH_NUMVERSION >= 40200000)
MPI4CXX_PREDEFINED Errhandler ERRORS_ABORT{detail::raw_handle,
                                           static_cast<MPI_Errhandler>(MPI_ERRORS_ABORT)};
#else
MPI4CXX_PREDEFINED Errhandler ERRORS_ABORT{detail::raw_handle,
                                           static_cast<MPI_Errhandler>(MPI_ERRORS_ARE_FATAL)};
#endif

namespace detail {

// MPI's functions for each class that has error handlers.
#define MPI4CXX_ERRORS(name, Name, Raw)                                        \
  struct name##_errors {                                                       \
    using raw = Raw;                                                           \
    static constexpr callback_kind kind = callback_kind::name##_error;         \
    static constexpr const char* prefix = "MPI_" #Name;                        \
    static constexpr auto create_errhandler = &MPI_##Name##_create_errhandler; \
    static constexpr auto set_errhandler = &MPI_##Name##_set_errhandler;       \
    static constexpr auto get_errhandler = &MPI_##Name##_get_errhandler;       \
    static constexpr auto call_errhandler = &MPI_##Name##_call_errhandler;     \
  };
MPI4CXX_ERRORS(comm, Comm, MPI_Comm)
MPI4CXX_ERRORS(win, Win, MPI_Win)
MPI4CXX_ERRORS(file, File, MPI_File)
#if MPI_VERSION >= 4
MPI4CXX_ERRORS(session, Session, MPI_Session)
#endif
#undef MPI4CXX_ERRORS

/// Calls on sessions start nothing: MPI need not be initialized.
template <class Functions>
process_state& state_for() {
  return Functions::kind == callback_kind::session_error ? process_wide_state() : running();
}

/// The calls on error handlers, of every class that has them. All are local.
template <class Object, class Functions>
class error_handlers_of {
  using raw_object = typename Functions::raw;
  using callback = error_callback<Object>;

 public:
  /// An error handler from a callable (const Object&, int errorcode). It is called by the library
  /// when the failing call has returned, before that throws Exception; it may throw instead, and
  /// call MPI. Errors of MPI calls that are made past the library do not come to it. Source:
  /// MPI_Comm_create_errhandler, MPI_Win_create_errhandler, MPI_File_create_errhandler, ...
  template <class Function>
  requires std::is_invocable_v<Function&, const Object&, int>
  static Errhandler Create_errhandler(Function errhandler_fn, place where = {}) {
    const user_call inside(state_for<Functions>(), "Create_errhandler", where);
    auto* const made = new error_callback_of<Object, Function>(std::move(errhandler_fn));
    reference_to<counted> owner(made);
    check_call(Functions::create_errhandler(note, &made->raw), "_create_errhandler");
    return Errhandler(Errhandler::handle::owning(made->raw, "an Errhandler"), std::move(owner));
  }
  /// The one that is set. Source: MPI_Comm_get_errhandler, ...
  Errhandler Get_errhandler() const {
    process_state& state = state_for<Functions>();
    MPI_Errhandler found = MPI_ERRHANDLER_NULL;
    check_call(Functions::get_errhandler(object_handle(), &found), "_get_errhandler");
    for (const Errhandler* each : {&ERRORS_RETURN, &ERRORS_ARE_FATAL, &ERRORS_ABORT})
      if (found == each->native()) return *each;
    auto set = state.callbacks.template find<callback>(Functions::kind, key_of(object_handle()));
    if (set && set->raw != found) set = {};
    return Errhandler(Errhandler::handle::owning(found, "an Errhandler"),
                      reference_to<counted>::sharing(static_cast<counted*>(set.get())));
  }
  /// Sets it, for this object only: communicators that are made from this one get ERRORS_RETURN.
  /// Source: MPI_Comm_set_errhandler, ...
  void Set_errhandler(const Errhandler& errhandler) const {
    process_state& state = state_for<Functions>();
    if (!errhandler)
      raise(MPI_ERR_ARG, "ERRHANDLER_NULL cannot be set: it is no error handler, or was freed");
    if (errhandler.callback_)
      state.callbacks.put(Functions::kind, key_of(object_handle()), errhandler.callback_);
    check_call(Functions::set_errhandler(object_handle(), errhandler.native()), "_set_errhandler");
    if (!errhandler.callback_) state.callbacks.remove(Functions::kind, key_of(object_handle()));
  }
  /// Has the one that is set called. Nothing is thrown unless it throws. Source:
  /// MPI_Comm_call_errhandler, ...
  void Call_errhandler(integer errorcode) const {
    state_for<Functions>();
    check_call(Functions::call_errhandler(object_handle(), errorcode), "_call_errhandler");
    finish_callbacks(errorcode);
  }

 private:
  raw_object object_handle() const { return static_cast<const Object&>(*this).native(); }
  static void check_call(int code, const char* suffix) {
    if (code != MPI_SUCCESS) [[unlikely]]
      raise_from_mpi(code, (std::string(Functions::prefix) + suffix).c_str());
  }
  /// Called by MPI: only notes it.
  static void note(raw_object* object, int* code, ...) {
    remains_of_callbacks.error_handler = run;
    remains_of_callbacks.object = key_of(*object);
    remains_of_callbacks.code = *code;
  }
  static void run(std::uintptr_t object, int code) {
    const auto found =
        state_for<Functions>().callbacks.template find<callback>(Functions::kind, object);
    if (found) found->call(object_of_callback<Object, raw_object>(object), code);
  }
};

}  // namespace detail
}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
