// SPDX-License-Identifier: MIT
// MPI::Op: reduction operators, on buffers and on values.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>
#include <mpi4cxx/handle/datatype_contents.hpp>
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

/// What sort of numbers elements are: two of one size and class are the same to an operator.
enum class number_class : unsigned char { integer, real, complex, other };
template <class T>
inline constexpr number_class number_class_of =
    std::is_floating_point_v<T>                  ? number_class::real
    : complex_number<T>                          ? number_class::complex
    : std::is_integral_v<T> || std::is_enum_v<T> ? number_class::integer
                                                 : number_class::other;
template <std::size_t n>
bool is_one_of(MPI_Datatype type, const MPI_Datatype (&types)[n]) {
  for (const MPI_Datatype each : types)
    if (each == type) return true;
  return false;
}
/// That of a predefined datatype; bytes count as integers.
inline number_class class_of(MPI_Datatype type) {
  if (is_one_of(type, {MPI_FLOAT, MPI_DOUBLE, MPI_LONG_DOUBLE, MPI_REAL, MPI_DOUBLE_PRECISION,
                       MPI_REAL4, MPI_REAL8, MPI_REAL16}))
    return number_class::real;
  if (is_one_of(type, {MPI_CXX_FLOAT_COMPLEX, MPI_CXX_DOUBLE_COMPLEX, MPI_CXX_LONG_DOUBLE_COMPLEX,
                       MPI_C_COMPLEX, MPI_C_FLOAT_COMPLEX, MPI_C_DOUBLE_COMPLEX,
                       MPI_C_LONG_DOUBLE_COMPLEX, MPI_COMPLEX, MPI_DOUBLE_COMPLEX, MPI_COMPLEX8,
                       MPI_COMPLEX16, MPI_COMPLEX32}))
    return number_class::complex;
  if (is_one_of(type,
                {MPI_FLOAT_INT, MPI_DOUBLE_INT, MPI_LONG_INT, MPI_2INT, MPI_SHORT_INT,
                 MPI_LONG_DOUBLE_INT, MPI_2REAL, MPI_2DOUBLE_PRECISION, MPI_2INTEGER, MPI_PACKED}))
    return number_class::other;
  switch (Datatype(raw_handle, type).combiner()) {
    case MPI_COMBINER_F90_REAL:
      return number_class::real;
    case MPI_COMBINER_F90_COMPLEX:
      return number_class::complex;
    default:
      return number_class::integer;
  }
}
inline MPI_Count extent_of(MPI_Datatype type) noexcept {
  MPI_Count lower = 0, extent = 0;
  MPI_Type_get_extent_x(type, &lower, &extent);
  return extent;
}

// What MPI calls. From MPI 4 on with large counts, which operators of the other sort cannot take: a
// reduction of more elements than an int counts would end the job.
#if MPI_VERSION >= 4
using operation_length = MPI_Count;
using operation_function = MPI_User_function_c;
inline int create_operation(operation_function* function, bool commute, MPI_Op* made) {
  return MPI_Op_create_c(function, commute, made);
}
#else
using operation_length = int;
using operation_function = MPI_User_function;
inline int create_operation(operation_function* function, bool commute, MPI_Op* made) {
  return MPI_Op_create(function, commute, made);
}
#endif

/// A user's callable, as MPI calls it; one on elements also says which, and works on values.
struct element_operation {
  virtual ~element_operation() = default;
  /// `length` elements of `type`.
  virtual void run(const void* in, void* inout, MPI_Count length, MPI_Datatype type) const {
    const MPI_Count bytes = length * extent_of(type);
    combine(in, inout, static_cast<std::size_t>(bytes) / element_size);
  }
  /// `count` elements of its own type.
  virtual void combine(const void*, void*, std::size_t) const {}

  identity_t element = 0;
  std::size_t element_size = 0;  // 0: it takes memory of any datatype
  MPI_Datatype datatype = MPI_DATATYPE_NULL;
  // What an element is made of: of an array its scalars, as which arrays lie in buffers.
  std::size_t scalar_size = 0;
  MPI_Datatype scalar = MPI_DATATYPE_NULL;
  number_class numbers = number_class::other;
};

template <class T, class Function>
struct element_operation_of final : element_operation {
  explicit element_operation_of(Function f) : function(std::move(f)) {
    element = identity<T>();
    element_size = sizeof(T);
    datatype = datatype_of<T>();
    using flat = typename flattened<T>::type;
    scalar_size = sizeof(flat);
    scalar = datatype_of<flat>();
    numbers = number_class_of<flat>;
  }
  void combine(const void* in, void* inout, std::size_t count) const override {
    const T* const left = static_cast<const T*>(in);
    T* const right = static_cast<T*>(inout);
    for (std::size_t i = 0; i < count; ++i) right[i] = std::invoke(function, left[i], right[i]);
  }
  Function function;
};

