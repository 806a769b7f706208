// SPDX-License-Identifier: MIT
// A stream of bytes and its parts → a C++ object. Every count is checked against what is there
// before anything is allocated: damaged bytes are an error.
#pragma once

#include <mpi4cxx/object/writer.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

[[noreturn]] [[gnu::cold]] inline void damaged(const char* what) {
  raise(MPI_ERR_OTHER, std::string("a damaged or foreign object message: ") + what);
}

/// Where parts come from: memory, or the channel.
class part_source {
 public:
  virtual ~part_source() = default;
  /// The size of the next part.
  virtual std::size_t next_size() = 0;
  /// Puts the next part, of `size` bytes, in its place; it is there on return.
  virtual void receive(void* destination, std::size_t size) = 0;
};

class reader;

class reading_archive
    : public cereal::InputArchive<reading_archive, cereal::AllowEmptyClassElision> {
  using base = cereal::InputArchive<reading_archive, cereal::AllowEmptyClassElision>;

 public:
  explicit reading_archive(reader& source) : base(this), reader_(source) {}

  template <class... T>
  reading_archive& operator()(T&&... values) {
    (item(values), ...);
    return *this;
  }
  template <class T>
  reading_archive& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  reading_archive& operator>>(T&& value) {
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
  reader(const std::byte* data, std::size_t size, part_source* parts, std::size_t part_size)
      : cursor_(data), end_(data + size), parts_(parts), part_size_(part_size) {}

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
      const std::size_t size = count();
      if constexpr (is_raw<element>) {
        expect_block(size, sizeof(element));
        value.resize(size);
        block(std::data(value), size * sizeof(element));
        validate(std::data(value), size);
      } else {
        resize(value, size);
        for (auto& each : value) read(each);
      }
    } else if constexpr (k == kind::bits) {
      const std::size_t size = expect_elements(count());
      value.resize(size);
      for (std::size_t i = 0; i < size; ++i) value[i] = read_as<bool>();
    } else if constexpr (k == kind::list) {
      resize(value, count());
      for (auto& each : value) read(each);
    } else if constexpr (k == kind::set) {
      value.clear();
      for (std::size_t left = count(); left != 0; --left)
        value.emplace_hint(value.end(), read_as<typename T::key_type>());
    } else if constexpr (k == kind::map) {
      value.clear();
      for (std::size_t left = count(); left != 0; --left) {
        auto key = read_as<typename T::key_type>();
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
      const std::size_t size = count();
      if constexpr (is_raw<element>) expect_block(size, sizeof(element));
      value.resize(size);
      if constexpr (is_raw<element>) {
        if (size != 0) block(&value[0], size * sizeof(element));
      } else {
        for (auto& each : value) read(each);
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
    else if constexpr (k == kind::cereal)
      by_functions(value);
    else if constexpr (k == kind::aggregate)
      for_each_member(value, [&](auto& member) { read(member); });
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
    if (!parts_) damaged("it has fewer parts than what it says it holds");
    parts_->receive(destination, size);
  }

  std::size_t count() {
    std::uint64_t value = 0;
    if (sizeof value > left()) damaged("it ends inside a count");
    std::memcpy(&value, cursor_, sizeof value);
    cursor_ += sizeof value;
    return static_cast<std::size_t>(value);
  }

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - cursor_); }
  void expect_end() const {
    if (left() != 0) damaged("it is longer than what it says it holds");
  }

  /// A class with cereal functions. What minimal functions take may be anything we can read.
  template <class T>
  void by_functions(T& value) {
    using traits_of_saving = cereal::traits::has_member_save_minimal<T, writing_archive>;
    if constexpr (traits_of_saving::value) {
      using minimal = decltype(cereal::access::member_save_minimal(std::declval<writing_archive&>(),
                                                                   std::declval<const T&>()));
      cereal::access::member_load_minimal(archive(), value,
                                          read_as<std::remove_cvref_t<minimal>>());
    } else if constexpr (cereal::traits::has_non_member_save_minimal<T, writing_archive>::value) {
      using minimal = decltype(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(std::declval<writing_archive&>(),
                                                                 std::declval<const T&>()));
      CEREAL_LOAD_MINIMAL_FUNCTION_NAME(archive(), value, read_as<std::remove_cvref_t<minimal>>());
    } else {
      archive().by_cereal(value);
    }
  }

  /// A bool that is neither true nor false would be undefined behaviour later on.
  template <class T>
  static void validate(const T* values, std::size_t size) {
    if constexpr (std::is_same_v<T, bool>) {
      const auto* const bytes = reinterpret_cast<const unsigned char*>(values);
      for (std::size_t i = 0; i < size; ++i)
        if (bytes[i] > 1) damaged("a bool that is neither true nor false");
    } else if constexpr (holds_bool<T>()) {
      for (std::size_t i = 0; i < size; ++i) {
        if constexpr (std::is_array_v<T> || is_std_array<T>)
          validate(std::data(values[i]), std::size(values[i]));
        else
          for_each_member(values[i], [](const auto& member) { validate(&member, 1); });
      }
    }
  }

  reading_archive& archive() {
    if (!archive_) archive_ = std::make_unique<reading_archive>(*this);
    return *archive_;
  }

 private:
  /// Before memory for `size` elements of a block is taken: that many bytes must be there.
  void expect_block(std::size_t size, std::size_t element) {
    if (size > static_cast<std::size_t>(-1) / element) damaged("a count beyond all memory");
    const std::size_t bytes = size * element;
    if (bytes < part_size_ ? bytes > left() : !parts_ || parts_->next_size() != bytes)
      damaged("a count that does not fit the bytes that came");
  }
  std::size_t expect_elements(std::size_t size) {
    if (size > left()) damaged("a count that does not fit the bytes that came");
    return size;
  }

  /// Resizes without trusting the count: elements that take bytes are made as far as bytes reach.
  template <class Container>
  void resize(Container& container, std::size_t size) {
    using element = typename Container::value_type;
    static_assert(std::is_default_constructible_v<element>,
                  "mpi4cxx: elements that are received are made first and filled then: give their "
                  "class a default constructor");
    // a class with cereal functions, and what is made of these alone, may take no bytes at all
    if constexpr (fixed_size<element>() != 0 && kind_v<element> != kind::cereal &&
                  kind_v<element> != kind::aggregate && kind_v<element> != kind::tuple &&
                  kind_v<element> != kind::array)
      if (size > left() && !parts_) damaged("a count that does not fit the bytes that came");
    container.resize(size);
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
      archive().by_cereal(value);
    else if constexpr (k == kind::unique_pointer) {
      if (!read_as<bool>()) return value.reset();
      if (!value) value.reset(new element());
      read(const_cast<element&>(*value));
    } else if constexpr (k == kind::weak_pointer) {
      std::shared_ptr<typename Pointer::element_type> strong;
      pointer<kind::shared_pointer>(strong);
      value = strong;
    } else {
      const auto number = read_as<std::uint32_t>();
      if (number & cereal::detail::msb_32bit) {
        auto made = std::make_shared<element>();
        archive().registerSharedPointer(number, made);
        value = made;
        read(*made);
      } else {
        value = number == 0 ? Pointer()
                            : std::static_pointer_cast<element>(archive().getSharedPointer(number));
      }
    }
  }
  template <class T>
  void object(T& value);

  const std::byte* cursor_;
  const std::byte* end_;
  part_source* parts_;
  std::size_t part_size_;
  std::unique_ptr<reading_archive> archive_;
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

template <class T>
void reading_archive::item(T& value) {
  if constexpr (is_name_value_pair<T>)
    item(value.value);
  else if constexpr (is_size_tag<T>)
    value.size = static_cast<std::remove_reference_t<decltype(value.size)>>(reader_.count());
  else if constexpr (is_binary_data<T>)
    reader_.block(value.data, static_cast<std::size_t>(value.size));
  else if constexpr (is_base_class<T>)
    item(*value.base_ptr);
  else if constexpr (is_of_cereal<T>)
    by_cereal(value);
  else
    reader_.read(value);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail

CEREAL_REGISTER_ARCHIVE(mpi4cxx::MPI::detail::writing_archive)
CEREAL_REGISTER_ARCHIVE(mpi4cxx::MPI::detail::reading_archive)
CEREAL_SETUP_ARCHIVE_TRAITS(mpi4cxx::MPI::detail::reading_archive,
                            mpi4cxx::MPI::detail::writing_archive)
