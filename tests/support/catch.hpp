// SPDX-License-Identifier: MIT
// Catch2 of either generation: version 2 has one header, version 3 many.
#pragma once

#include <string>

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_approx.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
using Catch::Approx;  // NOLINT: where version 2 has it
#else
#include <catch2/catch.hpp>
#endif

/// Matches texts with `part` in them; the matcher's name differs between the generations.
inline auto HasText(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}
