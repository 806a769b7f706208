// SPDX-License-Identifier: MIT
// A C++ object → a stream of bytes and a list of parts. A part is a large contiguous piece that
// stays where it is.
#pragma once

#include <mpi4cxx/object/bytes.hpp>
#include <mpi4cxx/object/kind.hpp>
#include <mpi4cxx/runtime/error.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// A piece of memory that travels as a message of its own.
struct part {
  const std::byte* data;
  std::size_t size;
};
using part_list = kept_list<part>;

/// Where the stack was when an object was begun.
struct stack_mark {
  const char* place = static_cast<const char*>(__builtin_frame_address(0));
};
/// Objects within objects use the stack, of which a thread has 8 MiB: beyond half of that an
/// exception is better than the end of the process.
inline void require_stack(const stack_mark& mark) {
  constexpr std::ptrdiff_t most = std::ptrdiff_t{4} << 20;
  if (mark.place - static_cast<const char*>(__builtin_frame_address(0)) > most) [[unlikely]]
    raise(MPI_ERR_OTHER,
          "the object is nested too deeply to be sent or received: hold its pieces in a "
          "std::vector, with indices in place of pointers");
}

class writer;

/// An archive that is made at its first use: only classes with cereal functions need its tables.
class made_archive {
 public:
  made_archive() = default;
  made_archive(const made_archive&) = delete;
  made_archive& operator=(const made_archive&) = delete;
  ~made_archive() {
    if (archive_) destroy_(archive_);
  }

  template <class Archive, class Owner>
  Archive& get(Owner& owner) {
    if (!archive_) {
      archive_ = new Archive(owner);
      destroy_ = [](void* archive) { delete static_cast<Archive*>(archive); };
    }
    return *static_cast<Archive*>(archive_);
  }

 private:
  void* archive_ = nullptr;
  void (*destroy_)(void*) = nullptr;
};

/// What a user's cereal functions see as their archive.
template <class Void>
class basic_writing_archive
    : public cereal::OutputArchive<basic_writing_archive<Void>, cereal::AllowEmptyClassElision> {
  using base = cereal::OutputArchive<basic_writing_archive, cereal::AllowEmptyClassElision>;

 public:
  explicit basic_writing_archive(writer& target) : base(this), writer_(target) {}

  template <class... T>
  basic_writing_archive& operator()(T&&... values) {
    (item<!std::is_lvalue_reference_v<T>>(values), ...);
    return *this;
  }
  template <class T>
  basic_writing_archive& operator&(T&& value) {
    return (*this)(value);
  }
  template <class T>
  basic_writing_archive& operator<<(T&& value) {
    return (*this)(value);
  }

  /// By cereal itself: a class with cereal functions, or a type of cereal's own.
  template <class T>
  void by_cereal(const T& value) {
    base::operator()(value);
  }

 private:
  /// `temporary`: the value ends before it is sent.
  template <bool temporary, class T>
  void item(const T& value);
  writer& writer_;
};

class writer {
 public:
  /// Writes to the end of `stream`; contiguous pieces of at least `part_size` bytes become parts.
  writer(byte_buffer& stream, std::size_t part_size) : stream_(stream), part_size_(part_size) {}

  template <class T>
  void write(const T& value) {
    require_sendable<T>();
    constexpr kind k = kind_v<T>;
    if constexpr (k == kind::raw)
      block(&value, sizeof(T));
    else if constexpr (k == kind::array)
      each(value);
    else if constexpr (k == kind::sequence) {
      count(std::size(value));
      if constexpr (is_raw<typename T::value_type>)
        block(std::data(value), std::size(value) * sizeof(typename T::value_type));
      else
        each(value);
    } else if constexpr (k == kind::bits) {
      count(value.size());
      for (const bool bit : value) write(bit);
    } else if constexpr (k == kind::list || k == kind::set) {
      count(static_cast<std::size_t>(std::ranges::distance(value)));
      each(value);
    } else if constexpr (k == kind::map) {
      count(value.size());
      for (const auto& [key, mapped] : value) {
        write(key);
        write(mapped);
      }
    } else if constexpr (k == kind::adaptor)
      write(container_of(value));
    else if constexpr (k == kind::bitset) {
      for (std::size_t i = 0; i < value.size(); ++i) write(value.test(i));
    } else if constexpr (k == kind::valarray) {
      count(value.size());
      if (value.size() != 0) elements(&value[0], value.size());
    } else if constexpr (k == kind::optional) {
      write(value.has_value());
      if (value.has_value()) write(*value);
    } else if constexpr (k == kind::variant) {
      if (value.valueless_by_exception())
        raise(MPI_ERR_ARG, "a std::variant that holds no value cannot be sent");
      write(static_cast<std::uint32_t>(value.index()));
      visit([&](const auto& alternative) { write(alternative); }, value);
    } else if constexpr (k == kind::tuple) {
      std::apply([&](const auto&... element) { (write(element), ...); }, value);
    } else if constexpr (k == kind::unique_pointer || k == kind::shared_pointer ||
                         k == kind::weak_pointer) {
      pointer<k>(value);
    } else if constexpr (k == kind::duration)
      write(value.count());
    else if constexpr (k == kind::time_point)
      write(value.time_since_epoch());
    else if constexpr (k == kind::object)
      object(value);
    else if constexpr (k == kind::cereal) {
      require_stack(stack_);
      // What a two-way serialize() hands over are the object's members; what a save() hands over
      // may be a local, which is gone when we send: it is copied.
      const bool outer = copying_;
      copying_ = copying_ || !has_two_way_cereal<T>;
      // what minimal functions return may be anything we can write
      if constexpr (cereal::traits::has_member_save_minimal<T, writing_archive>::value)
        write(cereal::access::member_save_minimal(archive<T>(), value));
      else if constexpr (cereal::traits::has_non_member_save_minimal<T, writing_archive>::value)
        write(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(archive<T>(), value));
      else
        archive<T>().by_cereal(value);
      copying_ = outer;
    } else if constexpr (k == kind::aggregate) {
      require_stack(stack_);
      for_each_member(value, [&](const auto& member) { write(member); });
    }
  }

