// SPDX-License-Identifier: MIT
// The main() of every Catch2 test: runs the test cases on all ranks in the same order, and ends the
// whole job at the first failed check of any rank, since the other ranks may wait for it for ever.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#endif

#include "support/sanitizers.hpp"

#include <mpi4cxx/MPI.hpp>

#if defined(MPI4CXX_TEST_ASAN)
#include <sanitizer/lsan_interface.h>
#endif
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

// Raw calls, because a report must come out whatever state the library under test is in.
bool mpi_is_up() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 && finalized == 0;
}

std::string rank_prefix() {
  if (!mpi_is_up()) return "[no MPI] ";
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return "[rank " + std::to_string(rank) + " of " + std::to_string(size) + "] ";
}

// One write, so that the reports of several ranks do not interleave.
void print_block(const std::string& text) {
  const std::string prefix = rank_prefix();
  std::string block;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    block += prefix + text.substr(begin, end - begin) + '\n';
    begin = end + 1;
  }
  [[maybe_unused]] const auto written = write(STDERR_FILENO, block.data(), block.size());
}

[[noreturn]] void end_job(const std::string& text) {
  print_block(text);
  // Ranks that fail too, at about the same moment, get their report out before the job ends.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  int size = 1;
  if (mpi_is_up()) MPI_Comm_size(MPI_COMM_WORLD, &size);
  // Alone it just leaves: MPICH's MPI_Abort would run what the library does at exit.
  if (size > 1) MPI_Abort(MPI_COMM_WORLD, 1);
  std::_Exit(1);
}

/// Ends a job in which all is well without MPI_Finalize, for MPI libraries that hang there.
[[noreturn]] void leave_without_finalize() {
  std::fflush(stdout);
  MPI_Barrier(MPI_COMM_WORLD);  // nobody has failed, and all have printed what they had to say
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) MPI_Abort(MPI_COMM_WORLD, 0);
  for (;;) pause();
}

int test_cases_run = 0;

#if __has_include(<catch2/catch_all.hpp>)
using ListenerBase = Catch::EventListenerBase;
using AssertionEnded = void;
#else
using ListenerBase = Catch::TestEventListenerBase;
using AssertionEnded = bool;
#endif

class FailureEndsJob : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    ListenerBase::testCaseStarting(info);
    ++test_cases_run;
    sections_.clear();
  }
  void sectionStarting(const Catch::SectionInfo& info) override {
    ListenerBase::sectionStarting(info);
    sections_.push_back(info.name);
  }
  void sectionEnded(const Catch::SectionStats& stats) override {
    ListenerBase::sectionEnded(stats);
    if (!sections_.empty()) sections_.pop_back();
  }

  AssertionEnded assertionEnded(const Catch::AssertionStats& stats) override {
    const auto& result = stats.assertionResult;
    // The launcher ends this rank because of another one, which has said why.
    if (std::string(result.getMessage()).starts_with("SIGTERM")) std::_Exit(1);
    if (!result.isOk()) end_job(describe(stats));
    return AssertionEnded(true);
  }

 private:
  std::string describe(const Catch::AssertionStats& stats) const {
    const auto& result = stats.assertionResult;
    const Catch::SourceLineInfo where = result.getSourceInfo();
    std::string text = "FAILED: ";
    for (std::size_t i = 0; i < sections_.size(); ++i)  // the first one is the test case itself
      text += (i == 0 ? "" : " / ") + sections_[i];
    text += '\n' + std::string(where.file) + ':' + std::to_string(where.line);
    if (result.hasExpression()) text += "\n  " + std::string(result.getExpressionInMacro());
    if (result.hasExpandedExpression())
      text += "\nwith expansion:\n  " + std::string(result.getExpandedExpression());
    if (result.getResultType() == Catch::ResultWas::ThrewException)
      text += "\nunexpected exception:";
    if (result.getResultType() == Catch::ResultWas::FatalErrorCondition) text += "\nfatal signal:";
    if (result.hasMessage()) text += "\n  " + std::string(result.getMessage());
    for (const auto& message : stats.infoMessages)
      if (message.type == Catch::ResultWas::Info) text += "\nwith message:\n  " + message.message;
    return text;
  }

  std::vector<std::string> sections_;
};

CATCH_REGISTER_LISTENER(FailureEndsJob)

}  // namespace

int main(int argc, char** argv) {
  Catch::Session session;
  auto& config = session.configData();
  // Catch2 3.9.1 and later shuffle by default, with a seed of their own on each rank.
#if __has_include(<catch2/catch_all.hpp>)
  config.runOrder = Catch::TestRunOrder::Declared;
#else
  config.runOrder = Catch::RunTests::InDeclarationOrder;
#endif
  if (const int status = session.applyCommandLine(argc, argv); status != 0) return status;

  // MPI4CXX_TEST_LAZY leaves the first use of MPI to the test.
  int rank = 0;
  if (std::getenv("MPI4CXX_TEST_LAZY") == nullptr) {
#if defined(MPI4CXX_TEST_ASAN)
    // what MPI takes at its start, in modules that it unloads again, no suppression can name
    __lsan_disable();
    rank = mpi4cxx::MPI::COMM_WORLD.Get_rank();
    __lsan_enable();
#endif
    rank = mpi4cxx::MPI::COMM_WORLD.Get_rank();
    const int size = mpi4cxx::MPI::COMM_WORLD.Get_size();
    const char* expected = std::getenv("MPI4CXX_TEST_RANKS");
    if (expected != nullptr && size != std::atoi(expected))
      end_job("FAILED: the test was started on " + std::string(expected) + " ranks, but MPI sees " +
              std::to_string(size) + ": is mpiexec that of another MPI?");
  }
  if (rank != 0) {  // one summary is enough
#if __has_include(<catch2/catch_all.hpp>)
    config.defaultOutputFilename = "/dev/null";
#else
    config.outputFilename = "/dev/null";
#endif
  }

  const bool runs_tests = !config.listTests && !config.listTags && !config.showHelp;
  const int status = session.run();
  if (runs_tests && status == 0 && test_cases_run == 0) end_job("FAILED: no test case was run");
  if (status == 0 && std::getenv("MPI4CXX_TEST_NO_FINALIZE") && mpi_is_up())
    leave_without_finalize();
  return status;
}
