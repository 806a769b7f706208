// SPDX-License-Identifier: MIT
// MPI::Prequest: calls that are set up once and started many times.
#pragma once

#include <mpi4cxx/buffer/vector_buffer.hpp>
#include <mpi4cxx/handle/request.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {

/// A persistent call: what comm.Send_init and the other _init calls make. Start() begins it, Wait()
/// or Test() complete it, after which it may be started again. Its buffers must last as long as
/// the request. Dropped, it is completed as a Request is, and freed.
///
///     auto ping = comm.Send_init(data, {.dest = 1});
///     for (...) { ping.Start(); ping.Wait(); }
class [[nodiscard]] Prequest : public Request {
 public:
  using Request::Request;
  Prequest() noexcept = default;
  /// Takes over a raw persistent request that is not started. `is_receive`: it may be cancelled
  /// when dropped.
  static Prequest adopt(MPI_Request raw, bool is_receive = false,
                        std::shared_ptr<void> kept = nullptr) {
    Prequest made;
    made.raw_ = raw;
    made.is_receive_ = is_receive;
    made.is_active_ = false;
    made.kept_ = std::move(kept);
    made.open_ = detail::tracked("a persistent request");
    return made;
  }
  // For the library: of a partitioned send.
  Prequest&& counting(int partitions) && {
    kept_ = std::make_shared<detail::partition_count>(partitions);
    sends_partitions_ = true;
    return std::move(*this);
  }

  /// Starts the call. Throws Exception (ERR_REQUEST) while it is under way. Source: MPI_Start.
  void Start(place where = place::here()) {
    const detail::user_call inside(detail::running(), "Start", where);
    detail::running();
    require_startable();
    if (sends_partitions_) count().ready = 0;
    detail::check(MPI_Start(&raw_), "MPI_Start");
    is_active_ = true;
  }
  /// Starts all, in any order. Source: MPI_Startall, here MPI_Start of each.
  static void Startall(std::span<Prequest> requests, place where = place::here()) {
    const detail::user_call inside(detail::running(), "Startall", where);
    for (const Prequest& each : requests) each.require_startable();
    for (Prequest& each : requests) each.Start();
  }

  // Of partitioned calls (MPI 4): the sender says which partitions of its buffer are filled, the
  // receiver asks which are here.

  /// The partition may be sent. Source: MPI_Pready.
  void Pready([[maybe_unused]] detail::integer partition) {
#if MPI_VERSION >= 4
    detail::check(MPI_Pready(partition, raw_), "MPI_Pready");
    add_ready(1);
#else
    detail::needs_mpi_4("partitioned calls");
#endif
  }
  /// The partitions from the first to the last, both included. Source: MPI_Pready_range.
  void Pready_range([[maybe_unused]] detail::integer partition_low,
                    [[maybe_unused]] detail::integer partition_high) {
#if MPI_VERSION >= 4
    detail::check(MPI_Pready_range(partition_low, partition_high, raw_), "MPI_Pready_range");
    add_ready(partition_high - partition_low + 1);
#else
    detail::needs_mpi_4("partitioned calls");
#endif
  }
  /// These partitions. Source: MPI_Pready_list.
  void Pready_list([[maybe_unused]] const detail::integer_list& partitions) {
#if MPI_VERSION >= 4
    const auto list = partitions.values();
    // MPI 4.0 forgot the const
    detail::check(
        MPI_Pready_list(static_cast<int>(list.size()), const_cast<int*>(list.data()), raw_),
        "MPI_Pready_list");
    add_ready(static_cast<int>(list.size()));
#else
    detail::needs_mpi_4("partitioned calls");
#endif
  }
  /// Whether the partition is here. Source: MPI_Parrived.
  bool Parrived([[maybe_unused]] detail::integer partition) {
#if MPI_VERSION >= 4
    detail::advance(detail::running());
    int flag = 0;
    detail::check(MPI_Parrived(raw_, partition, &flag), "MPI_Parrived");
    return flag != 0;
#else
    detail::needs_mpi_4("partitioned calls");
#endif
  }

 private:
  detail::partition_count& count() noexcept {
    return *static_cast<detail::partition_count*>(kept_.get());
  }
  void add_ready(int partitions) noexcept {
    if (sends_partitions_) count().ready.fetch_add(partitions, std::memory_order_relaxed);
  }
  void require_startable() const {
    if (raw_ == MPI_REQUEST_NULL)
      detail::raise(MPI_ERR_REQUEST, "REQUEST_NULL cannot be started: make it by an _init call");
    if (is_active_)
      detail::raise(MPI_ERR_REQUEST,
                    "this persistent request is started already: wait for it first");
  }
};

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
