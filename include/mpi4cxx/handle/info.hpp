// SPDX-License-Identifier: MIT
// MPI::Info: hints as keys and values.
#pragma once

#include <mpi4cxx/handle/handle.hpp>

#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// Hints as keys and values: a dictionary of strings. Copies refer to the same object; the last one
/// frees it. INFO_NULL reads as empty in the lowercase calls. All calls are local, and those that
/// find a key by its number take a look at all before it.
///
///     MPI::Info hints = MPI::Info::Create({{"cb_nodes", "2"}});
///     for (const auto& [key, value] : hints.items()) ...
class Info {
  using handle = detail::shared_handle<MPI_Info, MPI_Info_free>;

 public:
  /// INFO_NULL.
  Info() : handle_(MPI_INFO_NULL) {}
  constexpr Info(detail::raw_handle_t, MPI_Info raw) : handle_(raw) {}
  static Info adopt(MPI_Info raw) { return Info(handle::owning(raw, "an Info")); }
  /// A new one with these items. Source: MPI_Info_create.
  static Info Create(std::initializer_list<std::pair<std::string, std::string>> items = {},
                     place where = place::here()) {
    const detail::user_call inside(detail::usable(), "Info.Create", where);
    MPI_Info made = MPI_INFO_NULL;
    detail::check(MPI_Info_create(&made), "MPI_Info_create");
    Info info = adopt(made);
    for (const auto& [key, value] : items) info.Set(key, value);
    return info;
  }

  /// A new one with these items: a map of strings, or any range of pairs.
  template <std::ranges::input_range Items>
  static Info Create(const Items& items, place where = place::here()) {
    Info info = Create({}, where);
    info.update(items);
    return info;
  }
  static Info Create(const Info& items, place where = place::here()) { return items.Dup(where); }
  /// What is known of how this program was started, as INFO_ENV; before MPI is initialized, too.
  /// `args`: the command line. Throws Exception (ERR_UNSUPPORTED_OPERATION) before MPI 4. Source:
  /// MPI_Info_create_env.
  static Info Create_env([[maybe_unused]] std::vector<std::string> args = {}) {
#if MPI_VERSION >= 4
    std::vector<char*> arguments;
    for (std::string& each : args) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    MPI_Info made = MPI_INFO_NULL;
    detail::check(MPI_Info_create_env(static_cast<int>(args.size()), arguments.data(), &made),
                  "MPI_Info_create_env");
    return adopt(made);
#else
    detail::needs_mpi_4("an Info of the environment made by MPI_Info_create_env");
#endif
  }

  MPI_Info native() const noexcept {
    return handle_.get();
  }
  bool operator==(const Info& other) const noexcept {
    return native() == other.native();
  }
  explicit operator bool() const noexcept {
    return native() != MPI_INFO_NULL;
  }

