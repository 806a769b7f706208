// SPDX-License-Identifier: MIT
// A stream of bytes and its parts → a C++ object. Every count is checked against what is there
// before anything is allocated: damaged bytes are an error.
#pragma once

#include <mpi4cxx/object/writer.hpp>
#include <mpi4cxx/runtime/state.hpp>

#include <span>
#include <vector>

namespace cereal::memory_detail {
template <class T>
struct PtrWrapper;
}

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

[[noreturn]] [[gnu::cold]] inline void damaged(const char* what) {
  raise(MPI_ERR_OTHER, formatted("a damaged or foreign object message: {}", {what}));
}

/// The parts of an object, in their order. Where they are, in memory or on the channel, the derived
/// class knows.
class part_source {
 public:
  /// `total`: the sum of the sizes.
  part_source(std::span<const std::byte> sizes, std::size_t total) : sizes_(sizes), left_(total) {}

  /// How many there still are, and how many bytes these have.
  std::size_t count() const noexcept { return sizes_.size() / sizeof(std::uint64_t); }
  std::size_t left() const noexcept { return left_; }

  std::size_t next_size() const {
    std::uint64_t size = 0;
    if (sizes_.size() < sizeof size) damaged("it has fewer parts than what it says it holds");
    std::memcpy(&size, sizes_.data(), sizeof size);
    return static_cast<std::size_t>(size);
  }
  /// Puts the next part, of `size` bytes, in its place; it is there on return.
  void receive(void* destination, std::size_t size) {
    if (next_size() != size) damaged("a part is not as long as what it holds");
    sizes_ = sizes_.subspan(sizeof(std::uint64_t));
    left_ -= size;
    take(destination, size);
  }
  void expect_end() const {
    if (!sizes_.empty()) damaged("it has more parts than what it holds");
  }

 protected:
  ~part_source() = default;
  virtual void take(void* destination, std::size_t size) = 0;

 private:
  std::span<const std::byte> sizes_;
  std::size_t left_;
};

class reader;

template <class Void>
class basic_reading_archive
    : public cereal::InputArchive<basic_reading_archive<Void>, cereal::AllowEmptyClassElision> {
  using base = cereal::InputArchive<basic_reading_archive, cereal::AllowEmptyClassElision>;

 public:
  explicit basic_reading_archive(reader& source) : base(this), reader_(source) {}

  template <class... T>
  basic_reading_archive& operator()(T&&... values) {
    (item(values), ...);
    return *this;
  }
  template <class T>
  basic_reading_archive& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  basic_reading_archive& operator>>(T&& value) {
    return (*this)(value);
  }

  template <class T>
  void by_cereal(T& value) {
    base::operator()(value);
  }

 private:
  template <class T>
  void item(T& value);
  reader& reader_;
};

class reader {
 public:
  reader(std::span<const std::byte> stream, part_source& parts, std::size_t part_size)
      : cursor_(stream.data()),
        end_(stream.data() + stream.size()),
        parts_(parts),
        part_size_(part_size) {}

