// SPDX-License-Identifier: MIT
// UTF-8 to Unicode code points, strictly.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace course {

/// The code points of a UTF-8 string, as Python's str holds them.
///
/// Throws std::invalid_argument where the bytes are not UTF-8: cut short, overlong, a surrogate, or
/// above U+10FFFF.
inline std::u32string code_points(std::string_view utf8) {
  std::u32string points;
  points.reserve(utf8.size());
  std::size_t next = 0;
  while (next < utf8.size()) {
    const std::size_t start = next;
    const auto lead = static_cast<unsigned char>(utf8[next++]);
    if (lead < 0x80) {
      points.push_back(lead);
      continue;
    }
    const int following = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t point = lead & (0x3FU >> following);
    bool valid = lead >= 0xC2 && lead <= 0xF4;
    for (int i = 0; valid && i < following; ++i) {
      valid = next < utf8.size() && (static_cast<unsigned char>(utf8[next]) & 0xC0U) == 0x80U;
      if (valid) point = point << 6U | (static_cast<unsigned char>(utf8[next++]) & 0x3FU);
    }
    const char32_t least = following == 3 ? 0x10000 : following == 2 ? 0x800 : 0x80;
    valid = valid && point >= least && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    if (!valid) throw std::invalid_argument("invalid UTF-8 at byte " + std::to_string(start + 1));
    points.push_back(point);
  }
  return points;
}

}  // namespace course
