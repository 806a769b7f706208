// SPDX-License-Identifier: MIT
// MPI::Op: reduction operators, on buffers and on values.
#pragma once

#include <mpi4cxx/buffer/datatype_of.hpp>
#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/object/identity.hpp>
#include <mpi4cxx/runtime/start.hpp>

#include <array>
#include <functional>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

/// The predefined operators, which also work on values.
enum class operation : unsigned char {
  user,
  null,
  max,
  min,
  sum,
  prod,
  land,
  band,
  lor,
  bor,
  lxor,
  bxor,
  maxloc,
  minloc,
  replace,
  no_op
};

template <class T>
concept location_like = requires(T value) {
  requires std::tuple_size<T>::value == 2;
  get<0>(value) < get<0>(value);
  get<1>(value) < get<1>(value);
};
template <class T>
concept numeric_value = std::is_arithmetic_v<T> || complex_number<T>;
/// Containers that reduce element by element; strings do not: they concatenate.
template <class T>
concept numeric_range = flat_sequence<T> && numeric_value<flat_element_t<T>> &&
                        !std::same_as<flat_element_t<T>, char> &&
                        kind_v<T> != kind::bits;

[[noreturn]] [[gnu::cold]] inline void no_such_operation(const std::string& type) {
  raise(MPI_ERR_OP, formatted("this operator is not defined for values of type {}: give a callable "
                              "that combines two of them",
                              {type}));
}
[[noreturn]] [[gnu::cold]] inline void unequal_lengths(std::size_t a, std::size_t b) {
  raise(MPI_ERR_COUNT,
        formatted("sequences of {} and {} elements cannot be combined elementwise", {a, b}));
}

/// Calls `use` with the function of `what` on two Ts; false where it is not defined for them.
template <class T, class Use>
bool with_function(operation what, Use&& use) {
  const auto offer = [&](auto function) {
    if constexpr (std::is_invocable_v<decltype(function), const T&, const T&>) {
      use(function);
      return true;
    } else {
      return false;
    }
  };
  const auto location = [](const auto& x, const auto& y, bool x_first, bool y_first) {
    // on equal values (and unordered ones) the smaller location
    return x_first ? x : y_first ? y : get<1>(y) < get<1>(x) ? y : x;
  };
  constexpr bool logical =
      std::is_constructible_v<bool, const T&> && std::is_constructible_v<T, bool>;
  using std::get;
  switch (what) {
    case operation::max:
      return offer(
          [](const auto& x, const auto& y) -> decltype(x < y ? y : x) { return x < y ? y : x; });
    case operation::min:
      return offer(
          [](const auto& x, const auto& y) -> decltype(y < x ? y : x) { return y < x ? y : x; });
    case operation::sum:
      return offer(
          [](const auto& x, const auto& y) -> decltype(T(x + y)) { return static_cast<T>(x + y); });
    case operation::prod:
      return offer(
          [](const auto& x, const auto& y) -> decltype(T(x * y)) { return static_cast<T>(x * y); });
    case operation::land:
      if constexpr (logical)
        return offer([](const T& x, const T& y) { return static_cast<T>(bool(x) && bool(y)); });
      else
        return false;
    case operation::lor:
      if constexpr (logical)
        return offer([](const T& x, const T& y) { return static_cast<T>(bool(x) || bool(y)); });
      else
        return false;
    case operation::lxor:
      if constexpr (logical)
        return offer([](const T& x, const T& y) { return static_cast<T>(bool(x) != bool(y)); });
      else
        return false;
    case operation::band:
      return offer(
          [](const auto& x, const auto& y) -> decltype(T(x & y)) { return static_cast<T>(x & y); });
    case operation::bor:
      return offer(
          [](const auto& x, const auto& y) -> decltype(T(x | y)) { return static_cast<T>(x | y); });
    case operation::bxor:
      return offer(
          [](const auto& x, const auto& y) -> decltype(T(x ^ y)) { return static_cast<T>(x ^ y); });
    case operation::maxloc:
      if constexpr (location_like<T>)
        return offer([&](const T& x, const T& y) {
          return location(x, y, get<0>(y) < get<0>(x), get<0>(x) < get<0>(y));
        });
      else
        return false;
    case operation::minloc:
      if constexpr (location_like<T>)
        return offer([&](const T& x, const T& y) {
          return location(x, y, get<0>(x) < get<0>(y), get<0>(y) < get<0>(x));
        });
      else
        return false;
    case operation::replace:
      return offer([](const T&, const T& y) { return y; });
    case operation::no_op:
      return offer([](const T& x, const T&) { return x; });
    case operation::user:
    case operation::null:
      break;
  }
  return false;
}

