// SPDX-License-Identifier: MIT
// Attributes: values of the user's that are kept with a communicator, a datatype or a window.
#pragma once

#include <mpi4cxx/handle/handle.hpp>
#include <mpi4cxx/object/identity.hpp>
#include <mpi4cxx/runtime/integer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A raw handle as a key of the callback table: it is a number or an address.
template <class Raw>
std::uintptr_t key_of(Raw raw) noexcept {
  return (std::uintptr_t)raw;  // NOLINT: whichever cast that is
}
template <class Raw>
Raw raw_of(std::uintptr_t key) noexcept {
  return (Raw)key;  // NOLINT
}

/// The object that a callback is given: a handle that frees nothing. A class that cannot be made of
/// a raw handle has a static `of_callback`.
template <class Object, class Raw>
Object object_of_callback(std::uintptr_t key) {
  if constexpr (std::is_constructible_v<Object, raw_handle_t, Raw>)
    return Object(raw_handle, raw_of<Raw>(key));
  else
    return Object::of_callback(raw_of<Raw>(key));
}

class keyval_record;

/// The value of an attribute; MPI holds its address. It keeps the callbacks of its keyval alive,
/// which may be freed before it.
struct attribute_value {
  attribute_value(reference_to<keyval_record> k, const std::type_info& t, std::string_view n)
      : keyval(std::move(k)), type(t), type_name(n) {}
  attribute_value(const attribute_value&) = default;
  attribute_value& operator=(const attribute_value&) = delete;
  virtual ~attribute_value() = default;
  virtual std::unique_ptr<attribute_value> copy() const = 0;

  reference_to<keyval_record> keyval;
  const std::type_info& type;
  std::string_view type_name;
};
template <class T>
struct attribute_of final : attribute_value {
  template <class U>
  attribute_of(reference_to<keyval_record> k, U&& v)
      : attribute_value(std::move(k), typeid(T), detail::type_name<T>()),
        value(std::forward<U>(v)) {}
  std::unique_ptr<attribute_value> copy() const override {
    return std::make_unique<attribute_of>(*this);
  }
  T value;
};

/// What Create_keyval was given.
class keyval_record : public counted {
 public:
  /// The value for a duplicate of the object, or null.
  virtual std::unique_ptr<attribute_value> copy(std::uintptr_t object, int keyval,
                                                const attribute_value& value) const = 0;
  virtual void deleted(std::uintptr_t object, int keyval, const attribute_value& value) const = 0;
  /// Of all its values; null: of any type.
  const std::type_info* type = nullptr;
  std::string_view type_name;
};

/// The `.copy_fn` of Create_keyval: whether duplicates of an object get the value, or a callable
/// that makes it: `(const Object&, int keyval, const T&)` gives a T, or std::nullopt for none.
template <class Object, class T>
class attribute_copy {
 public:
  attribute_copy(std::same_as<bool> auto copies) : copies_(copies) {}
  attribute_copy(std::nullptr_t) {}
  template <class Function>
  requires std::is_invocable_v<Function&, const Object&, int, const T&> attribute_copy(Function f)
      : function_(std::move(f)) {}

  std::optional<T> operator()(const Object& object, int keyval, const T& value) const {
    if (function_) return function_(object, keyval, value);
    return copies_ ? std::optional<T>(value) : std::nullopt;
  }

 private:
  bool copies_ = false;
  std::function<std::optional<T>(const Object&, int, const T&)> function_;
};
/// The `.delete_fn`: called with `(const Object&, int keyval, const T&)` before the value is
/// deleted.
template <class Object, class T>
class attribute_delete {
 public:
  attribute_delete(std::nullptr_t) {}
  template <class Function>
  requires std::is_invocable_v<Function&, const Object&, int, const T&> attribute_delete(Function f)
      : function_(std::move(f)) {}

  void operator()(const Object& object, int keyval, const T& value) const {
    if (function_) function_(object, keyval, value);
  }

 private:
  std::function<void(const Object&, int, const T&)> function_;
};
template <class Object, class T>
struct keyval_arguments {
  attribute_copy<Object, T> copy_fn = false;
  attribute_delete<Object, T> delete_fn = nullptr;
};

