// SPDX-License-Identifier: MIT
// Lowercase collectives: any object.
#pragma once

#include <mpi4cxx/comm/buffer_collectives.hpp>
#include <mpi4cxx/object/flat.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

/// The bytes of several objects, one behind the other, and where each begins.
struct packed_objects {
  scratch_buffer bytes;
  count_list counts;
  displacement_list displs;

  /// The next object, of `size` bytes, begins at `place`.
  void add(std::size_t place, std::size_t size) {
    displs.push_back(static_cast<MPI_Count>(place));
    counts.push_back(static_cast<MPI_Count>(size));
  }
  bool is_wide() const noexcept { return counts.is_wide() || displs.is_wide(); }
  /// All arrays of a call are of one width.
  void widen() {
    counts.widen();
    displs.widen();
  }
};

/// A sequence of objects, one for each rank. Text is one object.
template <class Range>
concept object_sequence =
    std::ranges::input_range<const Range> && !std::convertible_to<const Range&, std::string_view>;
template <object_sequence Range>
auto as_vector(const Range& objects) {
  using element = std::ranges::range_value_t<const Range>;
  // literals in braces are pointers
  using object = std::conditional_t<std::is_same_v<element, const char*>, std::string, element>;
  std::vector<object> made;
  for (const auto& each : objects) made.emplace_back(each);
  return made;
}

template <class = void>
class object_collectives : public buffer_collectives<> {
 public:
  using buffer_collectives<>::buffer_collectives;

  // Collective: all ranks of the communicator call them in the same order. Costs: a type of fixed
  // size (arithmetic types, and aggregates, arrays, pairs and tuples of these) takes one MPI
  // collective, any other two: sizes first. Types are checked where there is a size phase:
  // TypeMismatch.

  /// Returns when all ranks have come here. Source: MPI_Barrier.
  void barrier(place where = place::here()) const {
    this->barrier_by(blocking_way(this->open(), "barrier", where));
  }

  /// The root's object to all. An lvalue is filled in place, its storage reused, and returned by
  /// reference; an rvalue is returned by value. Source: MPI_Bcast.
  ///
  ///     comm.bcast(config);                                   // in place
  ///     auto text = comm.bcast(rank == 2 ? read() : "", 2);   // returned
  template <class T>
  requires(!std::is_const_v<T>) T& bcast(T& obj, root_arguments pack = {},
                                         place where = place::here()) const {
    const auto inside = compared<T>("bcast", where, pack.root);
    bcast_object(obj, pack.root);
    return obj;
  }
  template <class T>
  requires(!std::is_const_v<T>) T& bcast(T& obj, integer root, place where = place::here()) const {
    return bcast(obj, root_arguments{root}, where);
  }
  template <class T>
  object_of_t<const T&> bcast(const T& obj, root_arguments pack = {},
                              place where = place::here()) const {
    const auto inside = compared<T>("bcast", where, pack.root);
    object_of_t<const T&> copy(obj);
    bcast_object(copy, pack.root);
    return copy;
  }
  template <class T>
  object_of_t<const T&> bcast(const T& obj, integer root, place where = place::here()) const {
    return bcast(obj, root_arguments{root}, where);
  }
  template <class T>
  requires(!std::is_lvalue_reference_v<T> && !std::is_const_v<T>) T
      bcast(T&& obj, root_arguments pack = {}, place where = place::here())
  const {
    const auto inside = compared<T>("bcast", where, pack.root);
    T moved(std::move(obj));
    bcast_object(moved, pack.root);
    return moved;
  }
  template <class T>
  requires(!std::is_lvalue_reference_v<T> && !std::is_const_v<T>) T
      bcast(T&& obj, integer root, place where = place::here())
  const { return bcast(std::move(obj), root_arguments{root}, where); }
  /// For ranks that have nothing to give.
  template <class T>
  T bcast(None_t, root_arguments pack = {}, place where = place::here()) const {
    const auto inside = compared<T>("bcast", where, pack.root);
    require_receivable<T>();
    T obj{};
    bcast_object(obj, pack.root);
    return obj;
  }
  template <class T>
  T bcast(None_t, integer root, place where = place::here()) const {
    return bcast<T>(None, root_arguments{root}, where);
  }