/// Whether `what` is defined for values of T. REPLACE and NO_OP take a sequence as a whole.
template <class T>
bool is_defined(operation what) {
  if constexpr (numeric_range<T>) {
    if (what != operation::replace && what != operation::no_op)
      return with_function<flat_element_t<T>>(what, [](const auto&) {});
  }
  return with_function<T>(what, [](const auto&) {});
}

/// `what`(x, y) for two values, x from the lower rank.
template <class T>
T apply(operation what, const T& x, const T& y) {
  T result = x;
  if constexpr (numeric_range<T>) {
    if (what != operation::replace && what != operation::no_op) {
      if (std::size(x) != std::size(y)) unequal_lengths(std::size(x), std::size(y));
      if (!with_function<flat_element_t<T>>(what, [&](const auto& function) {
            for (std::size_t i = 0; i < std::size(x); ++i) result[i] = function(x[i], y[i]);
          }))
        no_such_operation(readable_name<T>());
      return result;
    }
  }
  if (!with_function<T>(what, [&](const auto& function) { result = function(x, y); }))
    no_such_operation(readable_name<T>());
  return result;
}

/// Whether MPI itself can reduce elements of T by this operator.
template <class T>
constexpr bool is_native_operation(operation what) {
  constexpr bool whole = std::is_integral_v<T> && !std::is_same_v<T, bool> &&
                         !std::is_same_v<T, char> && !std::is_same_v<T, wchar_t> &&
                         !std::is_same_v<T, char8_t> && !std::is_same_v<T, char16_t> &&
                         !std::is_same_v<T, char32_t>;
  switch (what) {
    case operation::max:
    case operation::min:
      return whole || std::is_floating_point_v<T>;
    case operation::sum:
    case operation::prod:
      return whole || std::is_floating_point_v<T> || complex_number<T>;
    case operation::land:
    case operation::lor:
    case operation::lxor:
      return whole || std::is_same_v<T, bool>;
    case operation::band:
    case operation::bor:
    case operation::bxor:
      return whole;
    case operation::maxloc:
    case operation::minloc:
      return is_location_pair<T>;
    default:
      return false;
  }
}

/// A callable on elements, as an MPI operator needs it: a function without state. Callables with
/// state live in numbered slots, one function for each.
struct element_operation {
  virtual ~element_operation() = default;
  virtual void combine(const void* in, void* inout, int count) const = 0;
  identity_t element = 0;
  std::size_t element_size = 0;
  MPI_Datatype datatype = MPI_DATATYPE_NULL;
  bool is_floating = false;
};

/// Whether the elements of a predefined datatype are real numbers.
inline bool is_floating_datatype(MPI_Datatype type) noexcept {
  return type == MPI_FLOAT || type == MPI_DOUBLE || type == MPI_LONG_DOUBLE;
}
inline MPI_Count extent_of(MPI_Datatype type) noexcept {
  MPI_Count lower = 0, extent = 0;
  MPI_Type_get_extent_x(type, &lower, &extent);
  return extent;
}