  /// A value that ends before it is sent: its parts are copied.
  template <class T>
  void write_temporary(const T& value) {
    const bool outer = std::exchange(copying_, true);
    write(value);
    copying_ = outer;
  }

  /// A contiguous piece: into the stream, or a part.
  void block(const void* data, std::size_t size) {
    if (size < part_size_) return stream_.append(data, size);
    if (copying_) {
      auto copy = std::make_unique_for_overwrite<std::byte[]>(size);
      std::memcpy(copy.get(), data, size);
      parts_.push_back({copy.get(), size});
      copies_.push_back(std::move(copy));
    } else {
      parts_.push_back({static_cast<const std::byte*>(data), size});
    }
  }

  void count(std::size_t value) {
    const auto wide = static_cast<std::uint64_t>(value);
    stream_.append(&wide, sizeof wide);
  }

  part_list& parts() noexcept { return parts_; }
  /// The memory of copied parts; it must live as long as they are being sent.
  std::vector<std::unique_ptr<std::byte[]>>& copies() noexcept { return copies_; }

  /// For a T that has cereal functions.
  template <class T>
  writing_archive& archive() {
    return archive_.get<writing_archive>(*this);
  }

 private:
  template <class Range>
  void each(const Range& range) {
    for (const auto& element : range) write(element);
  }
  template <class Element>
  void elements(const Element* first, std::size_t size) {
    if constexpr (is_raw<Element>)
      block(first, size * sizeof(Element));
    else
      for (std::size_t i = 0; i < size; ++i) write(first[i]);
  }
  template <class Adaptor>
  static const typename Adaptor::container_type& container_of(const Adaptor& adaptor) {
    struct opened : Adaptor {
      static const typename Adaptor::container_type& get(const Adaptor& a) { return a.*&opened::c; }
    };
    return opened::get(adaptor);
  }
  template <kind k, class Pointer>
  void pointer(const Pointer& value) {
    using element = std::remove_cv_t<typename Pointer::element_type>;
    if constexpr (std::is_polymorphic_v<element>) {
      const bool outer = std::exchange(copying_, true);
      archive<element>().by_cereal(value);
      copying_ = outer;
    } else if constexpr (k == kind::unique_pointer) {
      write(value != nullptr);
      require_stack(stack_);
      if (value) write(*value);
    } else if constexpr (k == kind::weak_pointer) {
      pointer<kind::shared_pointer>(value.lock());
    } else {
      // the first time an object is met, its number has the highest bit set and its content follows
      const std::uint32_t number = archive<element>().registerSharedPointer(value);
      write(number);
      require_stack(stack_);
      if (number & cereal::detail::msb_32bit) write(*value);
    }
  }
  template <class T>
  void object(const T& value);

  byte_buffer& stream_;
  std::size_t part_size_;
  const stack_mark stack_;
  bool copying_ = false;
  part_list parts_;
  std::vector<std::unique_ptr<std::byte[]>> copies_;
  made_archive archive_;
};

// What cereal itself hands to an archive: class versions, in pairs of name and value.
template <class T>
requires std::is_arithmetic_v<T>
void CEREAL_SAVE_FUNCTION_NAME(writing_archive& archive, const T& value) {
  archive(value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(writing_archive& archive, const cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}

template <class T>
inline constexpr bool is_name_value_pair = false;
template <class T>
inline constexpr bool is_name_value_pair<cereal::NameValuePair<T>> = true;
template <class T>
inline constexpr bool is_size_tag = false;
template <class T>
inline constexpr bool is_size_tag<cereal::SizeTag<T>> = true;
template <class T>
inline constexpr bool is_binary_data = false;
template <class T>
inline constexpr bool is_binary_data<cereal::BinaryData<T>> = true;
template <class T>
inline constexpr bool is_base_class = false;
template <class T>
inline constexpr bool is_base_class<cereal::base_class<T>> = true;
/// Wrappers of cereal that cereal itself unwraps.
template <class T>
inline constexpr bool is_of_cereal = type_name<T>().starts_with("cereal::");

/// Whether a pair of name and value holds its value, rather than refers to it.
template <class T>
inline constexpr bool holds_value = false;
template <class T>
inline constexpr bool holds_value<cereal::NameValuePair<T>> = !std::is_reference_v<T>;

template <class Void>
template <bool temporary, class T>
void basic_writing_archive<Void>::item(const T& value) {
  if constexpr (is_name_value_pair<T>)
    item<holds_value<T>>(value.value);
  else if constexpr (is_size_tag<T>)
    writer_.count(static_cast<std::size_t>(value.size));
  else if constexpr (is_binary_data<T>)
    writer_.block(value.data, static_cast<std::size_t>(value.size));
  else if constexpr (is_base_class<T>)
    item<false>(*value.base_ptr);
  else if constexpr (is_of_cereal<T>)
    by_cereal(value);
  else if constexpr (temporary)
    writer_.write_temporary(value);
  else
    writer_.write(value);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
