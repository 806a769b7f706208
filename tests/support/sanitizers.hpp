// SPDX-License-Identifier: MIT
// MPI4CXX_TEST_ASAN: this is built with the address sanitizer, of GCC or of Clang.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define MPI4CXX_TEST_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MPI4CXX_TEST_ASAN
#endif
#endif
