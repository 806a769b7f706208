// SPDX-License-Identifier: MIT
// What a process learns of its surroundings from the environment and the kernel, without MPI: how
// many ranks share how many cores, and whether the launcher belongs to another MPI.
//
// This is compiled into every translation unit that uses MPI, and runs once: it is written with C's
// strings, which compile in a fraction of the time.
#pragma once

#include <mpi4cxx/runtime/text.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <unistd.h>
#else
#endif

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// The functions take what they read with, so that tests can put other machines in its place.
using environment_reader = const char* (*)(const char* name);
/// Gives memory of malloc, or null for an empty text.
using file_reader = char* (*)(const char* path);

/// Memory of malloc, until the end of the scope.
class malloced {
 public:
  explicit malloced(void* memory) noexcept : memory_(memory) {}
  ~malloced() { std::free(memory_); }
  malloced(const malloced&) = delete;
  malloced& operator=(const malloced&) = delete;

  void* memory() const noexcept { return memory_; }
  /// As a text, which may be taken apart.
  char* text() noexcept { return memory_ ? static_cast<char*>(memory_) : nothing_; }

 private:
  void* memory_;
  char nothing_[1] = {};
};

[[gnu::cold]] inline const char* process_environment(const char* name) {
  return std::getenv(name);
}

/// The text of a (small, kernel-made) file; null when it cannot be read.
[[gnu::cold]] inline char* text_of_file([[maybe_unused]] const char* path) {
  char* text = nullptr;
#if defined(__linux__)
  if (std::FILE* const file = std::fopen(path, "re")) {
    std::size_t room = 0;
    if (getdelim(&text, &room, '\0', file) < 0) {
      std::free(text);
      text = nullptr;
    }
    std::fclose(file);
  }
#endif
  return text;
}

/// The text up to the separator, which is taken away from `rest` with it.
[[gnu::cold]] inline char* take_until(char*& rest, char separator) {
  char* const part = rest;
  if (char* const end = std::strchr(part, separator)) {
    *end = '\0';
    rest = end + 1;
  } else {
    rest += std::strlen(part);
  }
  return part;
}

/// Whether `item` is one of a list with commas.
[[gnu::cold]] inline bool is_listed(const char* list, const char* item) {
  const std::size_t size = std::strlen(item);
  for (; list; list = std::strchr(list, ','), list = list ? list + 1 : nullptr)
    if (starts_with(list, item) && (list[size] == ',' || list[size] == '\0')) return true;
  return false;
}

/// The number at the beginning of the text, -1 when there is none.
[[gnu::cold]] inline int leading_number(const char* text) {
  if (*text < '0' || *text > '9') return -1;
  const long number = std::strtol(text, nullptr, 10);
  return static_cast<int>(number < 1'000'000'000 ? number : 1'000'000'000);
}

/// An environment variable as a number, -1 when it is not set or none.
[[gnu::cold]] inline int environment_number(environment_reader environment, const char* name) {
  const char* const text = environment(name);
  return text ? leading_number(text) : -1;
}

/// The number of tasks on one node of a list like Slurm's `4(x2),3`, 0 when it has no such node.
[[gnu::cold]] inline int tasks_on_node(const char* list, int node) {
  for (const char* part = list; part;
       part = std::strchr(part, ','), part = part ? part + 1 : part) {
    char* end = nullptr;
    const long tasks = std::strtol(part, &end, 10);
    node -= starts_with(end, "(x") ? leading_number(end + 2) : 1;
    if (node < 0) return static_cast<int>(tasks);
  }
  return 0;
}