template <class Function>
struct memory_operation_of final : element_operation {
  explicit memory_operation_of(Function f) : function(std::move(f)) {}
  void run(const void* in, void* inout, MPI_Count length, MPI_Datatype type) const override {
    const auto bytes = static_cast<std::size_t>(span_of(length, type));
    std::invoke(function, std::span(static_cast<const std::byte*>(in), bytes),
                std::span(static_cast<std::byte*>(inout), bytes), Datatype(raw_handle, type));
  }
  Function function;
};

/// Inside a reduction of MPI, through which an exception cannot pass: it ends the job.
template <class Find>
void run_operation(Find&& find, void* in, void* inout, const operation_length* length,
                   const MPI_Datatype* type) noexcept {
  try {
    const element_operation& found = find();
    found.run(in, inout, *length, *type);
  } catch (...) {
    abort_job(process_wide_state(),
              formatted("exception in a reduction operator: {}", {describe_current_exception()}),
              1);
  }
}

/// Callables without state are known by their type: one function for each, and any number of them.
template <class Operation, class Function>
void stateless_function(void* in, void* inout, operation_length* length, MPI_Datatype* type) {
  run_operation(
      []() -> const element_operation& {
        static const permanent<Operation> operation{Function{}};
        return operation.value;
      },
      in, inout, length, type);
}
template <class Function>
concept stateless = std::is_empty_v<Function> && std::is_default_constructible_v<Function>;

// An MPI operator is a function without state. Callables with state live in numbered slots, one
// function for each; when these are taken, one function for all finds its callable by an attribute
// of the datatype that MPI hands it.
inline constexpr std::size_t operation_slots = 128;
struct operation_table {
  mutex lock;
  std::array<std::atomic<const element_operation*>, operation_slots> slots{};
};
inline operation_table operations_in_use;

inline void run_in_slot(std::size_t slot, void* in, void* inout, operation_length* length,
                        MPI_Datatype* type) {
  run_operation(
      [slot]() -> const element_operation& {
        return *operations_in_use.slots[slot].load(std::memory_order_acquire);
      },
      in, inout, length, type);
}
template <std::size_t slot>
void slot_function(void* in, void* inout, operation_length* length, MPI_Datatype* type) {
  run_in_slot(slot, in, inout, length, type);
}
template <std::size_t... i>
constexpr std::array<operation_function*, sizeof...(i)> slot_functions(std::index_sequence<i...>) {
  return {slot_function<i>...};
}

inline int operation_keyval() {
  static const int keyval = [] {
    int made = MPI_KEYVAL_INVALID;
    check(MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &made, nullptr),
          "MPI_Type_create_keyval");
    return made;
  }();
  return keyval;
}
[[gnu::cold]] inline void marked_function(void* in, void* inout, operation_length* length,
                                          MPI_Datatype* type) {
  run_operation(
      [type]() -> const element_operation& {
        void* found = nullptr;
        int flag = 0;
        check(MPI_Type_get_attr(*type, operation_keyval(), &found, &flag), "MPI_Type_get_attr");
        if (!flag)
          raise(MPI_ERR_OP,
                formatted("the raw handle of an operator that is not among the first {} with state "
                          "is of use in calls of this library only",
                          {operation_slots}));
        return *static_cast<const element_operation*>(found);
      },
      in, inout, length, type);
}

/// A user's operator: its callable, its slot if it has state, and its raw handle; ends with its
/// last copy.
struct user_operation final : counted {
  // a template, so that the functions of the slots are compiled where an operator is made
  template <class = void>
  user_operation(std::unique_ptr<element_operation> f, bool commute, operation_function* own)
      : function(std::move(f)), commutes(commute) {
    static constexpr auto functions = slot_functions(std::make_index_sequence<operation_slots>{});
    running();
    if (own) {
      check(create_operation(own, commute, &raw), "MPI_Op_create");
      return;
    }
    const lock_guard lock(operations_in_use.lock);
    for (slot = 0; slot < operation_slots; ++slot) {
      if (operations_in_use.slots[slot]) continue;
      check(create_operation(functions[slot], commute, &raw), "MPI_Op_create");
      operations_in_use.slots[slot] = function.get();
      return;
    }
    check(create_operation(marked_function, commute, &raw), "MPI_Op_create");
    is_marking = true;
  }
  ~user_operation() override { release(); }
  void release() noexcept {
    if (raw == MPI_OP_NULL) return;
    if (alive()) MPI_Op_free(&raw);
    raw = MPI_OP_NULL;
    open = {};
    const lock_guard lock(operations_in_use.lock);
    if (slot < operation_slots) operations_in_use.slots[slot] = nullptr;
    for (auto& [type, marked] : marked_types)
      if (alive()) MPI_Type_free(&marked);
    marked_types.clear();
  }
  /// A copy of `type` that leads to the callable; it lives as long as the operator.
  [[gnu::cold]] MPI_Datatype marked(MPI_Datatype type) {
    const lock_guard lock(operations_in_use.lock);
    for (const auto& [known, copy] : marked_types)
      if (known == type) return copy;
    // the handle of a type that may be freed could come to mean another one
    if (type != function->datatype && !Datatype(raw_handle, type).is_predefined())
      raise(MPI_ERR_OP,
            formatted("more than {} operators made from callables with state are alive at once: "
                      "those beyond work on their own element type only",
                      {operation_slots}));
    MPI_Datatype copy = MPI_DATATYPE_NULL;
    check(MPI_Type_dup(type, &copy), "MPI_Type_dup");
    marked_types.emplace_back(type, copy);
    check(MPI_Type_set_attr(copy, operation_keyval(), function.get()), "MPI_Type_set_attr");
    return copy;
  }

