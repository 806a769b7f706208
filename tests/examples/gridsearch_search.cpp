// SPDX-License-Identifier: MIT
// ranks: serial
// needs: mpi4cxx_gridsearch
// environment: OMP_WAIT_POLICY=passive
// The grid, the two schedules' orders, the file of results, and XGBoost behind its wrapper.
#include <algorithm>
#include <cstddef>
#include <gridsearch/booster.hpp>
#include <gridsearch/generator.hpp>
#include <gridsearch/grid.hpp>
#include <gridsearch/preprocessing.hpp>
#include <gridsearch/results.hpp>
#include <gridsearch/schedule.hpp>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace gridsearch;

std::vector<Result> read(const std::string& content) {
  std::istringstream stream(content);
  return read_results(stream, "log.csv");
}

}  // namespace

TEST_CASE("the full grid has every combination once") {
  const auto all = combinations(parse_grid("full"));
  CHECK(all.size() == 3 * 3 * 2 * 2 * 2 * 3);
  CHECK(std::set<Combination>(all.begin(), all.end()).size() == all.size());
  CHECK(std::count(all.begin(), all.end(), Combination{600, 0.1, 8, 0.7, 0.8, 1}) == 1);
}

TEST_CASE("a reduced grid has the given values, and the defaults of the others") {
  Combination with = default_combination;
  with[2] = 3;
  with[0] = 20;
  Combination other = with;
  other[0] = 40;
  CHECK(combinations(parse_grid("max_depth=3;n_estimators=20,40")) ==
        std::vector<Combination>{with, other});
}

TEST_CASE("a grid that cannot be read is refused with what is wrong") {
  const std::map<std::string, std::string> wrong{
      {"depth=3", "\"depth=3\" is not NAME=VALUE,VALUE with one of the names n_estimators, "},
      {"max_depth", "\"max_depth\" is not NAME=VALUE"},
      {"", "\"\" is not NAME=VALUE"},
      {"max_depth=3;", "\"\" is not NAME=VALUE"},
      {"max_depth=", "max_depth: \"\" is not a number"},
      {"learning_rate=0.1,fast", "learning_rate: \"fast\" is not a number"},
      {"learning_rate=nan", "learning_rate: \"nan\" is not a number"},
      {"max_depth=2.5", "max_depth: 2.5 is not a whole number"},
      {"n_estimators=0", "n_estimators: 0 is not a whole number"},
      {"max_depth=3;max_depth=4", "max_depth is given twice"},
      {"max_depth=3,3", "max_depth: 3 is given twice"}};
  for (const auto& [grid, message] : wrong) CHECK_THROWS_WITH(parse_grid(grid), HasText(message));
}

TEST_CASE("blocks are near-equal and in order") {
  const auto all = combinations(full_grid());
  for (const std::size_t size : {1U, 5U, 16U, 216U, 300U}) {
    const auto blocks = split(all, size, 1);
    REQUIRE(blocks.size() == size);
    std::vector<Combination> joined;
    for (const auto& block : blocks) {
      CHECK(block.size() >= all.size() / size);
      CHECK(block.size() <= (all.size() + size - 1) / size);
      for (std::size_t i = 0; i < block.size(); ++i) {
        joined.push_back(block[i].combination);
        CHECK(block[i].number == static_cast<int>(i) + 1);
        CHECK(block[i].count == static_cast<int>(block.size()));
      }
    }
    CHECK(joined == all);
  }
}

TEST_CASE("the longest trainings are handed out first") {
  const auto tasks = longest_first(combinations(full_grid()), 1);
  REQUIRE(tasks.size() == combinations(full_grid()).size());
  for (std::size_t i = 1; i < tasks.size(); ++i)
    CHECK(cost(tasks[i - 1].combination) >= cost(tasks[i].combination));
  CHECK(tasks.front().combination[0] == 600);
  CHECK(tasks.front().combination[2] == 8);
  CHECK(tasks.back().combination[0] == 200);
  CHECK(tasks.back().combination[2] == 5);
}

