// SPDX-License-Identifier: MIT
// ranks: 1
// inline limits: 64 4096
// own includes: what is included before the library is what is tested here
// The cases of archive.cpp and classes.cpp in a program that has included cereal's own headers for
// standard types, which this library needs not: they neither help nor get in the way.
#include <cereal/archives/binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/base_class.hpp>
#include <cereal/types/bitset.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/common.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/forward_list.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/polymorphic.hpp>
#include <cereal/types/queue.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/stack.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/valarray.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include "archive.cpp"  // NOLINT: the same cases
#include "classes.cpp"  // NOLINT

#include <sstream>

TEST_CASE("a user's own archive works beside the library", "[cereal]") {
  const Summed object({1, 2, 3});
  std::stringstream stream;
  cereal::BinaryOutputArchive{stream}(object);
  Summed loaded;
  cereal::BinaryInputArchive{stream}(loaded);
  CHECK(loaded == object);
  CHECK(MPI::COMM_SELF.sendrecv(object, 0) == object);
}