  std::unique_ptr<element_operation> function;
  bool commutes;
  std::size_t slot = operation_slots;
  bool is_marking = false;
  std::vector<std::pair<MPI_Datatype, MPI_Datatype>> marked_types;
  MPI_Op raw = MPI_OP_NULL;
  tracked open{"an Op"};
};

/// How MPI gets the elements of a buffer for an operator.
struct operand_type {
  MPI_Datatype type;    // the elements
  MPI_Datatype handed;  // what MPI gets for them, which may have to lead to a callable
  MPI_Count parts = 1;  // how many elements of the buffer make one
  /// How many `in_buffer` elements of the buffer are. Throws where the last is not whole.
  MPI_Count count(MPI_Count in_buffer) const {
    if (parts == 1) [[likely]]
      return in_buffer;
    if (in_buffer % parts != 0)
      raise(MPI_ERR_COUNT, formatted("{} elements of the buffer are no whole number of those of "
                                     "the operator, each of which is {} of them",
                                     {in_buffer, parts}));
    return in_buffer / parts;
  }
};

/// Whether elements of `type`, which is made of `leaf` alone (null: of several types), can be
/// meant by an operator on the scalars of `function`.
[[gnu::cold]] inline bool is_meant(const element_operation& function, const Datatype& type,
                                   const Datatype& leaf) {
  const bool is_number = function.numbers != number_class::other;
  if (!leaf) return !is_number;
  const MPI_Datatype raw = leaf.native();
  if (raw == MPI_BYTE || raw == function.scalar) return true;
  const number_class numbers = class_of(raw);
  if (is_number)
    return numbers == function.numbers &&
           extent_of(raw) == static_cast<MPI_Count>(function.scalar_size);
  // an aggregate, whose members a derived datatype may spell out; a pair is only itself
  return numbers == number_class::other ? !Datatype(raw_handle, function.scalar).is_predefined()
                                        : leaf != type;
}

/// What is seldom reduced: throws where `function` (null: MPI's own operators) cannot be applied.
[[gnu::cold]] inline operand_type require_element_type(const element_operation* function,
                                                       MPI_Datatype raw) {
  const Datatype type(raw_handle, raw);
  const operand_type as_given{raw, raw};
  if (!function) {
    if (!type.is_predefined())
      raise(MPI_ERR_OP,
            "MPI's own operators work on elements of predefined datatypes, not of derived ones: "
            "make one by Op::Create<T>(f), or by Op::Create(f) for memory of any datatype");
    return as_given;
  }
  const auto size = static_cast<MPI_Count>(function->element_size);
  if (size == 0) return as_given;
  const auto scalar_size = static_cast<MPI_Count>(function->scalar_size);
  const auto [lower, extent] = type.Get_extent();
  const bool is_dense = extent > 0 && extent % scalar_size == 0 && type.Get_size() == extent &&
                        type.Get_true_extent() == std::pair<MPI_Aint, MPI_Aint>(0, extent);
  if (is_meant(*function, type, leaf_of(type))) {
    if ((extent == size && lower == 0) || (is_dense && extent % size == 0)) return as_given;
    // arrays lie in buffers as their scalars, amid which MPI could divide an element
    if (is_dense && size % extent == 0)
      return {function->datatype, function->datatype, size / extent};
  }
  raise(
      MPI_ERR_TYPE,
      formatted("this operator was made for other elements, of {} bytes: those of the buffer have "
                "{}, or another type, or gaps between them",
                {size, extent}));
}