TEST_CASE("results survive the way through a file, errors too") {
  const Result good{{200, 0.01, 5, 0.7, 1, 50}, 12, 0, 3, 1.0 / 3, 8714.0 / 11625, ""};
  Result failed = good;
  failed.number = 13;
  failed.accuracy = 0;
  failed.error = "one \"two\", three\nfour";
  const auto results = read(result_header + ("\n" + csv_line(good)) + csv_line(failed));
  REQUIRE(results.size() == 2);
  CHECK(results[0].rank == good.rank);
  CHECK(results[0].number == good.number);
  CHECK(results[0].combination == good.combination);
  CHECK(results[0].elapsed == good.elapsed);
  CHECK(results[0].accuracy == good.accuracy);
  CHECK(results[0].error.empty());
  CHECK(results[1].error == "one 'two', three four");
}

TEST_CASE("the course's own log can be read, and half a last line is no line") {
  const std::string log =
      "combination,n_estimators,learning_rate,max_depth,subsample,colsample_bytree,reg_lambda,"
      "elapsed,accuracy\n"
      "0-1,400,0.1,8,0.7,0.8,10,5.165060043334961,0.7495913978494624\n";
  const auto results = read(log + "0-2,600,0.1,5,1.0,1.0,50,8.8");
  REQUIRE(results.size() == 1);
  CHECK(results[0].combination == Combination{400, 0.1, 8, 0.7, 0.8, 10});
  CHECK(results[0].accuracy == 0.7495913978494624);
  CHECK(read("combination,n_est").empty());
  CHECK_THROWS_WITH(read(log + "0-2,many,0.1,5,1.0,1.0,50,8.8,0.7\n"),
                    HasText("log.csv:3: \"many\" is not a number"));
  CHECK_THROWS_WITH(read(log + "0-2,600\n"), HasText("line 3 in file \"log.csv\""));
}

TEST_CASE("the best results come first and the failed last") {
  Result best, middle, failed;
  best.accuracy = 0.75;
  middle.accuracy = 0.7;
  failed.accuracy = 0.9;
  failed.error = "no";
  std::vector<Result> results{failed, middle, best};
  sort_results(results);
  CHECK(results[0].accuracy == 0.75);
  CHECK(results[1].accuracy == 0.7);
  CHECK(results[2].error == "no");
}

TEST_CASE("an accuracy does not depend on threads, nor on what was trained before") {
  const Dataset data = prepare(generate_credit_data(6000, 42), 42);
  const auto accuracy = [&](const Matrix& train, const Matrix& test, int threads, int depth) {
    Classifier model(train, data.class_count,
                     {{"nthread", std::to_string(threads)},
                      {"max_depth", std::to_string(depth)},
                      {"subsample", "0.7"},
                      {"colsample_bytree", "0.8"},
                      {"seed", "42"}});
    model.fit(train, 10);
    return model.score(test);
  };
  const Matrix train(data.train, data.feature_count, 1), test(data.test, data.feature_count, 1);
  const double deep = accuracy(train, test, 1, 6), flat = accuracy(train, test, 1, 2);
  CHECK(deep != flat);
  CHECK(deep > 0.6);  // always "Standard" is 0.53
  CHECK(accuracy(train, test, 1, 6) == deep);
  for (const int threads : {2, 3}) {
    const Matrix other_train(data.train, data.feature_count, threads),
        other_test(data.test, data.feature_count, threads);
    CHECK(accuracy(other_train, other_test, threads, 2) == flat);
    CHECK(accuracy(other_train, other_test, threads, 6) == deep);
  }
}

TEST_CASE("what XGBoost objects to is an exception with one line") {
  const Dataset data = prepare(generate_credit_data(500, 42), 42);
  const Matrix train(data.train, data.feature_count, 1);
  try {
    Classifier model(train, data.class_count, {{"subsample", "2"}});
    model.fit(train, 1);
    FAIL("subsample 2 should not work");
  } catch (const std::runtime_error& error) {
    CHECK_THAT(error.what(), HasText("subsample"));
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}
