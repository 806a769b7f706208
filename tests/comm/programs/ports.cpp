// SPDX-License-Identifier: MIT
// ranks: 2 3
// expect: as it should be
// expect not: FAILED
// Two groups that meet through a port, and two processes that meet through a socket. Debian's MPICH
// can do neither: each call is an exception, and no hang. Published names work there, too.
#include <mpi4cxx/MPI.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace MPI = mpi4cxx::MPI;

namespace {

bool check(bool condition, const std::string& what) {
  if (!condition) std::printf("FAILED: %s\n", what.c_str());
  return condition;
}

/// Objects of both directions, point-to-point and from group to group.
bool exchange(const MPI::Intercomm& others, const std::string& mine, const std::string& theirs) {
  bool right = true;
  if (others.Get_rank() == 0) {
    const std::vector<std::string> sent(10000, mine);
    right = check(others.sendrecv(sent, {.dest = 0, .source = 0}).at(9999) == theirs, "sendrecv");
  }
  for (const std::string& each : others.allgather(mine))
    right = check(each == theirs, "allgather") && right;
  return right;
}

/// Rank 0 waits behind a port, the others knock.
bool by_port() {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const bool waits = world.Get_rank() == 0;
  const MPI::Intracomm mine = world.Split(waits ? 0 : 1);
  const std::string service = "mpi4cxx.tests." + std::to_string(world.bcast(getpid()));
  if (waits) {
    const std::string port = MPI::Open_port();
    MPI::Publish_name(service, port);
    world.Barrier();
    MPI::Intercomm others = mine.Accept(port);
    const bool right = exchange(others, "waited", "knocked");
    others.Disconnect();
    MPI::Unpublish_name(service, port);
    MPI::Close_port(port);
    try {
      MPI::Lookup_name(service);
      return check(false, "a name that is published no more");
    } catch (const MPI::Exception& error) {
      return check(error.Get_error_class() == MPI::ERR_NAME, error.what()) && right;
    }
  }
  world.Barrier();
  MPI::Intercomm others = mine.Connect(mine.Get_rank() == 0 ? MPI::Lookup_name(service) : "");
  const bool right = check(others.Get_remote_size() == 1, "the size of the other group") &&
                     exchange(others, "knocked", "waited");
  others.Disconnect();
  return right;
}

/// A socket of rank 0 to rank 1; -1 where that failed.
int connected_socket() {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw_address = reinterpret_cast<sockaddr*>(&address);
  const int plug = socket(AF_INET, SOCK_STREAM, 0);
  int ours = plug;
  if (world.Get_rank() == 0) {
    if (bind(plug, raw_address, size) != 0 || listen(plug, 1) != 0) return -1;
    getsockname(plug, raw_address, &size);
    world.send(address.sin_port, {.dest = 1});
    ours = accept(plug, nullptr, nullptr);
  } else {
    address.sin_port = world.recv<in_port_t>({.source = 0});
    if (connect(plug, raw_address, size) != 0) return -1;
  }
  return ours;
}

bool by_socket() {
  if (MPI::COMM_WORLD.Get_rank() > 1) return true;
  const int ours = connected_socket();
  if (!check(ours >= 0, "a socket")) return false;
  MPI::Intercomm other = MPI::Comm::Join(ours);
  const bool right = check(other.Get_remote_size() == 1, "the size after Join") &&
                     exchange(other, "joined", "joined");
  other.Disconnect();
  return right;
}

#ifdef OPEN_MPI  // which always has: what it throws fails the test
bool has_ports() {
  return true;
}
bool without_ports() {
  return false;
}
#else
bool has_ports() {
  try {
    MPI::Close_port(MPI::Open_port());
    return true;
  } catch (const MPI::Exception& error) {
    std::printf("this MPI has no ports: %s\n", error.what());
    // another sentence is thrown once more by what needs a port, and fails the test
    return !std::string(error.what()).starts_with("MPI_Open_port");
  }
}

template <class Call>
bool fails(const std::string& name, Call&& call) {
  try {
    call();
    return check(false, name + " succeeded");
  } catch (const MPI::Exception& error) {
    return check(std::string(error.what()).starts_with(name), name + " threw " + error.what());
  }
}

/// What an MPI without ports still can do, and what it answers to the rest.
bool without_ports() {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  const int rank = world.Get_rank();
  const std::string service = "mpi4cxx.tests." + std::to_string(world.bcast(getpid()));
  const std::string port = "a.port.that.nobody.opened";
  bool right = true;
  if (rank == 0) MPI::Publish_name(service, port);
  world.Barrier();
  right = check(MPI::Lookup_name(service) == port, "the port of a published name") && right;
  world.Barrier();
  if (rank == 0) MPI::Unpublish_name(service, port);
  world.Barrier();
  right = fails("MPI_Lookup_name", [&] { MPI::Lookup_name(service); }) && right;
  right = fails("MPI_Unpublish_name", [&] { MPI::Unpublish_name(service, port); }) && right;
  for (const MPI::Intracomm& comm : {world, world.Split(rank), world.Split(rank % 2)}) {
    right = fails("MPI_Comm_accept", [&] { comm.Accept(port); }) && right;
    right = fails("MPI_Comm_connect", [&] { comm.Connect(port); }) && right;
    const int root = comm.Get_size() - 1;
    right = fails("MPI_Comm_accept", [&] { comm.Accept(port, {.root = root}); }) && right;
    right = fails("MPI_Comm_connect", [&] { comm.Connect(port, {.root = root}); }) && right;
    // they left nothing behind that a later call would meet
    right = check(comm.allreduce(1) == comm.Get_size(), "allreduce after all") && right;
  }
  if (rank > 1) return right;
  const int ours = connected_socket();
  if (!check(ours >= 0, "a socket")) return false;
  return fails("MPI_Comm_join", [&] { MPI::Comm::Join(ours); }) && right;
}
#endif

}  // namespace

int main() {
  bool right = has_ports() ? by_port() && by_socket() : without_ports();
  right = MPI::COMM_WORLD.allreduce(right, MPI::LAND);
  if (right && MPI::COMM_WORLD.Get_rank() == 0) std::puts("as it should be");
}