  template <class T>
  void read(T& value) {
    require_sendable<T>();
    constexpr kind k = kind_v<T>;
    if constexpr (k == kind::raw) {
      block(const_cast<std::remove_const_t<T>*>(&value), sizeof(T));
      validate(&value, 1);
    } else if constexpr (k == kind::array) {
      for (auto& element : value) read(element);
    } else if constexpr (k == kind::sequence) {
      using element = typename T::value_type;
      require_default_constructible<element>();
      const std::size_t size = count_of<element>();
      if constexpr (is_raw<element>) {
        expect_block(size * sizeof(element));
        value.resize(size);
        block(std::data(value), size * sizeof(element));
        validate(std::data(value), size);
      } else {
        value.resize(size);
        for (auto& each : value) read_element(each);
      }
    } else if constexpr (k == kind::bits) {
      const std::size_t size = count_of<bool>();
      value.resize(size);
      for (std::size_t i = 0; i < size; ++i) value[i] = read_as<bool>();
    } else if constexpr (k == kind::list) {
      require_default_constructible<typename T::value_type>();
      value.resize(count_of<typename T::value_type>());
      for (auto& each : value) read_element(each);
    } else if constexpr (k == kind::set) {
      value.clear();
      for (std::size_t left = count_of<typename T::key_type>(); left != 0; --left)
        value.emplace_hint(
            value.end(),
            next_element<typename T::key_type>().template read_as<typename T::key_type>());
    } else if constexpr (k == kind::map) {
      value.clear();
      for (std::size_t left = count_of<typename T::value_type>(); left != 0; --left) {
        auto key = next_element<typename T::value_type>().template read_as<typename T::key_type>();
        // the value is read where it stays: it may be large
        const auto place =
            value.emplace_hint(value.end(), std::piecewise_construct,
                               std::forward_as_tuple(std::move(key)), std::forward_as_tuple());
        read(place->second);
      }
    } else if constexpr (k == kind::adaptor)
      read(container_of(value));
    else if constexpr (k == kind::bitset) {
      for (std::size_t i = 0; i < value.size(); ++i) value.set(i, read_as<bool>());
    } else if constexpr (k == kind::valarray) {
      using element = typename T::value_type;
      const std::size_t size = count_of<element>();
      if constexpr (is_raw<element>) expect_block(size * sizeof(element));
      value.resize(size);
      if constexpr (is_raw<element>) {
        if (size == 0) return;
        block(&value[0], size * sizeof(element));
        validate(&value[0], size);
      } else {
        for (auto& each : value) read_element(each);
      }
    } else if constexpr (k == kind::optional) {
      if (!read_as<bool>()) return value.reset();
      if (!value.has_value()) value.emplace();
      read(*value);
    } else if constexpr (k == kind::variant) {
      alternative(value, read_as<std::uint32_t>(),
                  alternative_indices(typename alternatives<T>::type{}));
    } else if constexpr (k == kind::tuple) {
      std::apply([&](auto&... element) { (read(element), ...); }, value);
    } else if constexpr (k == kind::unique_pointer || k == kind::shared_pointer ||
                         k == kind::weak_pointer) {
      pointer<k>(value);
    } else if constexpr (k == kind::duration)
      value = T(read_as<typename T::rep>());
    else if constexpr (k == kind::time_point)
      value = T(read_as<typename T::duration>());
    else if constexpr (k == kind::object)
      object(value);
    else if constexpr (k == kind::cereal) {
      expect_stack();
      by_functions(value);
    } else if constexpr (k == kind::aggregate) {
      expect_stack();
      for_each_member(value, [&](auto& member) { read(member); });
    }
  }

  template <class T>
  T read_as() {
    static_assert(
        std::is_default_constructible_v<T>,
        "mpi4cxx: an object that is received is made first and filled then: give the class "
        "a default constructor (it may be private with cereal::access as a friend of a "
        "wrapper), or receive it into an existing one with recv_into, or send a "
        "std::unique_ptr to an aggregate holding its data");
    T value{};
    read(value);
    return value;
  }

  /// A contiguous piece, from the stream or from the next part, as the writer decided by its size.
  void block(void* destination, std::size_t size) {
    if (size < part_size_) {
      if (size > left()) damaged("it is shorter than what it says it holds");
      if (size != 0) std::memcpy(destination, cursor_, size);
      cursor_ += size;
      return;
    }
    parts_.receive(destination, size);
  }

  std::size_t count() {
    std::uint64_t value = 0;
    if (sizeof value > left()) damaged("it ends inside a count");
    std::memcpy(&value, cursor_, sizeof value);
    cursor_ += sizeof value;
    return static_cast<std::size_t>(value);
  }

