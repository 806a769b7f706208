// SPDX-License-Identifier: MIT
// A pointer is found inside an aggregate, too.
// expect: mpi4cxx: a pointer or reference cannot be sent
#include <mpi4cxx/mpi4cxx.hpp>

struct Node {
  int value;
  Node* next;
};

int main() { mpi4cxx::MPI::COMM_WORLD.send(Node{1, nullptr}, {.dest = 1}); }