template <class T, class Function>
struct element_operation_of final : element_operation {
  explicit element_operation_of(Function f) : function(std::move(f)) {
    element = identity<T>();
    element_size = sizeof(T);
    datatype = datatype_of<T>();
    is_floating = std::is_floating_point_v<T>;
  }
  void combine(const void* in, void* inout, int count) const override {
    const T* const left = static_cast<const T*>(in);
    T* const right = static_cast<T*>(inout);
    for (int i = 0; i < count; ++i) right[i] = std::invoke(function, left[i], right[i]);
  }
  Function function;
};

inline constexpr std::size_t operation_slots = 128;
struct operation_table {
  mutex lock;
  std::array<std::atomic<const element_operation*>, operation_slots> slots{};
};
inline operation_table operations_in_use;

/// Called by MPI inside a reduction: an exception cannot pass through it, so it ends the job.
inline void combine_in_slot(std::size_t slot, void* in, void* inout, int* length,
                            MPI_Datatype* type) {
  try {
    const element_operation& found = *operations_in_use.slots[slot].load(std::memory_order_acquire);
    const MPI_Count bytes = *length * extent_of(*type);
    found.combine(in, inout, static_cast<int>(bytes / static_cast<MPI_Count>(found.element_size)));
  } catch (...) {
    abort_job(process_wide_state(),
              formatted("exception in a reduction operator: {}", {describe_current_exception()}),
              1);
  }
}

template <std::size_t slot>
void operation_function(void* in, void* inout, int* length, MPI_Datatype* type) {
  combine_in_slot(slot, in, inout, length, type);
}
template <std::size_t... i>
constexpr std::array<MPI_User_function*, sizeof...(i)> operation_functions(
    std::index_sequence<i...>) {
  return {operation_function<i>...};
}

/// A user's operator: its callable, its slot and its raw handle; ends with its last copy.
struct user_operation final : counted {
  user_operation(std::unique_ptr<element_operation> f, bool commute)
      : function(std::move(f)), commutes(commute) {
    static constexpr auto functions =
        operation_functions(std::make_index_sequence<operation_slots>{});
    running();
    const lock_guard lock(operations_in_use.lock);
    for (slot = 0; slot < operation_slots; ++slot) {
      if (operations_in_use.slots[slot]) continue;
      check(MPI_Op_create(functions[slot], commute, &raw), "MPI_Op_create");
      operations_in_use.slots[slot] = function.get();
      return;
    }
    raise(MPI_ERR_OP, formatted("more than {} operators made by Op::Create are alive at once",
                                {operation_slots}));
  }
  ~user_operation() override { release(); }
  void release() noexcept {
    if (raw == MPI_OP_NULL) return;
    if (alive()) MPI_Op_free(&raw);
    raw = MPI_OP_NULL;
    const lock_guard lock(operations_in_use.lock);
    operations_in_use.slots[slot] = nullptr;
  }

  std::unique_ptr<element_operation> function;
  bool commutes;
  std::size_t slot = 0;
  MPI_Op raw = MPI_OP_NULL;
};

}  // namespace detail

/// A reduction operator. The predefined ones (MPI::SUM, ...) work in uppercase and lowercase calls
/// and can be called on two values; others are made from a callable by Create.
class Op {
 public:
  /// OP_NULL.
  Op() : Op(detail::operation::null, MPI_OP_NULL) {}
  constexpr Op(detail::operation what, MPI_Op raw) : what_(what), raw_(raw) {}

  /// An operator on elements of type T from a callable T(T, T), with or without state. It must be
  /// associative; say whether it is also commutative. Elements meet it in rank order, the lower
  /// rank's on the left. Source: MPI_Op_create.
  ///
  ///     auto longest = MPI::Op::Create<Span>([](Span a, Span b) { return a.n < b.n ? b : a; });
  ///     comm.Allreduce(mine, all, longest);
  template <class T, class Function>
  static Op Create(Function function, bool commute = false) {
    static_assert(std::is_invocable_r_v<T, const Function&, const T&, const T&>,
                  "mpi4cxx: an operator on T is a callable that makes a T of two");
    static_assert(detail::buffer_element<T>, "mpi4cxx: an operator works on elements of buffers");
    Op made(detail::operation::user, MPI_OP_NULL);
    made.user_ = detail::reference_to(new detail::user_operation(
        std::make_unique<detail::element_operation_of<T, Function>>(std::move(function)), commute));
    return made;
  }