  /// A count of elements; memory for them may be taken, since they can all be there: in the bytes
  /// that are left, and that no element counted before has a claim to. So containers within
  /// containers, however deep, take no more memory together than the bytes that came can fill.
  template <class Element>
  std::size_t count_of() {
    const std::size_t size =
        count_of(claim_of<Element>, least_size<Element>() == 0, sizeof(Element));
    if constexpr (!is_raw<Element>) claimed_ += size * claim_of<Element>;
    return size;
  }
  /// A count of what a user's functions read next.
  std::size_t count_of_unknown() { return count_of(1, true, 1); }

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - cursor_); }
  void expect_end() const {
    if (left() != 0) damaged("it is longer than what it says it holds");
    parts_.expect_end();
  }

  /// A class with cereal functions. What minimal functions take may be anything we can read.
  template <class T>
  void by_functions(T& value) {
    using traits_of_saving = cereal::traits::has_member_save_minimal<T, writing_archive>;
    if constexpr (traits_of_saving::value) {
      using minimal = decltype(cereal::access::member_save_minimal(std::declval<writing_archive&>(),
                                                                   std::declval<const T&>()));
      cereal::access::member_load_minimal(archive<T>(), value,
                                          read_as<std::remove_cvref_t<minimal>>());
    } else if constexpr (cereal::traits::has_non_member_save_minimal<T, writing_archive>::value) {
      using minimal = decltype(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(std::declval<writing_archive&>(),
                                                                 std::declval<const T&>()));
      CEREAL_LOAD_MINIMAL_FUNCTION_NAME(archive<T>(), value,
                                        read_as<std::remove_cvref_t<minimal>>());
    } else {
      archive<T>().by_cereal(value);
    }
  }

  /// A bool that is neither true nor false would be undefined behaviour later on: none is left.
  template <class T>
  static void validate(const T* values, std::size_t size) {
    if constexpr (holds_bool<T>())
      if (!repair_bools(values, size)) damaged("a bool that is neither true nor false");
  }

  /// For a T that has cereal functions.
  template <class T>
  reading_archive& archive() {
    return archive_.get<reading_archive>(*this);
  }

 private:
  /// What an element takes at least. Classes with cereal functions of their own may take no bytes
  /// at all, which is rare.
  template <class Element>
  static constexpr std::size_t claim_of = least_size<Element>() != 0 ? least_size<Element>() : 1;

  std::size_t count_of(std::size_t claim, bool may_be_nothing, std::size_t memory) {
    const std::size_t size = count();
    const std::size_t there = left() + parts_.left();
    if (claimed_ > there || size > (there - claimed_) / claim) [[unlikely]]
      expect_room(size, may_be_nothing || size <= there / claim, memory);
    return size;
  }
  /// Elements that take no bytes may be many, and may have claimed the bytes of those behind them.
  /// A damaged count might promise any number: they get a fixed amount of memory.
  [[gnu::cold]] void expect_room(std::size_t size, bool possible, std::size_t memory) {
    const std::size_t most = std::size_t{1} << 28;
    const std::size_t room = running().max_object < most ? running().max_object : most;
    if (!possible || room < for_nothing_ || size > (room - for_nothing_) / memory)
      damaged("a count that does not fit the bytes that came");
    for_nothing_ += size * memory;
  }
  /// The next element that was counted is read: what it claimed is its own.
  template <class Element>
  reader& next_element() {
    if constexpr (!is_raw<Element>) claimed_ -= claim_of<Element>;
    return *this;
  }
  template <class Element>
  void read_element(Element& element) {
    next_element<Element>().read(element);
  }

  /// Before memory for a block is taken: that many bytes must be there.
  void expect_block(std::size_t size) const {
    if (size < part_size_ ? size > left() : parts_.next_size() != size)
      damaged("a count that does not fit the bytes that came");
  }

  /// Objects within objects, without end, must not overflow the stack.
  void expect_stack() const { require_stack(stack_); }

  template <class Element>
  static constexpr void require_default_constructible() {
    static_assert(std::is_default_constructible_v<Element>,
                  "mpi4cxx: elements that are received are made first and filled then: give their "
                  "class a default constructor");
  }

  /// False where one was no bool: it is false now.
  template <class T>
  static bool repair_bools(const T* values, std::size_t size) {
    bool good = true;
    if constexpr (std::is_same_v<T, bool>) {
      auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<bool*>(values));
      for (std::size_t i = 0; i < size; ++i) {
        if (bytes[i] <= 1) [[likely]]
          continue;
        bytes[i] = 0;
        good = false;
      }
    } else if constexpr (holds_bool<T>()) {
      for (std::size_t i = 0; i < size; ++i) {
        if constexpr (std::is_array_v<T> || is_std_array<T>)
          good = repair_bools(std::data(values[i]), std::size(values[i])) && good;
        else  // a bit-field comes as a copy, which is as good: one bit is no bad bool
          for_each_member(values[i],
                          [&](const auto& member) { good = repair_bools(&member, 1) && good; });
      }
    }
    return good;
  }

  template <class Adaptor>
  static typename Adaptor::container_type& container_of(Adaptor& adaptor) {
    struct opened : Adaptor {
      static typename Adaptor::container_type& get(Adaptor& a) { return a.*&opened::c; }
    };
    return opened::get(adaptor);
  }

  template <class... T>
  static std::index_sequence_for<T...> alternative_indices(type_list<T...>) {
    return {};
  }
  template <class Variant, std::size_t... i>
  void alternative(Variant& value, std::uint32_t index, std::index_sequence<i...>) {
    if (index >= sizeof...(i)) damaged("a variant with an alternative that it does not have");
    (void)((i == index ? (read(value.template emplace<i>()), true) : false) || ...);
  }

  template <kind k, class Pointer>
  void pointer(Pointer& value) {
    using element = std::remove_cv_t<typename Pointer::element_type>;
    if constexpr (std::is_polymorphic_v<element>)
      archive<element>().by_cereal(value);
    else if constexpr (k == kind::unique_pointer) {
      if (!read_as<bool>()) return value.reset();
      expect_stack();
      if (!value) value.reset(new element());
      read(const_cast<element&>(*value));
    } else if constexpr (k == kind::weak_pointer) {
      std::shared_ptr<typename Pointer::element_type> strong;
      pointer<kind::shared_pointer>(strong);
      value = strong;
    } else {
      const bool is_new = expect_shared<element>();
      const auto number = read_as<std::uint32_t>();
      if (is_new) {
        expect_stack();
        auto made = std::make_shared<element>();
        archive<element>().registerSharedPointer(number, made);
        value = made;
        read(*made);
      } else {
        value =
            number == 0
                ? Pointer()
                : std::static_pointer_cast<element>(archive<element>().getSharedPointer(number));
      }
    }
  }

 public:
  /// The number of a shared object comes next. True when the object follows it; else one that came
  /// before is meant, which must have been of this type.
  template <class Element>
  bool expect_shared() {
    std::uint32_t number = 0;
    if (sizeof number > left()) damaged("it ends inside a number");
    std::memcpy(&number, cursor_, sizeof number);
    const bool is_new = (number & cereal::detail::msb_32bit) != 0;
    const std::size_t index = number & ~cereal::detail::msb_32bit;
    const void* const type = &type_mark<Element>;
    if (is_new) {
      if (index != shared_types_.size() + 1) damaged("shared objects that are not in order");
      shared_types_.push_back(type);
    } else if (index != 0 && (index > shared_types_.size() || shared_types_[index - 1] != type)) {
      damaged("a shared pointer to no object, or to one of another type");
    }
    return is_new;
  }

 private:
  template <class Element>
  static constexpr char type_mark = 0;

  template <class T>
  void object(T& value);

  const std::byte* cursor_;
  const std::byte* end_;
  part_source& parts_;
  std::size_t part_size_;
  std::size_t claimed_ = 0;      // bytes that elements counted, but not yet read, take at least
  std::size_t for_nothing_ = 0;  // memory taken for elements that may have no bytes
  const stack_mark stack_;
  std::vector<const void*> shared_types_;  // of the shared objects met, in order
  made_archive archive_;
};