/// How many ranks the launcher put on this node, 0 when unknown. A launcher may itself have been
/// started by Slurm, so Slurm is asked last; and only within a step, because the variables of a
/// batch script speak of tasks that nobody has started.
[[gnu::cold]] inline int local_ranks(environment_reader environment = process_environment) {
  for (const char* const name :
       {"MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "MV2_COMM_WORLD_LOCAL_SIZE",
        "PMI_LOCAL_SIZE", "PALS_LOCAL_SIZE", "JSM_NAMESPACE_LOCAL_SIZE"})
    if (const int ranks = environment_number(environment, name); ranks > 0) return ranks;
  const int node = environment_number(environment, "SLURM_NODEID");
  if (node < 0) return 0;
  if (const char* const tasks = environment("SLURM_STEP_TASKS_PER_NODE"))
    return tasks_on_node(tasks, node);
  if (const char* const tasks = environment("SLURM_TASKS_PER_NODE");
      tasks && environment("SLURM_STEP_NUM_TASKS"))
    return tasks_on_node(tasks, node);
  return 0;
}

/// How many cores a kernel list like `0-3,8` names; 0 for none.
[[gnu::cold]] inline int cores_of_list(const char* list) {
  long cores = 0;
  while (*list >= '0' && *list <= '9') {
    char* end = nullptr;
    const long first = std::strtol(list, &end, 10);
    const long last = *end == '-' ? std::strtol(end + 1, &end, 10) : first;
    cores += 1 + last - first;
    if (*end != ',') break;
    list = end + 1;
  }
  return static_cast<int>(cores);
}

/// Where the control group of this process is for one controller ("cpu", "cpuset").
struct control_group {
  char directory[8192] = {};  ///< empty when there is none
  std::size_t top = 0;   ///< of which the mount point, the last directory visible on the way up
  bool unified = false;  ///< version 2

  bool exists() const { return *directory != '\0'; }
  /// What is in a file of the directory.
  char* read(const char* name, file_reader reader) const {
    char path[sizeof directory + 64];
    std::snprintf(path, sizeof path, "%s/%s", directory, name);
    return reader(path);
  }
};

/// The path below `root` of a mount, which is all of the path that this process can see: in a
/// container the root of the mount is the container's group.
[[gnu::cold]] inline const char* path_below(const char* path, const char* root) {
  if (std::strstr(path, "/..")) return "";  // outside of this process' cgroup namespace
  if (!is_equal(root, "/")) {
    if (!starts_with(path, root)) return "";
    path += std::strlen(root);
    if (*path != '\0' && *path != '/') return "";
  }
  return is_equal(path, "/") ? "" : path;
}

[[gnu::cold]] inline void find_control_group(control_group& found, const char* controller,
                                             file_reader read) {
  malloced groups(read("/proc/self/cgroup"));
  // Lines are `4:cpu,cpuacct:/path` in version 1, `0::/path` in version 2. With both mounted, a
  // controller that version 1 has is not in version 2.
  for (char* rest = groups.text(); *rest;) {
    char* path = take_until(rest, '\n');
    const bool unified = is_equal(take_until(path, ':'), "0");
    const char* const controllers = take_until(path, ':');
    if (unified ? found.exists() : !is_listed(controllers, controller)) continue;
    malloced mounts(read("/proc/self/mountinfo"));
    for (char* lines = mounts.text(); *lines;) {
      // id parent device root mount-point options [tags...] - type source options
      char* line = take_until(lines, '\n');
      for (int skipped = 0; skipped < 3; ++skipped) take_until(line, ' ');
      const char* const root = take_until(line, ' ');
      const char* const point = take_until(line, ' ');
      while (*line && !is_equal(take_until(line, ' '), "-")) continue;
      const char* const type = take_until(line, ' ');
      take_until(line, ' ');
      if (unified ? !is_equal(type, "cgroup2")
                  : !is_equal(type, "cgroup") || !is_listed(line, controller))
        continue;
      std::snprintf(found.directory, sizeof found.directory, "%s%s", point, path_below(path, root));
      found.top = std::strlen(point);
      found.unified = unified;
      break;
    }
  }
}

/// The same group, one level up; false at the top.
[[gnu::cold]] inline bool go_up(control_group& group) {
  if (std::strlen(group.directory) <= group.top) return false;
  *std::strrchr(group.directory, '/') = '\0';
  return true;
}

