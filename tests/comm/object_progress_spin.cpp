// SPDX-License-Identifier: MIT
// ranks: 2 3
// labels: threads
// environment: MPI4CXX_RC_WAIT=spin
// time limit: 120
// The cases of object_progress.cpp where calls wait inside MPI, which the default does only where
// there is a core for each rank.
#include "object_progress.cpp"  // NOLINT: the same cases