/// For values of any type: whether duplicates get them.
template <class Object>
struct keyval_arguments<Object, void> {
  bool copy_fn = false;
};

template <class Object, class Kind, class T>
class keyval_of final : public keyval_record {
 public:
  explicit keyval_of(keyval_arguments<Object, T> pack) : pack_(std::move(pack)) {
    type = &typeid(T);
    type_name = detail::type_name<T>();
  }
  std::unique_ptr<attribute_value> copy(std::uintptr_t object, int keyval,
                                        const attribute_value& value) const override {
    std::optional<T> made =
        pack_.copy_fn(object_of_callback<Object, typename Kind::raw>(object), keyval, of(value));
    if (!made) return nullptr;
    return std::make_unique<attribute_of<T>>(value.keyval, std::move(*made));
  }
  void deleted(std::uintptr_t object, int keyval, const attribute_value& value) const override {
    pack_.delete_fn(object_of_callback<Object, typename Kind::raw>(object), keyval, of(value));
  }

 private:
  static const T& of(const attribute_value& value) {
    return static_cast<const attribute_of<T>&>(value).value;
  }
  keyval_arguments<Object, T> pack_;
};
/// A keyval for values of any type.
class keyval_of_any final : public keyval_record {
 public:
  explicit keyval_of_any(bool copies) : copies_(copies) {}
  std::unique_ptr<attribute_value> copy(std::uintptr_t, int,
                                        const attribute_value& value) const override {
    return copies_ ? value.copy() : nullptr;
  }
  void deleted(std::uintptr_t, int, const attribute_value&) const override {}

 private:
  bool copies_;
};

/// How MPI keeps the attributes that it sets itself: at an int, at an address in bytes, or as the
/// address itself. `none`: not one of these.
enum class predefined_form { none, integer, size, address };
inline predefined_form predefined_attribute(int keyval) noexcept {
  for (const int known : {int{MPI_TAG_UB}, int{MPI_HOST}, int{MPI_IO}, int{MPI_WTIME_IS_GLOBAL},
                          int{MPI_UNIVERSE_SIZE}, int{MPI_LASTUSEDCODE}, int{MPI_APPNUM},
                          int{MPI_WIN_DISP_UNIT}, int{MPI_WIN_CREATE_FLAVOR}, int{MPI_WIN_MODEL}})
    if (keyval == known) return predefined_form::integer;
  return keyval == int{MPI_WIN_SIZE}   ? predefined_form::size
         : keyval == int{MPI_WIN_BASE} ? predefined_form::address
                                       : predefined_form::none;
}

[[noreturn]] [[gnu::cold]] inline void wrong_attribute(std::string_view is, std::string_view asked,
                                                       const char* form) {
  throw TypeMismatch(formatted(form, {readable(is), readable(asked)}));
}
[[noreturn]] [[gnu::cold]] inline void foreign_attribute() {
  raise(MPI_ERR_KEYVAL,
        "this keyval was not made by Create_keyval here, or has been freed: only the address that "
        "MPI holds can be asked for, as void*");
}

/// The attribute as a T.
template <class T>
T attribute_as(process_state& state, callback_kind kind, int keyval, void* found) {
  const auto predefined = predefined_attribute(keyval);
  if constexpr (std::is_arithmetic_v<T>) {
    if (predefined == predefined_form::integer) return static_cast<T>(*static_cast<int*>(found));
    if (predefined == predefined_form::size) return static_cast<T>(*static_cast<MPI_Aint*>(found));
  }
  if constexpr (std::is_pointer_v<T> && std::is_object_v<std::remove_pointer_t<T>>)
    if (predefined == predefined_form::address) return static_cast<T>(found);
  if constexpr (std::is_same_v<T, void*>)
    if (predefined == predefined_form::address) return found;
  if (predefined != predefined_form::none)
    wrong_attribute(predefined == predefined_form::address ? "void*" : "int", type_name<T>(),
                    "this predefined attribute is of type {}, it cannot be had as {}");
  if (!state.callbacks.find<keyval_record>(kind, static_cast<unsigned>(keyval))) {
    if constexpr (std::is_same_v<T, void*>) return found;
    foreign_attribute();
  }
  const auto& value = *static_cast<attribute_value*>(found);
  if (value.type != typeid(T))
    wrong_attribute(value.type_name, type_name<T>(),
                    "the attribute is of type {}, it cannot be had as {}");
  return static_cast<const attribute_of<T>&>(value).value;
}