template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_LOAD_FUNCTION_NAME(reading_archive& archive, T& value) {
  archive(value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(reading_archive& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

/// cereal's wrapper of a shared pointer to a polymorphic object.
template <class T>
struct shared_wrapper {
  using pointee = void;
};
template <class T>
struct shared_wrapper<cereal::memory_detail::PtrWrapper<std::shared_ptr<T>&>> {
  using pointee = std::remove_cv_t<T>;
};
template <class T>
using pointee_t = typename shared_wrapper<std::remove_cv_t<T>>::pointee;
template <class T>
inline constexpr bool is_shared_wrapper = !std::is_void_v<pointee_t<T>>;

template <class Void>
template <class T>
void basic_reading_archive<Void>::item(T& value) {
  if constexpr (is_name_value_pair<T>)
    item(value.value);
  else if constexpr (is_size_tag<T>)
    value.size =
        static_cast<std::remove_reference_t<decltype(value.size)>>(reader_.count_of_unknown());
  else if constexpr (is_binary_data<T>)
    reader_.block(value.data, static_cast<std::size_t>(value.size));
  else if constexpr (is_base_class<T>)
    item(*value.base_ptr);
  else if constexpr (is_of_cereal<T>) {
    if constexpr (is_shared_wrapper<T>) reader_.template expect_shared<pointee_t<T>>();
    by_cereal(value);
  } else
    reader_.read(value);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail

CEREAL_REGISTER_ARCHIVE(mpi4cxx::MPI::detail::writing_archive)
CEREAL_REGISTER_ARCHIVE(mpi4cxx::MPI::detail::reading_archive)
CEREAL_SETUP_ARCHIVE_TRAITS(mpi4cxx::MPI::detail::reading_archive,
                            mpi4cxx::MPI::detail::writing_archive)