  /// The objects of all ranks, in rank order, on the root; nullopt elsewhere.
  /// Source: MPI_Gather, and MPI_Gatherv where sizes differ.
  template <class T>
  std::optional<std::vector<object_of_t<const T&>>> gather(const T& sendobj,
                                                           root_arguments pack = {},
                                                           place where = place::here()) const {
    const auto inside = compared<T>("gather", where, pack.root);
    return gather_objects(as_object(sendobj), pack.root);
  }
  template <class T>
  std::optional<std::vector<object_of_t<const T&>>> gather(const T& sendobj, integer root,
                                                           place where = place::here()) const {
    return gather(sendobj, root_arguments{root}, where);
  }
  /// The objects of all ranks, in rank order, on every rank.
  /// Source: MPI_Allgather, and MPI_Allgatherv where sizes differ.
  template <class T>
  std::vector<object_of_t<const T&>> allgather(const T& sendobj,
                                               place where = place::here()) const {
    const auto inside = compared<T>("allgather", where, called::no_root);
    return allgather_objects(as_object(sendobj));
  }

  /// One object of the root's sequence to each rank. The sequence has exactly size elements on the
  /// root, else Exception (ERR_ARG), on every rank where the objects have no fixed size; elsewhere
  /// it is ignored: an empty vector or optional will do. Source: MPI_Scatter, and MPI_Scatterv
  /// where sizes differ.
  template <class T>
  T scatter(const std::vector<T>& sendobjs, root_arguments pack = {},
            place where = place::here()) const {
    const auto inside =
        compared<T>("scatter", where, pack.root, true, is_fixed<T> ? &sendobjs : nullptr);
    return scatter_objects<T>(&sendobjs, pack.root);
  }
  template <class T>
  T scatter(const std::vector<T>& sendobjs, integer root, place where = place::here()) const {
    return scatter(sendobjs, root_arguments{root}, where);
  }
  template <class T>
  T scatter(const std::optional<std::vector<T>>& sendobjs, root_arguments pack = {},
            place where = place::here()) const {
    const std::vector<T>* const given = sendobjs ? &*sendobjs : nullptr;
    const auto inside =
        compared<T>("scatter", where, pack.root, true, is_fixed<T> ? given : nullptr);
    return scatter_objects<T>(given, pack.root);
  }
  template <class T>
  T scatter(const std::optional<std::vector<T>>& sendobjs, integer root,
            place where = place::here()) const {
    return scatter(sendobjs, root_arguments{root}, where);
  }
  template <class T>
  T scatter(None_t, root_arguments pack = {}, place where = place::here()) const {
    const auto inside = compared<T>("scatter", where, pack.root);
    return scatter_objects<T>(nullptr, pack.root);
  }
  template <class T>
  T scatter(None_t, integer root, place where = place::here()) const {
    return scatter<T>(None, root_arguments{root}, where);
  }
  /// Any other sequence, which is copied, or braces.
  template <object_sequence Range>
  auto scatter(const Range& sendobjs, root_arguments pack = {}, place where = place::here()) const {
    return scatter(as_vector(sendobjs), pack, where);
  }
  template <object_sequence Range>
  auto scatter(const Range& sendobjs, integer root, place where = place::here()) const {
    return scatter(as_vector(sendobjs), root_arguments{root}, where);
  }
  template <class T>
  auto scatter(std::initializer_list<T> sendobjs, root_arguments pack = {},
               place where = place::here()) const {
    return scatter(as_vector(sendobjs), pack, where);
  }
  template <class T>
  auto scatter(std::initializer_list<T> sendobjs, integer root, place where = place::here()) const {
    return scatter(as_vector(sendobjs), root_arguments{root}, where);
  }

  /// Element i of my sequence to rank i; the result holds in element i what rank i had for me. The
  /// sequence has exactly size elements, else Exception (ERR_ARG).
  /// Source: MPI_Alltoall, and MPI_Alltoallv where sizes differ.
  template <class T>
  std::vector<T> alltoall(const std::vector<T>& sendobjs, place where = place::here()) const {
    const auto inside = compared<T>("alltoall", where, called::no_root, true, &sendobjs);
    return alltoall_objects(sendobjs);
  }
  /// Any other sequence, which is copied, or braces.
  template <object_sequence Range>
  auto alltoall(const Range& sendobjs, place where = place::here()) const {
    return alltoall(as_vector(sendobjs), where);
  }
  template <class T>
  auto alltoall(std::initializer_list<T> sendobjs, place where = place::here()) const {
    return alltoall(as_vector(sendobjs), where);
  }