/// What a value is kept as: a plain type; a literal as a std::string.
template <class U>
using attribute_type = std::conditional_t<std::is_convertible_v<std::decay_t<U>, const char*> &&
                                              std::is_pointer_v<std::decay_t<U>>,
                                          std::string, std::decay_t<U>>;

// MPI's functions for each class that has attributes.
#define MPI4CXX_ATTRIBUTES(name, Name, Raw)                             \
  struct name##_attributes {                                            \
    using raw = Raw;                                                    \
    static constexpr callback_kind kind = callback_kind::name##_keyval; \
    static constexpr const char* prefix = "MPI_" #Name;                 \
    static constexpr auto create_keyval = &MPI_##Name##_create_keyval;  \
    static constexpr auto free_keyval = &MPI_##Name##_free_keyval;      \
    static constexpr auto set_attr = &MPI_##Name##_set_attr;            \
    static constexpr auto get_attr = &MPI_##Name##_get_attr;            \
    static constexpr auto delete_attr = &MPI_##Name##_delete_attr;      \
  };
MPI4CXX_ATTRIBUTES(comm, Comm, MPI_Comm)
MPI4CXX_ATTRIBUTES(type, Type, MPI_Datatype)
MPI4CXX_ATTRIBUTES(win, Win, MPI_Win)
#undef MPI4CXX_ATTRIBUTES

/// The calls on attributes, of every class that has them. A keyval is a key that the process makes
/// once, with what shall happen to its values when an object is duplicated or freed; under it
/// any object of the class keeps one value of any copyable C++ type. All calls are local.
///
///     const int key = MPI::Comm::Create_keyval<Cache>({.copy_fn = true});
///     comm.Set_attr(key, Cache(...));
///     std::optional<Cache> cache = comm.Get_attr<Cache>(key);
template <class Object, class Functions>
class attributes_of {
  using raw_object = typename Functions::raw;

 public:
  /// A new keyval for values of type T, or, without T, of any type. `copy_fn`: whether duplicates
  /// of an object get a copy of the value (true, false), or a callable (const Object&, int keyval,
  /// const T&) that gives the value for the duplicate, or std::nullopt for none. `delete_fn`: a
  /// callable with the same arguments, called before a value ends: when it is replaced or deleted,
  /// when its object is freed, and for COMM_WORLD and COMM_SELF in Finalize. What they throw, the
  /// call throws in which they ran; then nothing was copied or deleted. Source:
  /// MPI_Comm_create_keyval, MPI_Type_create_keyval, MPI_Win_create_keyval.
  template <class T = void>
  static int Create_keyval(keyval_arguments<Object, T> pack) {
    if constexpr (std::is_void_v<T>)
      return create(new keyval_of_any(pack.copy_fn));
    else
      return create(new keyval_of<Object, Functions, T>(std::move(pack)));
  }
  template <class T>
  static int Create_keyval(attribute_copy<Object, T> copy_fn = false,
                           attribute_delete<Object, T> delete_fn = nullptr) {
    return Create_keyval<T>({std::move(copy_fn), std::move(delete_fn)});
  }
  static int Create_keyval(std::same_as<bool> auto copy_fn) {
    return create(new keyval_of_any(copy_fn));
  }
  static int Create_keyval() { return Create_keyval(false); }
  /// Frees the keyval; values that are kept under it stay until their objects end, as do its
  /// callables. Returns KEYVAL_INVALID. Source: MPI_Comm_free_keyval, MPI_Type_free_keyval,
  /// MPI_Win_free_keyval.
  static int Free_keyval(integer keyval) {
    process_state& state = running();
    int freed = keyval;
    check_call(Functions::free_keyval(&freed), "_free_keyval");
    state.callbacks.remove(Functions::kind, static_cast<unsigned>(int{keyval}));
    return freed;
  }

