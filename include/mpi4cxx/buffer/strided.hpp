// SPDX-License-Identifier: MIT
// Views of memory that does not lie side by side: every n-th element, a column of a matrix.
#pragma once

#include <mpi4cxx/buffer/buffer.hpp>

namespace mpi4cxx::inline MPI4CXX_ABI::MPI {
namespace detail {

struct strided_arguments {
  element_count count = -1;  // as many as fit
  element_count blocklength = 1;
  element_count stride = 1;
};

/// The types of blocks of one element type by their block length and the bytes from one to the
/// next.
struct strided_datatypes {
  struct entry {
    MPI_Count blocklength, stride;
    MPI_Datatype type;
  };
  std::vector<entry> entries;  // guarded by process_state::starting
};

/// A block whose extent is the stride, so that a count of them is a strided view. Made at its first
/// use and kept, since a view does not own its type.
inline MPI_Datatype strided_datatype(strided_datatypes& known, MPI_Datatype element,
                                     MPI_Count blocklength, MPI_Count stride) {
  process_state& state = running();
  const lock_guard lock(state.starting);
  for (const auto& each : known.entries)
    if (each.blocklength == blocklength && each.stride == stride) return each.type;
  const Datatype type(raw_handle, element);
  Datatype made =
      type.Create_contiguous(blocklength).Create_resized(0, stride * type.extent()).Commit();
  MPI_Datatype kept = MPI_DATATYPE_NULL;
  check(MPI_Type_dup(made.native(), &kept), "MPI_Type_dup");
  state.kept_types.push_back(kept);
  known.entries.push_back({blocklength, stride, kept});
  return kept;
}

/// A view with room for `limit` bytes (or unlimited), turned into one of blocks.
template <class Scalar>
void make_strided(memory_view& view, const strided_arguments& pack) {
  static strided_datatypes known;
  const MPI_Count count = pack.count, blocklength = pack.blocklength, stride = pack.stride;
  if (blocklength < 1 || stride < blocklength)
    raise(MPI_ERR_ARG,
          formatted("blocks of {} elements cannot begin every {} elements: blocklength must be at "
                    "least 1 and stride at least blocklength",
                    {blocklength, stride}));
  if (count < 0 && view.limit == memory_view::unlimited)
    raise(MPI_ERR_COUNT, "a strided view of a pointer needs a count: {.count = n, .stride = m}");
  const MPI_Count elements = view.limit / static_cast<MPI_Count>(sizeof(Scalar));
  if (blocklength != 1 || stride != 1)
    view.type = strided_datatype(known, view.type, blocklength, stride);
  set_count(view, count >= 0               ? count
                  : elements < blocklength ? 0
                                           : (elements - blocklength) / stride + 1);
  require_room(view);
  view.is_inferred = count < 0;
}

template <class T>
inline constexpr bool is_writable_memory = !std::is_const_v<std::remove_pointer_t<element_of_t<T>>>;
template <class T>
using strided_buffer = std::conditional_t<is_writable_memory<T>, Buffer, LastingConstBuffer>;

/// A Buffer or LastingConstBuffer whose view is another.
template <class View>
struct view_maker : View {
  explicit view_maker(const memory_view& other) : View(None) { this->view_ = other; }
};

}  // namespace detail

/// Every `stride`-th element of a range, or of what a pointer points to, or blocks of `blocklength`
/// elements whose starts are `stride` elements apart: a buffer for any uppercase call, without a
/// copy. Its elements are the blocks; without a count there are as many as fit. Reductions take
/// it with an operator made for memory (Op::Create(function)) only. One datatype for each element
/// type and stride is made at the first use and kept.
///
///     comm.Send(MPI::strided(values, {.stride = 2}), 1);  // the even ones
///     comm.Recv(MPI::strided(&matrix[0][1], {.count = rows, .stride = columns}), 0);
template <class T>
detail::strided_buffer<T> strided(T&& memory, const detail::strided_arguments& pack) {
  using result = detail::strided_buffer<T>;
  if constexpr (std::is_pointer_v<std::remove_cvref_t<T>>) {
    using element = std::remove_cv_t<std::remove_pointer_t<std::remove_cvref_t<T>>>;
    detail::memory_view view = result(memory, 0).view();
    detail::make_strided<typename detail::flattened<element>::type>(view, pack);
    return detail::view_maker<result>(view);
  } else {
    detail::memory_view view = result(std::forward<T>(memory)).view();
    detail::make_strided<detail::scalar_of_t<T>>(view, pack);
    return detail::view_maker<result>(view);
  }
}

/// Column `column` of a matrix that lies row by row in a range, with `columns` elements in a row: a
/// buffer of one element for each row.
///
///     comm.Sendrecv(MPI::column(grid, width, width - 2), MPI::column(grid, width, 0), {...});
template <detail::buffer_range T>
detail::strided_buffer<T> column(T&& matrix, detail::element_count columns,
                                 detail::element_count column) {
  using result = detail::strided_buffer<T>;
  using scalar = detail::scalar_of_t<T>;
  detail::memory_view view = result(std::forward<T>(matrix)).view();
  if (columns <= 0 || view.count % columns != 0)
    detail::raise(MPI_ERR_ARG, detail::formatted("{} elements are no matrix with rows of {}",
                                                 {view.count, MPI_Count(columns)}));
  if (column < 0 || column >= columns)
    detail::raise(MPI_ERR_ARG,
                  detail::formatted("there is no column {} in a matrix with {} columns",
                                    {MPI_Count(column), MPI_Count(columns)}));
  const MPI_Count rows = view.count / columns;
  if (rows > 0) {
    const MPI_Count skipped = column * static_cast<MPI_Count>(sizeof(scalar));
    view.data = static_cast<const std::byte*>(view.data) + skipped;
    view.limit -= skipped;
  }
  detail::make_strided<scalar>(view, {.count = rows, .stride = columns});
  return detail::view_maker<result>(view);
}
/// The same of an array of arrays, which knows its columns.
///
///     double grid[100][50];
///     comm.Bcast(MPI::column(grid, 3));
template <detail::buffer_range T>
requires(detail::flattened<std::remove_cv_t<detail::element_of_t<T>>>::count >
         1) detail::strided_buffer<T> column(T&& matrix, detail::element_count column) {
  return MPI::column(std::forward<T>(matrix),
                     detail::flattened<std::remove_cv_t<detail::element_of_t<T>>>::count, column);
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI
