// SPDX-License-Identifier: MIT
// Processes that come later: spawning them, meeting those of other jobs.
#pragma once

#include <mpi4cxx/comm/intercomm.hpp>

#include <string>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

namespace detail {

/// The arguments of a program as C wants them.
class argument_vector {
 public:
  argument_vector() = default;
  explicit argument_vector(const std::vector<std::string>& arguments) {
    for (const std::string& each : arguments) pointers_.push_back(const_cast<char*>(each.c_str()));
    pointers_.push_back(nullptr);
  }
  explicit argument_vector(std::vector<std::string>&&) = delete;  // it points into them
  char** native() noexcept { return pointers_.size() > 1 ? pointers_.data() : MPI_ARGV_NULL; }

 private:
  std::vector<char*> pointers_;
};

/// Where the result of each process goes; null: nobody wants to know.
inline int* error_codes(std::vector<int>* codes, std::size_t count) {
  if (!codes) return MPI_ERRCODES_IGNORE;
  codes->assign(count, MPI_SUCCESS);
  return codes->data();
}

/// A communicator to processes outside our world. Its shadow is made at the first object
/// collective, by both sides.
template <class Function>
Intercomm meet(const char* name, Function&& function) {
  process_state& state = running();
  MPI_Comm made = MPI_COMM_NULL;
  {
    const driven_section driven(state);
    check(function(&made), name);
  }
  return Intercomm(Comm::adopt(made, ownership::owned));
}

}  // namespace detail

inline Intercomm Intracomm::Spawn(const std::string& command, const detail::spawn_arguments& pack,
                                  place where) const {
  const detail::collective_call inside(open(), "Spawn", where);
  check_root(pack.root);
  if (pack.maxprocs < 0)
    detail::raise(MPI_ERR_ARG,
                  detail::formatted("{} processes cannot be spawned", {int{pack.maxprocs}}));
  detail::argument_vector arguments(pack.args);
  return detail::meet("MPI_Comm_spawn", [&](MPI_Comm* made) {
    return MPI_Comm_spawn(
        command.c_str(), arguments.native(), pack.maxprocs, pack.info.native(), pack.root,
        open().raw, made,
        detail::error_codes(pack.errcodes, static_cast<std::size_t>(pack.maxprocs)));
  });
}

template <class Arguments>
requires std::constructible_from < std::vector<std::string>,
const Arguments& > Intercomm Intracomm::Spawn(const std::string& command, const Arguments& args,
                                              detail::integer maxprocs, const Info& info,
                                              detail::integer root, std::vector<int>* errcodes,
                                              place where) const {
  return Spawn(
      command,
      detail::spawn_arguments{std::vector<std::string>(args), maxprocs, info, root, errcodes},
      where);
}

inline Intercomm Intracomm::Spawn_multiple(const std::vector<std::string>& commands,
                                           const detail::spawn_multiple_arguments& pack,
                                           place where) const {
  const detail::collective_call inside(open(), "Spawn_multiple", where);
  check_root(pack.root);
  const std::size_t count = commands.size();
  const auto require = [count](std::size_t given, const char* what) {
    if (given != 0 && given != count)
      detail::raise(MPI_ERR_ARG,
                    detail::formatted("{} commands, but {} {} were given", {count, given, what}));
  };
  require(pack.args.size(), "lists of arguments");
  require(pack.maxprocs.values().size(), "numbers of processes");
  require(pack.info.size(), "infos");
  if (count == 0 && open().rank == pack.root)
    detail::raise(MPI_ERR_ARG, "Spawn_multiple needs at least one command");

  std::vector<char*> names;
  std::vector<detail::argument_vector> vectors;
  std::vector<char**> arguments;
  std::vector<int> numbers(count, 1);
  std::vector<MPI_Info> infos(count, MPI_INFO_NULL);
  std::size_t total = 0;
  const std::vector<std::string> no_arguments;
  vectors.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(const_cast<char*>(commands[i].c_str()));
    vectors.emplace_back(pack.args.empty() ? no_arguments : pack.args[i]);
    arguments.push_back(vectors.back().native());
    if (!pack.maxprocs.values().empty()) numbers[i] = pack.maxprocs.values()[i];
    if (!pack.info.empty()) infos[i] = pack.info[i].native();
    total += static_cast<std::size_t>(std::max(numbers[i], 0));
  }
  return detail::meet("MPI_Comm_spawn_multiple", [&](MPI_Comm* made) {
    return MPI_Comm_spawn_multiple(static_cast<int>(count), names.data(),
                                   pack.args.empty() ? MPI_ARGVS_NULL : arguments.data(),
                                   numbers.data(), infos.data(), pack.root, open().raw, made,
                                   detail::error_codes(pack.errcodes, total));
  });
}

