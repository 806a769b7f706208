// ranks: 1
// SPDX-License-Identifier: MIT
// What is learned from environments and kernels of many kinds, none of which is this machine's.
#include <mpi4cxx/runtime/machine.hpp>

#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

namespace detail = mpi4cxx::MPI::detail;
using detail::launcher_mismatch;
using detail::local_ranks;

namespace {

std::map<std::string, std::string> variables;
std::map<std::string, std::string> files;

const char* fake_environment(const char* name) {
  const auto found = variables.find(name);
  return found == variables.end() ? nullptr : found->second.c_str();
}

char* fake_file(const char* path) {
  const auto found = files.find(path);
  return found == files.end() ? nullptr : strdup(found->second.c_str());
}

int fake_local_ranks(std::map<std::string, std::string> environment) {
  variables = std::move(environment);
  return local_ranks(fake_environment);
}

std::string fake_mismatch(std::map<std::string, std::string> environment, const char* mpi,
                          int world_size = 1) {
  variables = std::move(environment);
  return launcher_mismatch(world_size, mpi, fake_environment);
}

bool fake_more_ranks(int ranks, std::map<std::string, std::string> machine) {
  variables = {{"MPI_LOCALNRANKS", std::to_string(ranks)}};
  files = std::move(machine);
  return detail::more_ranks_than_cores(fake_environment, fake_file);
}

double fake_quota(std::map<std::string, std::string> machine) {
  files = std::move(machine);
  return detail::quota_of_cores(fake_file);
}

int fake_group(std::map<std::string, std::string> machine) {
  files = std::move(machine);
  return detail::cores_of_control_group(fake_file);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::string version_2_mounts =
    "22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw\n"
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const std::string version_1_mounts =
    "30 23 0:26 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n"
    "31 23 0:27 / /sys/fs/cgroup/cpuset rw shared:10 - cgroup cgroup rw,cpuset\n"
    "32 23 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro master:11 - cgroup cgroup "
    "rw,cpu,cpuacct\n";

}  // namespace

TEST_CASE("numbers and lists") {
  CHECK(detail::leading_number("") == -1);
  CHECK(detail::leading_number("x3") == -1);
  CHECK(detail::leading_number("-3") == -1);
  CHECK(detail::leading_number("0") == 0);
  CHECK(detail::leading_number("12(x2)") == 12);
  CHECK(detail::leading_number("99999999999999999999") > 0);

  CHECK(detail::cores_of_list("") == 0);
  CHECK(detail::cores_of_list("\n") == 0);
  CHECK(detail::cores_of_list("0\n") == 1);
  CHECK(detail::cores_of_list("0-3,8,10-11\n") == 7);

  CHECK(detail::tasks_on_node("4", 0) == 4);
  CHECK(detail::tasks_on_node("4", 1) == 0);
  CHECK(detail::tasks_on_node("4(x2),3", 0) == 4);
  CHECK(detail::tasks_on_node("4(x2),3", 1) == 4);
  CHECK(detail::tasks_on_node("4(x2),3", 2) == 3);
  CHECK(detail::tasks_on_node("4(x2),3", 3) == 0);
  CHECK(detail::tasks_on_node("1,16(x1000),2", 1001) == 2);
  CHECK(detail::tasks_on_node("nonsense", 0) == 0);
  CHECK(detail::tasks_on_node("", 0) == 0);
}

TEST_CASE("the ranks of this node") {
  CHECK(fake_local_ranks({}) == 0);
  CHECK(fake_local_ranks({{"MPI_LOCALNRANKS", "3"}}) == 3);
  CHECK(fake_local_ranks({{"OMPI_COMM_WORLD_LOCAL_SIZE", "5"}}) == 5);
  CHECK(fake_local_ranks({{"PMI_LOCAL_SIZE", "7"}}) == 7);
  CHECK(fake_local_ranks({{"MPI_LOCALNRANKS", "many"}}) == 0);
  CHECK(fake_local_ranks({{"SLURM_STEP_TASKS_PER_NODE", "4(x2),3"},
                          {"SLURM_STEP_NUM_TASKS", "11"},
                          {"SLURM_NODEID", "2"}}) == 3);
  CHECK(fake_local_ranks({{"SLURM_TASKS_PER_NODE", "4(x2),3"},
                          {"SLURM_STEP_NUM_TASKS", "11"},
                          {"SLURM_NODEID", "1"}}) == 4);
  // A batch script is one process, whatever the job has asked for.
  CHECK(fake_local_ranks({{"SLURM_TASKS_PER_NODE", "4(x2)"}, {"SLURM_NODEID", "0"}}) == 0);
  CHECK(fake_local_ranks({{"SLURM_STEP_TASKS_PER_NODE", "4"}}) == 0);
  // hydra starts its proxies with srun, one a node.
  CHECK(fake_local_ranks({{"MPI_LOCALNRANKS", "6"},
                          {"SLURM_STEP_TASKS_PER_NODE", "1(x2)"},
                          {"SLURM_STEP_NUM_TASKS", "2"},
                          {"SLURM_NODEID", "1"}}) == 6);
}

TEST_CASE("quotas of version 2 of the control groups, up to the top") {
  CHECK(fake_quota({}) == 0);
  std::map<std::string, std::string> machine{{"/proc/self/cgroup", "0::/system.slice/job/step\n"},
                                             {"/proc/self/mountinfo", version_2_mounts}};
  CHECK(fake_quota(machine) == 0);
  machine["/sys/fs/cgroup/system.slice/job/step/cpu.max"] = "max 100000\n";
  CHECK(fake_quota(machine) == 0);
  machine["/sys/fs/cgroup/system.slice/cpu.max"] = "350000 100000\n";
  CHECK(fake_quota(machine) == 3.5);
  machine["/sys/fs/cgroup/system.slice/job/cpu.max"] = "50000 50000\n";
  CHECK(fake_quota(machine) == 1);

  // A container: its group is the top of all that it sees.
  CHECK(fake_quota({{"/proc/self/cgroup", "0::/\n"},
                    {"/proc/self/mountinfo", version_2_mounts},
                    {"/sys/fs/cgroup/cpu.max", "200000 100000\n"}}) == 2);
  CHECK(fake_quota({{"/proc/self/cgroup", "0::/../other\n"},
                    {"/proc/self/mountinfo", version_2_mounts},
                    {"/sys/fs/cgroup/cpu.max", "100000 100000\n"}}) == 1);
}

TEST_CASE("quotas of version 1, in a container without a namespace of its own") {
  std::map<std::string, std::string> machine{
      {"/proc/self/cgroup", "5:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc/inner\n0::/\n"},
      {"/proc/self/mountinfo", version_1_mounts},
      {"/sys/fs/cgroup/unified/cpu.max", "1 100000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "100000\n"}};
  CHECK(fake_quota(machine) == 0);
  machine["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "150000\n";
  machine["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us"] = "100000\n";
  CHECK(fake_quota(machine) == 1.5);
}

TEST_CASE("the cores of the control group") {
  CHECK(fake_group({}) == 0);
  CHECK(fake_group({{"/proc/self/cgroup", "0::/a/b\n"},
                    {"/proc/self/mountinfo", version_2_mounts},
                    {"/sys/fs/cgroup/a/b/cpuset.cpus.effective", "\n"},
                    {"/sys/fs/cgroup/a/cpuset.cpus.effective", "2-5\n"},
                    {"/sys/fs/cgroup/cpuset.cpus.effective", "0-63\n"}}) == 4);
  CHECK(fake_group({{"/proc/self/cgroup", "5:cpuset:/docker/abc\n4:cpu,cpuacct:/\n0::/\n"},
                    {"/proc/self/mountinfo", version_1_mounts},
                    {"/sys/fs/cgroup/cpuset/docker/abc/cpuset.cpus", "0,2\n"}}) == 2);
  // Slurm's group of one task is not what the tasks share.
  const std::string step = "/slurmstepd.scope/job_1/step_0/user";
  CHECK(fake_group({{"/proc/self/cgroup", "0::" + step + "/task_3\n"},
                    {"/proc/self/mountinfo", version_2_mounts},
                    {"/sys/fs/cgroup" + step + "/task_3/cpuset.cpus.effective", "3\n"},
                    {"/sys/fs/cgroup" + step + "/cpuset.cpus.effective", "0-7\n"}}) == 8);
}

TEST_CASE("more ranks than cores") {
  std::map<std::string, std::string> machine{{"/sys/devices/system/cpu/online", "0-7\n"}};
  CHECK_FALSE(fake_more_ranks(8, machine));
  CHECK(fake_more_ranks(9, machine));

  // Each rank bound to one core by a launcher that is not, below a shell.
  machine["/proc/self/status"] = "Name:\tprogram\nPPid:\t30\nCpus_allowed_list:\t3\n";
  machine["/proc/30/status"] = "Name:\tsh\nPPid:\t20\nCpus_allowed_list:\t3\n";
  machine["/proc/20/status"] = "Name:\thydra_pmi_proxy\nPPid:\t10\nCpus_allowed_list:\t0-7\n";
  machine["/proc/10/status"] = "Name:\tmpiexec.hydra\nPPid:\t1\nCpus_allowed_list:\t0-7\n";
  CHECK_FALSE(fake_more_ranks(8, machine));
  // The same masks, but all ranks inherited theirs: taskset -c 3 mpiexec.
  machine["/proc/20/status"] = "Name:\thydra_pmi_proxy\nPPid:\t10\nCpus_allowed_list:\t3\n";
  CHECK(fake_more_ranks(2, machine));
  CHECK_FALSE(fake_more_ranks(1, machine));

  // Within a Slurm job of four cores, whose slurmstepd may use all.
  machine["/proc/20/status"] = "Name:\tslurmstepd\nPPid:\t1\nCpus_allowed_list:\t0-7\n";
  machine["/proc/self/cgroup"] = "0::/job_1/step_0\n";
  machine["/proc/self/mountinfo"] = version_2_mounts;
  machine["/sys/fs/cgroup/job_1/step_0/cpuset.cpus.effective"] = "0-3\n";
  CHECK_FALSE(fake_more_ranks(4, machine));
  CHECK(fake_more_ranks(5, machine));
  machine["/sys/fs/cgroup/job_1/cpu.max"] = "250000 100000\n";
  CHECK_FALSE(fake_more_ranks(2, machine));
  CHECK(fake_more_ranks(3, machine));

  variables.clear();
  CHECK_FALSE(detail::more_ranks_than_cores(fake_environment, fake_file));
}

TEST_CASE("a process among several whose MPI knows of none is told why") {
  const std::map<std::string, std::string> hydra{
      {"MPI_LOCALNRANKS", "2"}, {"PMI_SIZE", "4"}, {"PMI_RANK", "0"}};
  const std::map<std::string, std::string> open_mpi{{"OMPI_COMM_WORLD_SIZE", "4"},
                                                    {"OMPI_COMM_WORLD_RANK", "0"}};
  const std::map<std::string, std::string> step{
      {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}};

  const std::string sentence = fake_mismatch(open_mpi, "MPICH");
  CHECK(has(sentence, "Open MPI's mpiexec started 4 processes"));
  CHECK(has(sentence, "use mpiexec.mpich"));
  CHECK(has(sentence, "build with Open MPI"));
  CHECK(has(fake_mismatch(hydra, "Open MPI"), "use mpiexec.openmpi"));
  CHECK(has(fake_mismatch(hydra, "Open MPI"), "build with MPICH"));
  CHECK(has(fake_mismatch(step, "MPICH"), "srun --mpi=pmi2"));
  CHECK(has(fake_mismatch(step, "Open MPI"), "srun --mpi=pmix"));
  CHECK(has(fake_mismatch(step, "Other"), "srun --mpi=list"));
  CHECK(has(fake_mismatch(hydra, "MPICH"), "installed with this MPICH"));
  CHECK(has(fake_mismatch({{"PMI_SIZE", "4"}, {"PMI_RANK", "0"}}, "Open MPI"),
            "installed with this Open MPI"));

  // Within a Slurm job the mpiexecs' word counts, though not on a step of theirs.
  auto both = step;
  both.insert(open_mpi.begin(), open_mpi.end());
  CHECK(has(fake_mismatch(both, "MPICH"), "use mpiexec.mpich"));
  both["OMPI_COMM_WORLD_SIZE"] = "1";
  CHECK(fake_mismatch(both, "Open MPI").empty());
}

TEST_CASE("a process that is rightly alone, or not the first, is told nothing") {
  CHECK(fake_mismatch({}, "MPICH").empty());
  CHECK(fake_mismatch({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "1"}}, "MPICH")
            .empty());
  CHECK(fake_mismatch({{"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_PROCID", "3"}}, "MPICH").empty());
  CHECK(fake_mismatch({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "0"}}, "MPICH", 4)
            .empty());
  for (const char* const mpi : {"MPICH", "Open MPI", "Other"}) {
    CHECK(fake_mismatch({{"MPI_LOCALNRANKS", "1"}, {"PMI_SIZE", "1"}, {"PMI_RANK", "0"}}, mpi)
              .empty());
    CHECK(
        fake_mismatch({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}}, mpi).empty());
    CHECK(fake_mismatch({{"SLURM_STEP_NUM_TASKS", "1"}, {"SLURM_PROCID", "0"}}, mpi).empty());
    // A batch script, and what Open MPI sets in a process that was started alone.
    CHECK(fake_mismatch({{"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}}, mpi).empty());
    CHECK(fake_mismatch({{"PMIX_RANK", "0"}, {"PMIX_NAMESPACE", "1"}}, mpi).empty());
  }
}

TEST_CASE("this machine gives sensible answers") {
  CHECK(detail::online_cores() >= 1);
  CHECK(local_ranks() >= 0);
  if (local_ranks() <= 1) CHECK_FALSE(detail::more_ranks_than_cores());
}
