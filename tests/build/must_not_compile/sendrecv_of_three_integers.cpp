// SPDX-License-Identifier: MIT
// Is the third one a tag or the source? The destination alone, or all four.
// expect: no matching
// expect: sendrecv
#include <mpi4cxx/mpi4cxx.hpp>

int main() { (void)mpi4cxx::MPI::COMM_WORLD.sendrecv(1, 1, 0, 0); }