struct op_create_arguments {
  bool commute = false;
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
  /// rank's on the left. One on a std::array takes buffers of such arrays, and of their scalars
  /// side by side: their count is then a multiple of the array's length, else ERR_COUNT. Any number
  /// may be alive; beyond 128 whose callables have state, an operator works on its own element type
  /// only. Source: MPI_Op_create.
  ///
  ///     auto longest = MPI::Op::Create<Span>([](Span a, Span b) { return a.n < b.n ? b : a; });
  ///     comm.Allreduce(mine, all, longest);
  template <class T, class Function>
  static Op Create(Function function, bool commute = false, place where = place::here()) {
    const detail::user_call inside(detail::running(), "Op.Create", where);
    static_assert(std::is_invocable_r_v<T, const Function&, const T&, const T&>,
                  "mpi4cxx: an operator on T is a callable that makes a T of two");
    static_assert(detail::buffer_element<T>, "mpi4cxx: an operator works on elements of buffers");
    return make<detail::element_operation_of<T, Function>>(std::move(function), commute);
  }
  template <class T, class Function>
  static Op Create(Function function, detail::op_create_arguments pack,
                   place where = place::here()) {
    return Create<T>(std::move(function), pack.commute, where);
  }
  /// An operator on memory of any datatype, derived ones too: function(in, inout, datatype) has the
  /// bytes of both sides as std::span<const std::byte> and std::span<std::byte>, from the first
  /// element to the end of the last, and combines them in `inout`; `in` is of the lower rank. The
  /// elements are datatype.extent() bytes apart. Beyond 128 whose callables have state, an operator
  /// works on predefined datatypes only. Source: MPI_Op_create.
  template <class Function>
  requires std::is_invocable_v < const Function&, std::span<const std::byte>, std::span<std::byte>,
  const Datatype& >
      static Op Create(Function function, bool commute = false, place where = place::here()) {
    const detail::user_call inside(detail::running(), "Op.Create", where);
    return make<detail::memory_operation_of<Function>>(std::move(function), commute);
  }
  template <class Function>
  static Op Create(Function function, detail::op_create_arguments pack,
                   place where = place::here()) {
    return Create(std::move(function), pack.commute, where);
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
  /// Whether MPI may exchange the operands. Local. Source: MPI_Op_commutative.
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

  /// inoutbuf = inbuf op inoutbuf, element by element, on this rank alone. Throws Exception
  /// (ERR_COUNT, ERR_TYPE) if the buffers differ in count or datatype. Source: MPI_Reduce_local.
  [[gnu::cold]] void Reduce_local(const ConstBuffer& inbuf, const Buffer& inoutbuf) const {
    detail::running();
    const detail::memory_view &in = inbuf.view(), &inout = inoutbuf.view();
    if (in.is_in_place() || inout.is_in_place())
      detail::raise(MPI_ERR_BUFFER, "Reduce_local has nothing to do in place: give two buffers");
    if (in.count != inout.count)
      detail::raise(MPI_ERR_COUNT, detail::formatted("the buffers have different counts: {} and {}",
                                                     {in.count, inout.count}));
    if (in.type != inout.type)
      detail::raise(MPI_ERR_TYPE, "the buffers have elements of different datatypes");
    const detail::operand_type elements = element_type(in.type);
    // in pieces of what an int counts, which functions of users get
    const MPI_Count extent = detail::extent_of(elements.type), count = elements.count(in.count);
    for (MPI_Count done = 0; done == 0 || done < count;) {
      const MPI_Count piece = std::min<MPI_Count>(count - done, INT_MAX);
      const auto at = [&](const void* data) {
        return data ? static_cast<const std::byte*>(data) + done * extent : nullptr;
      };
      detail::check(MPI_Reduce_local(at(in.data), const_cast<std::byte*>(at(inout.data)),
                                     static_cast<int>(piece), elements.handed, native()),
                    "MPI_Reduce_local");
      if (piece == 0) return;
      done += piece;
    }
  }

  /// The datatype to give MPI for elements of `type`, which is `type` but for arrays and operators
  /// beyond the slots. Throws unless this operator can work on such elements: MPI's own ones take
  /// predefined datatypes, one made from a callable knows its own.
  detail::operand_type element_type(MPI_Datatype type) const {
    detail::operand_type found{type, type};
    if (user_ ? type != user_->function->datatype
              : type != MPI_DOUBLE && type != MPI_INT && type != MPI_FLOAT && type != MPI_LONG)
      found = detail::require_element_type(user_ ? user_->function.get() : nullptr, type);
    if (user_ && user_->is_marking) found.handed = user_->marked(found.type);
    return found;
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

  template <class Operation, class Function>
  static Op make(Function function, bool commute) {
    detail::operation_function* own = nullptr;
    if constexpr (detail::stateless<Function>)
      own = detail::stateless_function<Operation, Function>;
    Op made(detail::operation::user, MPI_OP_NULL);
    made.user_ = detail::reference_to(
        new detail::user_operation(std::make_unique<Operation>(std::move(function)), commute, own));
    return made;
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
