// SPDX-License-Identifier: MIT
// What a process learns of its surroundings from the environment and the kernel, without MPI: how
// many ranks share how many cores, and whether the launcher belongs to another MPI.
#pragma once

#include <mpi4cxx/version.hpp>

#include <cstdlib>
#include <string>
#include <string_view>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>

#include <cstdio>
#include <vector>
#else
#include <thread>
#endif

namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail {

// The functions take what they read with, so that tests can put other machines in its place.
using environment_reader = const char* (*)(const char* name);
using file_reader = std::string (*)(const std::string& path);

[[gnu::cold]] inline const char* process_environment(const char* name) {
  return std::getenv(name);
}

/// The text of a (small, kernel-made) file; empty when it cannot be read.
[[gnu::cold]] inline std::string text_of_file([[maybe_unused]] const std::string& path) {
  std::string text;
#if defined(__linux__)
  if (std::FILE* const file = std::fopen(path.c_str(), "re")) {
    char block[4096];
    while (const std::size_t size = std::fread(block, 1, sizeof block, file))
      text.append(block, size);
    std::fclose(file);
  }
#endif
  return text;
}

/// The text up to the separator, which is taken away from `rest` with it.
[[gnu::cold]] inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : part.size());
  return part;
}

/// Whether `item` is one of a list with commas.
[[gnu::cold]] inline bool is_listed(std::string_view list, std::string_view item) {
  while (!list.empty())
    if (take_until(list, ',') == item) return true;
  return false;
}

/// The number at the beginning of the text, -1 when there is none.
[[gnu::cold]] inline int leading_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return -1;
  long long number = 0;
  for (const char letter : text) {
    if (letter < '0' || letter > '9' || number > 100'000'000) break;
    number = number * 10 + (letter - '0');
  }
  return static_cast<int>(number);
}

/// An environment variable as a number, -1 when it is not set or none.
[[gnu::cold]] inline int environment_number(environment_reader environment, const char* name) {
  const char* const text = environment(name);
  return text ? leading_number(text) : -1;
}