 protected:
  /// A call that moves objects made of Ts; those for each rank that this one gives, if it does.
  template <class T>
  collective_call compared(const char* name, place where, int root, bool waits = true,
                           const std::vector<T>* objs = nullptr) const {
    return collective_call(open(), name, where, waits, [&](outline& mine) {
      mine.root = root;
      mine.of_objects<object_of_t<const T&>>();
      // a length that is refused here is told to those who would wait
      const bool gives = root == called::no_root || root == MPI_ROOT || root == open().rank;
      if (objs && gives && objs->size() != ranks())
        mine.count = static_cast<std::int64_t>(objs->size());
    });
  }
  /// Where inner traffic goes. Communicators that were adopted get theirs at the first object
  /// collective, in which all their ranks take part.
  comm_record& shadowed() const {
    comm_record& comm = open();
    if (comm.shadow == MPI_COMM_NULL) [[unlikely]]
      comm.shadow = without_attributes(running(), comm);
    return comm;
  }
  [[gnu::cold]] Exception wrong_length(const char* call, std::size_t length) const {
    return Exception(
        MPI_ERR_ARG,
        formatted("{} takes a sequence with one object for each of the {} ranks, but it has {}",
                  {call, ranks(), length}));
  }
  /// How many ranks objects are exchanged with.
  std::size_t ranks() const { return static_cast<std::size_t>(peers()); }
  bool has_two_groups() const { return open().remote_size > 0; }
  void require_one_group(const char* what) const {
    if (has_two_groups()) [[unlikely]]
      raise_two_groups(what);
  }
  [[noreturn]] [[gnu::cold]] static void raise_two_groups(const char* what) {
    raise(MPI_ERR_COMM, formatted("{} an intercommunicator", {what}));
  }

  // ---- the MPI collectives of bytes underneath, on the shadow communicator

  /// Whether T travels in one collective.
  template <class T>
  static constexpr bool is_fixed = fixed_size<T>() != no_fixed_size;

  template <class Operation, class... A>
  void collective(A... arguments) const {
    run<Operation>(running(), open().nonblocking_collectives, arguments...);
  }