inline Intercomm Intracomm::Spawn_multiple(const std::vector<std::string>& commands,
                                           const std::vector<std::vector<std::string>>& args,
                                           const detail::integer_list& maxprocs,
                                           const std::vector<Info>& info, detail::integer root,
                                           std::vector<int>* errcodes, place where) const {
  return Spawn_multiple(
      commands, detail::spawn_multiple_arguments{args, maxprocs, info, root, errcodes}, where);
}

inline Intercomm Intracomm::Accept(const std::string& port_name,
                                   const detail::meeting_arguments& pack, place where) const {
  const detail::collective_call inside(open(), "Accept", where);
  check_root(pack.root);
  return detail::meet("MPI_Comm_accept", [&](MPI_Comm* made) {
    return MPI_Comm_accept(port_name.c_str(), pack.info.native(), pack.root, open().raw, made);
  });
}
inline Intercomm Intracomm::Connect(const std::string& port_name,
                                    const detail::meeting_arguments& pack, place where) const {
  const detail::collective_call inside(open(), "Connect", where);
  check_root(pack.root);
  return detail::meet("MPI_Comm_connect", [&](MPI_Comm* made) {
    return MPI_Comm_connect(port_name.c_str(), pack.info.native(), pack.root, open().raw, made);
  });
}

inline Intercomm Intracomm::Accept(const std::string& port_name, const Info& info,
                                   detail::integer root, place where) const {
  return Accept(port_name, detail::meeting_arguments{info, root}, where);
}
inline Intercomm Intracomm::Connect(const std::string& port_name, const Info& info,
                                    detail::integer root, place where) const {
  return Connect(port_name, detail::meeting_arguments{info, root}, where);
}

inline Intercomm Comm::Get_parent() {
  // one record for all calls, so that all handles know of a Disconnect
  static detail::comm_record* const parent = [] {
    auto& state = detail::running();
    MPI_Comm raw = MPI_COMM_NULL;
    detail::check(MPI_Comm_get_parent(&raw), "MPI_Comm_get_parent");
    if (raw != MPI_COMM_NULL)
      detail::check(MPI_Comm_set_errhandler(raw, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    return detail::make_record(state, raw, detail::ownership::borrowed, nullptr);
  }();
  detail::running();
  detail::keep(parent);
  return Intercomm(parent);
}
inline Intercomm Comm::Join(detail::integer fd, place where) {
  const detail::user_call inside(detail::running(), "Join", where);
  return detail::meet("MPI_Comm_join", [&](MPI_Comm* made) { return MPI_Comm_join(fd, made); });
}

/// Opens a door that other jobs can find by the name that is returned: Accept waits behind it,
/// Connect knocks. Local. Source: MPI_Open_port.
inline std::string Open_port(const Info& info = INFO_NULL) {
  detail::running();
  char name[MPI_MAX_PORT_NAME];
  detail::check(MPI_Open_port(info.native(), name), "MPI_Open_port");
  return name;
}
/// Gives a port of Open_port back. Local. Source: MPI_Close_port.
inline void Close_port(const std::string& port_name) {
  detail::running();
  detail::check(MPI_Close_port(port_name.c_str()), "MPI_Close_port");
}
/// Lets other jobs look up the port under a name. Source: MPI_Publish_name.
inline void Publish_name(const std::string& service_name, const std::string& port_name,
                         const Info& info = INFO_NULL) {
  detail::running();
  detail::check(MPI_Publish_name(service_name.c_str(), info.native(), port_name.c_str()),
                "MPI_Publish_name");
}
/// Takes a published name back. Throws Exception (ERR_SERVICE) where it is not published. Source:
/// MPI_Unpublish_name.
inline void Unpublish_name(const std::string& service_name, const std::string& port_name,
                           const Info& info = INFO_NULL) {
  detail::running();
  detail::check(MPI_Unpublish_name(service_name.c_str(), info.native(), port_name.c_str()),
                "MPI_Unpublish_name");
}
/// The port that was published under this name; throws Exception (ERR_NAME) where there is none.
/// Source: MPI_Lookup_name.
inline std::string Lookup_name(const std::string& service_name, const Info& info = INFO_NULL) {
  detail::running();
  char name[MPI_MAX_PORT_NAME];
  detail::check(MPI_Lookup_name(service_name.c_str(), info.native(), name), "MPI_Lookup_name");
  return name;
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