/// The number of tasks on one node of a list like Slurm's `4(x2),3`, 0 when it has no such node.
[[gnu::cold]] inline int tasks_on_node(std::string_view list, int node) {
  while (!list.empty()) {
    const std::string_view part = take_until(list, ',');
    const std::size_t times = part.find("(x");
    node -= times == part.npos ? 1 : leading_number(part.substr(times + 2));
    if (node < 0) return leading_number(part) > 0 ? leading_number(part) : 0;
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
[[gnu::cold]] inline int cores_of_list(std::string_view list) {
  int cores = 0;
  while (!list.empty()) {
    const std::string_view part = take_until(list, ',');
    const int first = leading_number(part);
    if (first < 0) continue;
    const std::size_t dash = part.find('-');
    cores += 1 + (dash == part.npos ? 0 : leading_number(part.substr(dash + 1)) - first);
  }
  return cores;
}

/// Where the control group of this process is for one controller ("cpu", "cpuset").
struct control_group {
  std::string directory;  ///< empty when there is none
  std::string top;        ///< the mount point, the last directory that is visible on the way up
  bool unified = false;   ///< version 2
};

/// The path below `root` of a mount, which is all of the path that this process can see: in a
/// container the root of the mount is the container's group.
[[gnu::cold]] inline std::string_view path_below(std::string_view path, std::string_view root) {
  if (path.find("/..") != path.npos) return {};  // outside of this process' cgroup namespace
  if (root != "/") {
    if (path.substr(0, root.size()) != root) return {};
    path.remove_prefix(root.size());
    if (!path.empty() && path.front() != '/') return {};
  }
  return path == "/" ? std::string_view() : path;
}

[[gnu::cold]] inline control_group find_control_group(std::string_view controller,
                                                      file_reader read) {
  const std::string groups = read("/proc/self/cgroup");
  const std::string mounts = read("/proc/self/mountinfo");
  control_group found;
  // Lines are `4:cpu,cpuacct:/path` in version 1, `0::/path` in version 2. With both mounted, a
  // controller that version 1 has is not in version 2.
  std::string_view rest = groups;
  while (!rest.empty()) {
    std::string_view path = take_until(rest, '\n');
    const bool unified = take_until(path, ':') == "0";
    const std::string_view controllers = take_until(path, ':');
    if (unified ? !found.directory.empty() : !is_listed(controllers, controller)) continue;
    std::string_view lines = mounts;
    while (!lines.empty()) {
      // id parent device root mount-point options [tags...] - type source options
      std::string_view line = take_until(lines, '\n');
      for (int skipped = 0; skipped < 3; ++skipped) take_until(line, ' ');
      const std::string_view root = take_until(line, ' ');
      const std::string_view point = take_until(line, ' ');
      while (!line.empty() && take_until(line, ' ') != "-") continue;
      const std::string_view type = take_until(line, ' ');
      take_until(line, ' ');
      if (unified ? type != "cgroup2" : type != "cgroup" || !is_listed(line, controller)) continue;
      found.top = point;
      found.directory = found.top + std::string(path_below(path, root));
      found.unified = unified;
      break;
    }
  }
  return found;
}

/// The same group, one level up; false at the top.
[[gnu::cold]] inline bool go_up(control_group& group) {
  if (group.directory.size() <= group.top.size()) return false;
  group.directory.erase(group.directory.rfind('/'));
  return true;
}

/// How many cores' worth of time the quotas of this process' control group and of all above it
/// leave it (and all others in the group); 0 when there is no quota.
[[gnu::cold]] inline double quota_of_cores(file_reader read = text_of_file) {
  control_group group = find_control_group("cpu", read);
  double least = 0;
  if (group.directory.empty()) return least;
  do {
    // `max 100000`, `150000 100000`; version 1 says -1 for no quota
    std::string text = group.unified ? read(group.directory + "/cpu.max")
                                     : read(group.directory + "/cpu.cfs_quota_us") + ' ' +
                                           read(group.directory + "/cpu.cfs_period_us");
    std::string_view rest = text;
    const int quota = leading_number(take_until(rest, ' '));
    const int period = leading_number(rest);
    if (quota <= 0 || period <= 0) continue;
    const double cores = static_cast<double>(quota) / period;
    if (least == 0 || cores < least) least = cores;
  } while (go_up(group));
  return least;
}

/// The cores that the control group allows which all ranks of the node share (a container, a job
/// step); 0 when unknown. Where Slurm makes a group for each task, that one is passed over.
[[gnu::cold]] inline int cores_of_control_group(file_reader read = text_of_file) {
  control_group group = find_control_group("cpuset", read);
  if (group.directory.empty()) return 0;
  if (const std::size_t task = group.directory.rfind("/task_"); task != std::string::npos)
    group.directory.erase(task);
  do {
    for (const char* const name :
         {"/cpuset.cpus.effective", "/cpuset.effective_cpus", "/cpuset.cpus"})
      if (const int cores = cores_of_list(read(group.directory + name)); cores > 0) return cores;
  } while (go_up(group));
  return 0;
}

/// The cores of this machine, whoever may use them; 0 when unknown.
[[gnu::cold]] inline int online_cores([[maybe_unused]] file_reader read = text_of_file) {
#if defined(__linux__)
  if (const int cores = cores_of_list(read("/sys/devices/system/cpu/online")); cores > 0)
    return cores;
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? static_cast<int>(cores) : 0;
#else
  return static_cast<int>(std::thread::hardware_concurrency());
#endif
}

/// The cores in the affinity mask of the calling thread; 0 when unknown.
[[gnu::cold]] inline int cores_of_mask() {
#if defined(__linux__)
  // One cpu_set_t has 1024 bits; the kernel refuses a mask that is smaller than its own.
  for (std::size_t sets = 1; sets <= 1024; sets *= 2) {
    std::vector<cpu_set_t> mask(sets);
    if (sched_getaffinity(0, sets * sizeof(cpu_set_t), mask.data()) != 0) continue;
    int cores = 0;
    for (const cpu_set_t& set : mask) cores += CPU_COUNT(&set);
    return cores;
  }
#endif
  return 0;
}

/// The cores that this process may use: those in its affinity mask, or fewer by the quota of its
/// control group (which it shares with all processes of the group). A launcher that binds each rank
/// gives each a mask of its own, so this must not be divided by local_ranks() to get a rank's
/// share, nor compared with it: that is what more_ranks_than_cores() is for.
[[gnu::cold]] inline double usable_cores(file_reader read = text_of_file) {
  int mask = cores_of_mask();
  if (mask <= 0) mask = online_cores(read);
  if (mask <= 0) mask = 1;
  const double quota = quota_of_cores(read);
  return quota > 0 && quota < mask ? quota : mask;
}

/// The value of a line `name:\tvalue` of /proc/<process>/status.
[[gnu::cold]] inline std::string_view status_value(std::string_view status, std::string_view name) {
  while (!status.empty()) {
    std::string_view line = take_until(status, '\n');
    if (take_until(line, ':') != name) continue;
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    return line;
  }
  return {};
}

/// The cores of the launcher's process on this node, from which the ranks here were started; 0 when
/// it is not among the ancestors of this process (or out of sight in another container).
[[gnu::cold]] inline int cores_of_launcher(file_reader read = text_of_file) {
  std::string status = read("/proc/self/status");
  // There may be shells and wrappers between the launcher and this process, but not many.
  for (int generation = 0; generation < 16; ++generation) {
    const int parent = leading_number(status_value(status, "PPid"));
    if (parent <= 0) return 0;
    status = read("/proc/" + std::to_string(parent) + "/status");
    // The kernel keeps 15 letters of a name.
    const std::string_view name = status_value(status, "Name");
    for (const std::string_view launcher :
         {"hydra_pmi_proxy", "hydra_bstrap_pr", "orted", "orterun", "prte", "mpirun", "mpiexec",
          "slurmstepd", "palsd"})
      if (name.substr(0, launcher.size()) == launcher)
        return cores_of_list(status_value(status, "Cpus_allowed_list"));
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
[[gnu::cold]] inline std::string launcher_mismatch(
    int world_size, std::string_view mpi_name,
    environment_reader environment = process_environment) {
  if (world_size != 1) return {};
  struct launcher {
    const char *mark, *size, *rank;  // environment variables
    const char *name, *mpi;
  };
  // The first that is there has started this process: the mpiexecs may run within a step of Slurm,
  // not the other way round. Slurm's own PMI sets PMI_SIZE too, hydra alone MPI_LOCALNRANKS.
  for (const launcher& by :
       {launcher{"MPI_LOCALNRANKS", "PMI_SIZE", "PMI_RANK", "MPICH's mpiexec", "MPICH"},
        launcher{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK",
                 "Open MPI's mpiexec", "Open MPI"},
        launcher{"SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun", "Slurm"},
        launcher{"PMI_SIZE", "PMI_SIZE", "PMI_RANK", "the launcher", ""}}) {
    if (!environment(by.mark)) continue;
    const int size = environment_number(environment, by.size);
    if (size <= 1 || environment_number(environment, by.rank) != 0) return {};
    const bool mpich = mpi_name == "MPICH", open_mpi = mpi_name == "Open MPI";
    const std::string name(mpi_name);
    std::string sentence =
        std::string(by.name) + " started " + std::to_string(size) +
        " processes, but this program was built with " + name +
        ", which knows nothing of that, so each of them is alone (world size 1): ";
    if (by.mpi == std::string_view("Slurm"))
      sentence += mpich      ? "use srun --mpi=pmi2 (or mpiexec.mpich within the job)"
                  : open_mpi ? "use srun --mpi=pmix (or mpiexec.openmpi within the job)"
                             : "use srun --mpi=... with the kind of PMI that " + name +
                                   " was built with (srun --mpi=list shows those there are)";
    else if (by.mpi != mpi_name && *by.mpi && (mpich || open_mpi))
      sentence += std::string("use ") + (mpich ? "mpiexec.mpich" : "mpiexec.openmpi") +
                  ", the mpiexec of " + name + " (or build with " + by.mpi + ")";
    else
      sentence += "use the mpiexec that was installed with this " + name;
    return sentence + ".";
  }
  return {};
}

}  // namespace mpi4cxx::inline MPI4CXX_ABI::MPI::detail