  /// Adds an item, or gives another value to its key. Source: MPI_Info_set.
  void Set(const std::string& key, const std::string& value) {
    detail::usable();
    detail::check(MPI_Info_set(native(), key.c_str(), value.c_str()), "MPI_Info_set");
  }
  /// The value, or nullopt where there is none. Source: MPI_Info_get_valuelen, MPI_Info_get.
  std::optional<std::string> Get(const std::string& key) const {
    detail::usable();
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
  /// Takes an item out; throws Exception (ERR_INFO_NOKEY) where there is none. Source:
  /// MPI_Info_delete.
  void Delete(const std::string& key) {
    detail::usable();
    detail::check(MPI_Info_delete(native(), key.c_str()), "MPI_Info_delete");
  }
  /// How many items there are. Source: MPI_Info_get_nkeys.
  int Get_nkeys() const {
    detail::usable();
    int count = 0;
    detail::check(MPI_Info_get_nkeys(native(), &count), "MPI_Info_get_nkeys");
    return count;
  }
  /// The key of the `n`th item, counted from 0, in MPI's order. Source: MPI_Info_get_nthkey.
  std::string Get_nthkey(int n) const {
    detail::usable();
    char key[MPI_MAX_INFO_KEY + 1];
    detail::check(MPI_Info_get_nthkey(native(), n, key), "MPI_Info_get_nthkey");
    return key;
  }
  /// A copy that is its own. Source: MPI_Info_dup.
  Info Dup(place where = place::here()) const {
    const detail::user_call inside(detail::usable(), "Info.Dup", where);
    MPI_Info made = MPI_INFO_NULL;
    detail::check(MPI_Info_dup(native(), &made), "MPI_Info_dup");
    return adopt(made);
  }

  // ---- as a dictionary

  /// The number of keys.
  int size() const {
    return *this ? Get_nkeys() : 0;
  }
  bool empty() const {
    return size() == 0;
  }
  bool contains(const std::string& key) const {
    return get(key).has_value();
  }
  /// The value, or std::nullopt where there is none.
  std::optional<std::string> get(const std::string& key) const {
    return *this ? Get(key) : std::nullopt;
  }
  /// The value, or `default_value` where there is none.
  std::string get(const std::string& key, const std::string& default_value) const {
    return get(key).value_or(default_value);
  }
  /// The value. Throws Exception (ERR_INFO_NOKEY) where there is none.
  std::string operator[](const std::string& key) const {
    return or_no_key(get(key), key);
  }
  /// In MPI's order, which is mostly that in which they were set.
  std::vector<std::string> keys() const {
    std::vector<std::string> found;
    for (int n = 0, count = size(); n < count; ++n) found.push_back(Get_nthkey(n));
    return found;
  }
  std::vector<std::string> values() const {
    std::vector<std::string> found;
    for (auto& [key, value] : items()) found.push_back(std::move(value));
    return found;
  }
  std::vector<std::pair<std::string, std::string>> items() const {
    std::vector<std::pair<std::string, std::string>> found;
    for (auto& key : keys()) {
      std::string value = Get(key).value_or("");
      found.emplace_back(std::move(key), std::move(value));
    }
    return found;
  }
  /// Iterates over the keys, as they are at the beginning.
  class iterator {
   public:
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    const std::string& operator*() const { return (*keys_)[at_]; }
    iterator& operator++() { return ++at_, *this; }
    iterator operator++(int) { return std::exchange(*this, iterator(keys_, at_ + 1)); }
    bool operator==(std::default_sentinel_t) const { return !keys_ || at_ == keys_->size(); }

   private:
    friend class Info;
    using list = std::shared_ptr<const std::vector<std::string>>;
    iterator(list keys, std::size_t at) : keys_(std::move(keys)), at_(at) {}
    list keys_;
    std::size_t at_ = 0;
  };
  iterator begin() const {
    return {std::make_shared<const std::vector<std::string>>(keys()), 0};
  }
  std::default_sentinel_t end() const noexcept {
    return {};
  }

  /// Sets all of these items: another Info, a map of strings, any range of pairs.
  void update(const Info& items) {
    update(items.items());
  }
  void update(std::initializer_list<std::pair<std::string, std::string>> items) {
    for (const auto& [key, value] : items) Set(key, value);
  }
  template <std::ranges::input_range Items>
  void update(const Items& items) {
    for (const auto& [key, value] : items) Set(key, value);
  }
  /// Deletes a key and gives its value. Throws Exception (ERR_INFO_NOKEY) where there is none.
  std::string pop(const std::string& key) {
    std::string value = (*this)[key];
    Delete(key);
    return value;
  }
  /// The same, or `default_value`.
  std::string pop(const std::string& key, const std::string& default_value) {
    return contains(key) ? pop(key) : default_value;
  }
  /// Deletes the last key; gives it and its value. Throws Exception (ERR_INFO_NOKEY) where there is
  /// none.
  std::pair<std::string, std::string> popitem() {
    if (empty()) detail::raise(MPI_ERR_INFO_NOKEY, "popitem(): this Info is empty");
    std::string key = Get_nthkey(size() - 1);
    std::string value = pop(key);
    return {std::move(key), std::move(value)};
  }
  Info copy() const {
    return *this ? Dup() : Info();
  }
  /// Deletes all keys.
  void clear() {
    for (const std::string& key : keys()) Delete(key);
  }

  /// Frees it now, for all copies. Source: MPI_Info_free.
  void Free() {
    handle_.free("MPI_Info_free");
  }

 private:
  explicit Info(handle owned) : handle_(std::move(owned)) {}
  static std::string or_no_key(std::optional<std::string> value, const std::string& key) {
    if (!value)
      detail::raise(MPI_ERR_INFO_NOKEY, detail::formatted("this Info has no key \"{}\"", {key}));
    return std::move(*value);
  }
  handle handle_;
};

MPI4CXX_PREDEFINED Info INFO_NULL{detail::raw_handle, static_cast<MPI_Info>(MPI_INFO_NULL)};
/// What is known of how this program was started: "command", "argv", "maxprocs", "host", ...
MPI4CXX_PREDEFINED Info INFO_ENV{detail::raw_handle, static_cast<MPI_Info>(MPI_INFO_ENV)};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