  /// A value of fixed size as its bytes.
  template <class T>
  static void put(byte_buffer& bytes, const T& value) {
    writer writer(bytes, static_cast<std::size_t>(-1));
    writer.write(value);
  }
  template <class T>
  static void get(const std::byte* bytes, T& value) {
    memory_parts none({}, 0, nullptr);
    reader reader({bytes, fixed_size<T>()}, none, static_cast<std::size_t>(-1));
    reader.read(value);
  }
  template <class T>
  static std::vector<T> get_all(const byte_buffer& bytes, std::size_t count) {
    std::vector<T> values;
    values.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      T value{};
      get(bytes.data() + i * fixed_size<T>(), value);
      values.push_back(std::move(value));
    }
    return values;
  }

  // ---- bcast

  /// The first message of a bcast: what comes, and all of it where it is small.
  struct bcast_front {
    std::uint64_t size;
    identity_t identity;
    std::byte content[240];
  };

  template <class T>
  void bcast_object(T& obj, int root) const {
    check_root(root);
    require_sendable<T>();
    const comm_record& comm = shadowed();
    auto& state = running();
    if constexpr (is_raw<T>) {
      bcast_bytes(&obj, sizeof(T), root);
      reader::validate(&obj, 1);
      return;
    }
    if (has_two_groups()) [[unlikely]]
      return bcast_between_groups(obj, root);
    const bool is_root = comm.rank == root;
    bcast_front front{};
    std::optional<flat_object> packed;
    if (is_root) {
      packed.emplace(state, obj, apart);
      front.size = packed->bytes().size();
      front.identity = packed->identity();
      if (front.size <= sizeof front.content && front.size != 0)
        std::memcpy(front.content, packed->bytes().data(), packed->bytes().size());
    }
    collective<operations::Bcast>(static_cast<void*>(&front), call_count{sizeof front}, MPI_BYTE,
                                  root, comm.shadow);
    const auto size = static_cast<std::size_t>(front.size);
    const bool is_small = size <= sizeof front.content;
    if (is_root) {
      if (!is_small) broadcast(packed->bytes().data(), size, root);
      for (const part& each : packed->parts())
        if (each.size >= apart) broadcast(each.data, each.size, root);
      return;
    }
    if (size > state.max_object) damaged("it says it is larger than rc.max_object");
    if (!is_small && receive_in_place(obj, front.identity, size,
                                      [&](std::byte* place) { broadcast(place, size, root); }))
      return;
    scratch_buffer buffer;
    if (!is_small) broadcast(buffer->extend(size), size, root);
    const std::span bytes(is_small ? front.content : buffer->data(), size);
    if (!is_whole(front.identity, bytes)) return open_flat(state, obj, front.identity, bytes);
    const opened_header opened = open_message(state, bytes);
    const std::size_t in_parts = sum_of_sizes(opened.sizes, static_cast<std::size_t>(-1));
    const auto receive = [&](std::byte* place, std::size_t length) {
      broadcast(place, length, root);
    };
    parts_apart parts(opened, in_parts, apart, receive);
    if (in_parts > state.max_object) damaged("it says it is larger than rc.max_object");
    require_identity<T>(opened.head.identity);
    take_parts(obj, opened, parts, opened.stream.size() + in_parts);
  }

  void bcast_bytes(const void* data, std::size_t size, int root) const {
    memory_view bytes;
    bytes.data = data;
    bytes.count = static_cast<MPI_Count>(size);
    bcast_on(blocking_way(open()), open().shadow, bytes, root);
  }
  /// As many collectives on every rank, whatever comes: those that give PROC_NULL do not know how
  /// much it is.
  template <class T>
  void bcast_between_groups(T& obj, int root) const {
    auto& state = running();
    object_notice notice{};
    if (root < 0) {
      const flat_object packed(state, obj);
      notice = packed.notice();
      bcast_bytes(&notice, sizeof notice, root);
      return bcast_bytes(packed.bytes().data(), packed.bytes().size(), root);
    }
    bcast_bytes(&notice, sizeof notice, root);
    const auto size = static_cast<std::size_t>(notice.size);
    if (size > state.max_object) damaged("it says it is larger than rc.max_object");
    scratch_buffer buffer;
    buffer->extend(size);
    bcast_bytes(buffer->data(), size, root);
    open_flat(state, obj, notice.identity, {buffer->data(), buffer->size()});
  }

  /// Parts from this size on are broadcast by themselves, from where they are to where they stay.
  static constexpr std::size_t apart = std::size_t{1} << 16;

  /// The root's bytes to all others, which do not change them on the root.
  void broadcast(const std::byte* data, std::size_t size, int root) const {
    const std::size_t limit = running().chunk_limit;
    for (std::size_t at = 0; at < size; at += limit)
      collective<operations::Bcast>(static_cast<void*>(const_cast<std::byte*>(data + at)),
                                    call_count{static_cast<MPI_Count>(std::min(size - at, limit))},
                                    MPI_BYTE, root, shadowed().shadow);
  }

  // ---- gather and allgather

  template <class T>
  std::optional<std::vector<T>> gather_objects(const T& obj, int root) const {
    check_root(root);
    require_receivable<T>();
    const comm_record& comm = shadowed();
    const bool is_root = this->is_root(root);
    if constexpr (is_fixed<T>) {
      scratch_buffer mine;
      put(*mine, obj);
      byte_buffer all;
      if (is_root) all.extend(ranks() * fixed_size<T>());
      const call_count size{static_cast<MPI_Count>(fixed_size<T>())};
      collective<operations::Gather>(static_cast<const void*>(mine->data()), size, MPI_BYTE,
                                     static_cast<void*>(all.data()), size, MPI_BYTE, root,
                                     comm.shadow);
      if (!is_root) return std::nullopt;
      return get_all<T>(all, ranks());
    } else {
      auto& state = running();
      const flat_object packed(state, obj);
      const object_notice mine = packed.notice();
      std::vector<object_notice> notices(is_root ? ranks() : 0);
      collective<operations::Gather>(static_cast<const void*>(&mine), call_count{sizeof mine},
                                     MPI_BYTE, static_cast<void*>(notices.data()),
                                     call_count{sizeof mine}, MPI_BYTE, root, comm.shadow);
      packed_objects all;
      if (is_root) make_room(all, notices);
      collective<operations::Gatherv>(static_cast<const void*>(packed.bytes().data()),
                                      call_count{mine.size}, MPI_BYTE,
                                      static_cast<void*>(all.bytes->data()), all.counts.argument(),
                                      all.displs.argument(), MPI_BYTE, root, comm.shadow);
      if (!is_root) return std::nullopt;
      return open_all<T>(state, all, notices);
    }
  }

  template <class T>
  std::vector<T> allgather_objects(const T& obj) const {
    require_receivable<T>();
    const comm_record& comm = shadowed();
    if constexpr (is_fixed<T>) {
      scratch_buffer mine;
      put(*mine, obj);
      byte_buffer all;
      all.extend(ranks() * fixed_size<T>());
      const call_count size{static_cast<MPI_Count>(fixed_size<T>())};
      collective<operations::Allgather>(static_cast<const void*>(mine->data()), size, MPI_BYTE,
                                        static_cast<void*>(all.data()), size, MPI_BYTE,
                                        comm.shadow);
      return get_all<T>(all, ranks());
    } else {
      auto& state = running();
      const flat_object packed(state, obj);
      const object_notice mine = packed.notice();
      std::vector<object_notice> notices(ranks());
      collective<operations::Allgather>(static_cast<const void*>(&mine), call_count{sizeof mine},
                                        MPI_BYTE, static_cast<void*>(notices.data()),
                                        call_count{sizeof mine}, MPI_BYTE, comm.shadow);
      packed_objects all;
      make_room(all, notices);
      collective<operations::Allgatherv>(
          static_cast<const void*>(packed.bytes().data()), call_count{mine.size}, MPI_BYTE,
          static_cast<void*>(all.bytes->data()), all.counts.argument(), all.displs.argument(),
          MPI_BYTE, comm.shadow);
      return open_all<T>(state, all, notices);
    }
  }

  static void make_room(packed_objects& all, const std::vector<object_notice>& notices) {
    std::size_t total = 0;
    for (const object_notice& notice : notices) {
      const auto size = static_cast<std::size_t>(notice.size);
      all.add(total, size);
      total += size;
    }
    all.bytes->extend(total);
    if (all.is_wide()) all.widen();
  }
  template <class T>
  static std::vector<T> open_all(process_state& state, const packed_objects& all,
                                 const std::vector<object_notice>& notices) {
    std::vector<T> values;
    values.reserve(notices.size());
    for (std::size_t i = 0; i < notices.size(); ++i) {
      T value{};
      open_flat(state, value, notices[i].identity,
                {all.bytes->data() + all.displs[i], static_cast<std::size_t>(all.counts[i])});
      values.push_back(std::move(value));
    }
    return values;
  }

  // ---- scatter and alltoall

  template <class T>
  T scatter_objects(const std::vector<T>* objs, int root) const {
    check_root(root);
    require_receivable<T>();
    const comm_record& comm = shadowed();
    const bool is_root = this->is_root(root);
    const std::size_t given = objs ? objs->size() : 0;
    T value{};
    if constexpr (is_fixed<T>) {
      scratch_buffer all;
      if (is_root) {
        if (given != ranks()) throw wrong_length("scatter", given);
        for (const auto& each : *objs) put<T>(*all, each);
      }
      byte_buffer mine;
      mine.extend(fixed_size<T>());
      const call_count size{static_cast<MPI_Count>(fixed_size<T>())};
      collective<operations::Scatter>(static_cast<const void*>(all->data()), size, MPI_BYTE,
                                      static_cast<void*>(mine.data()), size, MPI_BYTE, root,
                                      comm.shadow);
      if (root >= 0) get(mine.data(), value);
    } else {
      auto& state = running();
      packed_objects all;
      std::vector<object_notice> notices(is_root ? ranks() : 0, object_notice{0, -1});
      // a root with a wrong sequence tells the others instead of leaving them to wait
      const bool fails = is_root && given != ranks();
      if (is_root && !fails) pack_all(state, *objs, all, notices);
      for (std::size_t i = 0; fails && i < ranks(); ++i) all.add(0, 0);
      object_notice mine{};
      collective<operations::Scatter>(static_cast<const void*>(notices.data()),
                                      call_count{sizeof mine}, MPI_BYTE, static_cast<void*>(&mine),
                                      call_count{sizeof mine}, MPI_BYTE, root, comm.shadow);
      const auto bytes_of_mine = static_cast<std::size_t>(mine.size < 0 ? 0 : mine.size);
      const auto receive = [&](std::byte* place) {
        collective<operations::Scatterv>(
            static_cast<const void*>(all.bytes->data()), all.counts.argument(),
            all.displs.argument(), MPI_BYTE, static_cast<void*>(place),
            call_count{static_cast<MPI_Count>(bytes_of_mine)}, MPI_BYTE, root, comm.shadow);
      };
      // the root's side of an intercommunicator receives nothing
      const bool receives = root >= 0 && mine.size >= 0;
      if (receives && receive_in_place(value, mine.identity, bytes_of_mine, receive)) return value;
      scratch_buffer bytes;
      receive(bytes->extend(bytes_of_mine));  // also where the root has failed
      if (fails) throw wrong_length("scatter", given);
      if (mine.size < 0)
        raise(MPI_ERR_ARG,
              formatted("scatter failed on its root, rank {}: its sequence has not one object for "
                        "each rank",
                        {root}));
      if (receives) open_flat(state, value, mine.identity, {bytes->data(), bytes->size()});
    }
    return value;
  }

  template <class T>
  std::vector<T> alltoall_objects(const std::vector<T>& objs) const {
    require_receivable<T>();
    const comm_record& comm = shadowed();
    if (objs.size() != ranks()) throw wrong_length("alltoall", objs.size());
    if constexpr (is_fixed<T>) {
      scratch_buffer out;
      for (const auto& each : objs) put<T>(*out, each);
      byte_buffer in;
      in.extend(ranks() * fixed_size<T>());
      const call_count size{static_cast<MPI_Count>(fixed_size<T>())};
      collective<operations::Alltoall>(static_cast<const void*>(out->data()), size, MPI_BYTE,
                                       static_cast<void*>(in.data()), size, MPI_BYTE, comm.shadow);
      return get_all<T>(in, ranks());
    } else {
      auto& state = running();
      packed_objects out, in;
      std::vector<object_notice> sent(ranks()), received(ranks());
      pack_all(state, objs, out, sent);
      collective<operations::Alltoall>(
          static_cast<const void*>(sent.data()), call_count{sizeof sent[0]}, MPI_BYTE,
          static_cast<void*>(received.data()), call_count{sizeof sent[0]}, MPI_BYTE, comm.shadow);
      make_room(in, received);
      if (out.is_wide() || in.is_wide()) {
        out.widen();
        in.widen();
      }
      collective<operations::Alltoallv>(static_cast<const void*>(out.bytes->data()),
                                        out.counts.argument(), out.displs.argument(), MPI_BYTE,
                                        static_cast<void*>(in.bytes->data()), in.counts.argument(),
                                        in.displs.argument(), MPI_BYTE, comm.shadow);
      return open_all<T>(state, in, received);
    }
  }

  template <class T>
  static void pack_all(process_state& state, const std::vector<T>& objs, packed_objects& all,
                       std::vector<object_notice>& notices) {
    if constexpr (flat_sequence<T>) {
      std::size_t total = 0;
      for (const T& each : objs) total += std::size(each) * sizeof(flat_element_t<T>);
      all.bytes->reserve(total);
    }
    for (std::size_t i = 0; i < objs.size(); ++i) {
      const flat_object packed(state, objs[i]);
      all.add(all.bytes->size(), packed.bytes().size());
      all.bytes->append(packed.bytes().data(), packed.bytes().size());
      notices[i] = packed.notice();
    }
    if (all.is_wide()) all.widen();
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