  /// Keeps a copy of the value (a literal as a std::string), in place of one kept before. Throws
  /// TypeMismatch where the keyval is for another type. Under a keyval that was made past this
  /// library only an address is kept, a void*. Source: MPI_Comm_set_attr, MPI_Type_set_attr,
  /// MPI_Win_set_attr.
  template <class U>
  void Set_attr(integer keyval, U&& attrval) const {
    using T = attribute_type<U>;
    static_assert(std::is_copy_constructible_v<T>,
                  "mpi4cxx: the value of an attribute is copied; keep a std::shared_ptr to it");
    process_state& state = running();
    auto record = state.callbacks.template find<keyval_record>(Functions::kind,
                                                               static_cast<unsigned>(int{keyval}));
    if (!record) {
      if constexpr (std::is_same_v<T, void*>)
        return check_call(Functions::set_attr(object_handle(), keyval, attrval), "_set_attr");
      else
        foreign_attribute();
    } else {
      if (record->type && *record->type != typeid(T))
        wrong_attribute(record->type_name, type_name<T>(),
                        "the keyval is for attributes of type {}, not {}");
      std::unique_ptr<attribute_value> made =
          std::make_unique<attribute_of<T>>(std::move(record), std::forward<U>(attrval));
      check_call(Functions::set_attr(object_handle(), keyval, made.get()), "_set_attr");
      made.release();
    }
  }
  /// A copy of the value, or std::nullopt where none is kept. Throws TypeMismatch where it is of
  /// another type. Attributes that MPI sets (TAG_UB, UNIVERSE_SIZE, WIN_SIZE, ...) are numbers of
  /// any type asked for; WIN_BASE is a pointer. Source: MPI_Comm_get_attr, MPI_Type_get_attr,
  /// MPI_Win_get_attr.
  template <class T = int>
  std::optional<T> Get_attr(integer keyval) const {
    process_state& state = running();
    void* found = nullptr;
    int flag = 0;
    check_call(Functions::get_attr(object_handle(), keyval, static_cast<void*>(&found), &flag),
               "_get_attr");
    if (!flag) return std::nullopt;
    return attribute_as<T>(state, Functions::kind, keyval, found);
  }
  /// Deletes the value; its delete_fn is called first. Source: MPI_Comm_delete_attr,
  /// MPI_Type_delete_attr, MPI_Win_delete_attr.
  void Delete_attr(integer keyval) const {
    running();
    check_call(Functions::delete_attr(object_handle(), keyval), "_delete_attr");
  }

 private:
  raw_object object_handle() const { return static_cast<const Object&>(*this).native(); }
  static void check_call(int code, const char* suffix) {
    if (code != MPI_SUCCESS) [[unlikely]]
      raise_from_mpi(code, (std::string(Functions::prefix) + suffix).c_str());
  }

  static int create(keyval_record* made) {
    const auto record = reference_to<keyval_record>(made);
    process_state& state = running();
    int keyval = MPI_KEYVAL_INVALID;
    check_call(Functions::create_keyval(copied, deleted, &keyval, made), "_create_keyval");
    state.callbacks.put(Functions::kind, static_cast<unsigned>(keyval),
                        reference_to<counted>::sharing(made));
    return keyval;
  }
  static int copied(raw_object object, int keyval, void* record, void* value, void* out,
                    int* flag) {
    *flag = 0;
    return within_mpi([&] {
      auto made = static_cast<keyval_record*>(record)->copy(key_of(object), keyval,
                                                            *static_cast<attribute_value*>(value));
      if (!made) return;
      *static_cast<void**>(out) = made.release();
      *flag = 1;
    });
  }
  static int deleted(raw_object object, int keyval, void* value, void* record) {
    auto* const deleted = static_cast<attribute_value*>(value);
    const int code = within_mpi([&] {
      static_cast<keyval_record*>(record)->deleted(key_of(object), keyval, *deleted);
      delete deleted;
    });
    if (code != MPI_SUCCESS) {
      remains_of_callbacks.refused = deleted;
      remains_of_callbacks.end_refused = [](void* refused) {
        delete static_cast<attribute_value*>(refused);
      };
    }
    return code;
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