  /// The operator on two values; x stands for the lower rank. Throws Exception (ERR_OP) where it is
  /// not defined for them.
  template <class T, class U>
  auto operator()(const T& x, const U& y) const {
    if constexpr (std::is_arithmetic_v<T> && std::is_arithmetic_v<U>) {
      using common = std::common_type_t<T, U>;
      return on_values<common>(static_cast<common>(x), static_cast<common>(y));
    } else {
      return on_values<T>(x, y);
    }
  }

  MPI_Op native() const noexcept { return user_ ? user_->raw : raw_; }
  bool operator==(const Op& other) const noexcept { return native() == other.native(); }
  explicit operator bool() const noexcept { return native() != MPI_OP_NULL; }
  detail::operation what() const noexcept { return what_; }
  /// Source: MPI_Op_commutative.
  bool Is_commutative() const {
    detail::running();
    int flag = 0;
    detail::check(MPI_Op_commutative(native(), &flag), "MPI_Op_commutative");
    return flag != 0;
  }
  bool is_commutative() const { return Is_commutative(); }
  bool is_predefined() const noexcept { return !user_; }
  /// Frees it now, for all copies. Source: MPI_Op_free.
  void Free() {
    if (!user_) detail::raise(MPI_ERR_OP, "a predefined operator cannot be freed");
    user_->release();
  }

  /// Throws unless this operator can be called on two Ts.
  template <class T>
  void require_values() const {
    if (user_ ? user_->function->element != detail::identity<T>() : !detail::is_defined<T>(what_))
      detail::no_such_operation(detail::readable_name<T>());
  }

  /// Throws unless this operator can work on elements of `type`: one made from a callable knows its
  /// own.
  void require_element(MPI_Datatype type) const {
    if (!user_ || type == user_->function->datatype) return;
    const auto& function = *user_->function;
    if (detail::extent_of(type) != static_cast<MPI_Count>(function.element_size) ||
        detail::is_floating_datatype(type) != function.is_floating)
      detail::raise(
          MPI_ERR_TYPE,
          detail::formatted("this operator was made for other elements, of {} bytes: those of "
                            "the buffer have {}, or another type",
                            {function.element_size, detail::extent_of(type)}));
  }

 private:
  template <class T>
  T on_values(const T& x, const T& y) const {
    if (!user_) return detail::apply(what_, x, y);
    if constexpr (detail::buffer_element<T>) {
      if (user_->function->element == detail::identity<T>()) {
        T result = y;
        user_->function->combine(&x, &result, 1);
        return result;
      }
    }
    detail::raise(MPI_ERR_OP, detail::formatted("this operator was not made for values of type {}",
                                                {detail::readable_name<T>()}));
  }

  detail::operation what_;
  MPI_Op raw_;
  detail::reference_to<detail::user_operation> user_;
};

#define MPI4CXX_OP(name, what) \
  MPI4CXX_PREDEFINED Op name{detail::operation::what, static_cast<MPI_Op>(MPI_##name)};
MPI4CXX_OP(OP_NULL, null)
MPI4CXX_OP(MAX, max)
MPI4CXX_OP(MIN, min)
MPI4CXX_OP(SUM, sum)
MPI4CXX_OP(PROD, prod)
MPI4CXX_OP(LAND, land)
MPI4CXX_OP(BAND, band)
MPI4CXX_OP(LOR, lor)
MPI4CXX_OP(BOR, bor)
MPI4CXX_OP(LXOR, lxor)
MPI4CXX_OP(BXOR, bxor)
MPI4CXX_OP(MAXLOC, maxloc)
MPI4CXX_OP(MINLOC, minloc)
MPI4CXX_OP(REPLACE, replace)
MPI4CXX_OP(NO_OP, no_op)
#undef MPI4CXX_OP

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
