// SPDX-License-Identifier: MIT
// MPI::Info: hints as keys and values.
#pragma once

#include <mpi4cxx/handle/handle.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// Hints as keys and values. Copies refer to the same object; the last one frees it. All calls are
/// local.
class Info {
  using handle = detail::shared_handle<MPI_Info, MPI_Info_free>;

 public:
  /// INFO_NULL.
  Info() : handle_(MPI_INFO_NULL) {}
  constexpr Info(detail::raw_handle_t, MPI_Info raw) : handle_(raw) {}
  static Info adopt(MPI_Info raw) { return Info(handle::owning(raw)); }
  /// A new one with these items. Source: MPI_Info_create.
  static Info Create(std::initializer_list<std::pair<std::string, std::string>> items = {}) {
    MPI_Info made = MPI_INFO_NULL;
    detail::running();
    detail::check(MPI_Info_create(&made), "MPI_Info_create");
    Info info = adopt(made);
    for (const auto& [key, value] : items) info.Set(key, value);
    return info;
  }

  MPI_Info native() const noexcept { return handle_.get(); }
  bool operator==(const Info& other) const noexcept { return native() == other.native(); }
  explicit operator bool() const noexcept { return native() != MPI_INFO_NULL; }

  /// Source: MPI_Info_set.
  void Set(const std::string& key, const std::string& value) {
    detail::running();
    detail::check(MPI_Info_set(native(), key.c_str(), value.c_str()), "MPI_Info_set");
  }
  /// The value, or nullopt where there is none. Source: MPI_Info_get_valuelen, MPI_Info_get.
  std::optional<std::string> Get(const std::string& key) const {
    detail::running();
    int length = 0, found = 0;
    detail::check(MPI_Info_get_valuelen(native(), key.c_str(), &length, &found),
                  "MPI_Info_get_valuelen");
    if (!found) return std::nullopt;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    detail::check(MPI_Info_get(native(), key.c_str(), length, value.data(), &found),
                  "MPI_Info_get");
    value.resize(static_cast<std::size_t>(length));
    return value;
  }
  /// Source: MPI_Info_delete.
  void Delete(const std::string& key) {
    detail::running();
    detail::check(MPI_Info_delete(native(), key.c_str()), "MPI_Info_delete");
  }
  /// Source: MPI_Info_get_nkeys.
  int Get_nkeys() const {
    detail::running();
    int count = 0;
    detail::check(MPI_Info_get_nkeys(native(), &count), "MPI_Info_get_nkeys");
    return count;
  }
  /// Source: MPI_Info_get_nthkey.
  std::string Get_nthkey(int n) const {
    detail::running();
    char key[MPI_MAX_INFO_KEY + 1];
    detail::check(MPI_Info_get_nthkey(native(), n, key), "MPI_Info_get_nthkey");
    return key;
  }
  /// A copy that is its own. Source: MPI_Info_dup.
  Info Dup() const {
    MPI_Info made = MPI_INFO_NULL;
    detail::running();
    detail::check(MPI_Info_dup(native(), &made), "MPI_Info_dup");
    return adopt(made);
  }
  /// Frees it now, for all copies. Source: MPI_Info_free.
  void Free() { handle_.free("MPI_Info_free"); }

 private:
  explicit Info(handle owned) : handle_(std::move(owned)) {}
  handle handle_;
};

MPI4CXX_PREDEFINED Info INFO_NULL{detail::raw_handle, static_cast<MPI_Info>(MPI_INFO_NULL)};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
