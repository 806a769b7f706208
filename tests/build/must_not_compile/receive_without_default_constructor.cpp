// SPDX-License-Identifier: MIT
// recv<T> makes a T first; the message names the remedy.
// expect: mpi4cxx: an object that is received is made first
#include <mpi4cxx/mpi4cxx.hpp>

class Account {
 public:
  explicit Account(long cents) : cents_(cents) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(cents_);
  }

 private:
  long cents_;
};

int main() { (void)mpi4cxx::MPI::COMM_WORLD.recv<Account>({.source = 0}); }
