// SPDX-License-Identifier: MIT
// ranks: 2 3
// expect: as it should be
// Two groups that meet through a port, and two processes that meet through a socket. Debian's MPICH
// has no ports: that is an exception, and no hang.
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
  if (!condition) std::printf("not as it should be: %s\n", what.c_str());
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

bool by_socket() {
  const MPI::Intracomm& world = MPI::COMM_WORLD;
  if (world.Get_rank() > 1) return true;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const raw_address = reinterpret_cast<sockaddr*>(&address);
  const int plug = socket(AF_INET, SOCK_STREAM, 0);
  int ours = plug;
  if (world.Get_rank() == 0) {
    if (bind(plug, raw_address, size) != 0 || listen(plug, 1) != 0) return check(false, "a socket");
    getsockname(plug, raw_address, &size);
    world.send(address.sin_port, {.dest = 1});
    ours = accept(plug, nullptr, nullptr);
  } else {
    address.sin_port = world.recv<in_port_t>({.source = 0});
    if (connect(plug, raw_address, size) != 0) return check(false, "a connection");
  }
  MPI::Intercomm other = MPI::Comm::Join(ours);
  const bool right = check(other.Get_remote_size() == 1, "the size after Join") &&
                     exchange(other, "joined", "joined");
  other.Disconnect();
  return right;
}

}  // namespace

int main() {
  bool right = false;
#ifdef OPEN_MPI
  right = by_port() && by_socket();
#else
  try {
    MPI::Close_port(MPI::Open_port());
    right = by_port() && by_socket();
  } catch (const MPI::Exception& error) {
    right = check(std::string(error.what()).starts_with("MPI_Open_port"), error.what());
    std::printf("this MPI has no ports: %s\n", error.what());
  }
#endif
  right = MPI::COMM_WORLD.allreduce(right, MPI::LAND);
  if (right && MPI::COMM_WORLD.Get_rank() == 0) std::puts("as it should be");
}