/// How many cores' worth of time the quotas of this process' control group and of all above it
/// leave it (and all others in the group); 0 when there is no quota.
[[gnu::cold]] inline double quota_of_cores(file_reader read = text_of_file) {
  control_group group;
  find_control_group(group, "cpu", read);
  double least = 0;
  if (!group.exists()) return least;
  do {
    // `max 100000`, `150000 100000`; version 1 has two files, and says -1 for no quota
    malloced text(group.read(group.unified ? "cpu.max" : "cpu.cfs_quota_us", read));
    malloced apart(group.unified ? nullptr : group.read("cpu.cfs_period_us", read));
    char* rest = text.text();
    const int quota = leading_number(take_until(rest, ' '));
    const int period = leading_number(group.unified ? rest : apart.text());
    if (quota <= 0 || period <= 0) continue;
    const double cores = static_cast<double>(quota) / period;
    if (least == 0 || cores < least) least = cores;
  } while (go_up(group));
  return least;
}

/// The cores that the control group allows which all ranks of the node share (a container, a job
/// step); 0 when unknown. Where Slurm makes a group for each task, that one is passed over.
[[gnu::cold]] inline int cores_of_control_group(file_reader read = text_of_file) {
  control_group group;
  find_control_group(group, "cpuset", read);
  if (!group.exists()) return 0;
  if (char* task = std::strstr(group.directory, "/task_")) {
    while (char* const deeper = std::strstr(task + 1, "/task_")) task = deeper;
    *task = '\0';
  }
  do {
    for (const char* const name :
         {"cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"}) {
      malloced list(group.read(name, read));
      if (const int cores = cores_of_list(list.text()); cores > 0) return cores;
    }
  } while (go_up(group));
  return 0;
}

/// The cores of this machine, whoever may use them; 0 when unknown.
[[gnu::cold]] inline int online_cores([[maybe_unused]] file_reader read = text_of_file) {
#if defined(__linux__)
  malloced list(read("/sys/devices/system/cpu/online"));
  if (const int cores = cores_of_list(list.text()); cores > 0) return cores;
#endif
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? static_cast<int>(cores) : 0;
}

/// The value of a line `name:\tvalue` of /proc/<process>/status, and what follows the line.
[[gnu::cold]] inline const char* status_value(const char* status, const char* name) {
  const std::size_t size = std::strlen(name);
  for (const char* line = status; *line; ++line) {
    if (starts_with(line, name) && line[size] == ':') {
      line += size + 1;
      while (*line == ' ' || *line == '\t') ++line;
      return line;
    }
    line = std::strchr(line, '\n');
    if (!line) break;
  }
  return "";
}

/// The cores of the launcher's process on this node, from which the ranks here were started; 0 when
/// it is not among the ancestors of this process (or out of sight in another container).
[[gnu::cold]] inline int cores_of_launcher(file_reader read = text_of_file) {
  char path[64] = "/proc/self/status";
  // There may be shells and wrappers between the launcher and this process, but not many.
  for (int generation = 0; generation <= 16; ++generation) {
    malloced file(read(path));
    const char* const status = file.text();
    // The kernel keeps 15 letters of a name.
    const char* const name = status_value(status, "Name");
    if (generation > 0)
      for (const char* const launcher : {"hydra_pmi_proxy", "hydra_bstrap_pr", "orted", "orterun",
                                         "prte", "mpirun", "mpiexec", "slurmstepd", "palsd"})
        if (starts_with(name, launcher))
          return cores_of_list(status_value(status, "Cpus_allowed_list"));
    const int parent = leading_number(status_value(status, "PPid"));
    if (parent <= 0) return 0;
    std::snprintf(path, sizeof path, "/proc/%d/status", parent);
  }
  return 0;
}

