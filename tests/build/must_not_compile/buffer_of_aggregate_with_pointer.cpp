// SPDX-License-Identifier: MIT
// expect: mpi4cxx: these elements cannot be sent as they lie in memory
#include <mpi4cxx/mpi4cxx.hpp>

#include <vector>

struct Node {
  int value;
  Node* next;
};

int main() {
  std::vector<Node> nodes(3);
  mpi4cxx::MPI::COMM_WORLD.Send(nodes, {.dest = 1});
}