/// Whether the ranks of this node have to take turns on its cores, so that a rank that waits should
/// give its core away instead of polling. False when it is not known how many ranks there are.
///
/// All ranks of the node together can use the cores that were theirs before each was bound to its
/// own. That is not this process' mask: a mask of one core may be this rank's own (a binding
/// launcher on a big machine) or shared by all (a container with one core), and the number of its
/// cores does not tell which. Hence, whichever is least of
///  - the mask of the launcher's process here (taskset, a container): the ranks inherited it, and
///    were bound afterwards;
///  - the cores of the control group that all ranks are in (docker --cpuset-cpus, a Slurm job):
///    slurmstepd itself is not confined to it;
///  - the cores of the machine;
///  - the quota, which need not be a whole number.
/// Not known are other jobs on the node, and launchers that bind two ranks to one core. A wrong
/// "yes" makes messages a little slower, a wrong "no" makes each wait for the end of a time slice.
[[gnu::cold]] inline bool more_ranks_than_cores(
    environment_reader environment = process_environment, file_reader read = text_of_file) {
  const int ranks = local_ranks(environment);
  if (ranks <= 1) return false;
  for (const int cores :
       {online_cores(read), cores_of_launcher(read), cores_of_control_group(read)})
    if (cores > 0 && ranks > cores) return true;
  const double quota = quota_of_cores(read);
  return quota > 0 && ranks > quota;
}

/// One sentence for the user when this process was started as one of several, but its MPI does not
/// know of the others, because the launcher belongs to another MPI; empty otherwise. Only the
/// process that the launcher calls number 0 gets it. `mpi_name` is "MPICH" or "Open MPI"
/// (MPICH_VERSION or OPEN_MPI in mpi.h); others get a remedy in general terms.
///
/// PMIX_RANK is no evidence, for Open MPI sets it in a process that was started alone; neither is
/// SLURM_NTASKS, which is set in batch scripts. A process that a rank starts by itself looks like
/// one that the launcher started, and is warned.
[[gnu::cold]] inline sentence launcher_mismatch(
    int world_size, const char* mpi_name, environment_reader environment = process_environment) {
  if (world_size != 1) return formatted("", {});
  struct launcher {
    const char *mark, *size, *rank;  // environment variables
    const char *name, *mpi;
  };
  // The first that is there has started this process: the mpiexecs may run within a step of Slurm,
  // not the other way round. Slurm's own PMI sets PMI_SIZE too, hydra alone MPI_LOCALNRANKS.
  static constexpr launcher launchers[] = {
      {"MPI_LOCALNRANKS", "PMI_SIZE", "PMI_RANK", "MPICH's mpiexec", "MPICH"},
      {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "Open MPI's mpiexec",
       "Open MPI"},
      {"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun", "Slurm"},
      {"PMI_SIZE", "PMI_SIZE", "PMI_RANK", "the launcher", ""}};
  for (const launcher& by : launchers) {
    if (!environment(by.mark)) continue;
    const int size = environment_number(environment, by.size);
    if (size <= 1 || environment_number(environment, by.rank) != 0) return formatted("", {});
    const bool mpich = is_equal(mpi_name, "MPICH"), open_mpi = is_equal(mpi_name, "Open MPI");
    const char* remedy = "use the mpiexec that was installed with this {}";
    if (is_equal(by.mpi, "Slurm"))
      remedy = mpich      ? "use srun --mpi=pmi2 (or mpiexec.mpich within the job)"
               : open_mpi ? "use srun --mpi=pmix (or mpiexec.openmpi within the job)"
                          : "use srun --mpi=... with the kind of PMI that {} was built with (srun "
                            "--mpi=list shows those there are)";
    else if (*by.mpi && !is_equal(by.mpi, mpi_name) && (mpich || open_mpi))
      remedy = mpich ? "use mpiexec.mpich, the mpiexec of {} (or build with {})"
                     : "use mpiexec.openmpi, the mpiexec of {} (or build with {})";
    return formatted(
        "{} started {} processes, but this program was built with {}, which knows nothing of that, "
        "so each of them is alone (world size 1): {}.",
        {by.name, size, mpi_name, formatted(remedy, {mpi_name, by.mpi})});
  }
  return formatted("", {});
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
