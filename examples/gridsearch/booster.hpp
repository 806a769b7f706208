// SPDX-License-Identifier: MIT
// XGBoost's C interface with owners and exceptions: matrices, one training, its accuracy.
#pragma once

#include <xgboost/c_api.h>

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "preprocessing.hpp"

namespace gridsearch {

/// @throws std::runtime_error with the first line of XGBoost's message; a stack trace follows it
inline void check(int status) {
  if (status == 0) return;
  const std::string message = XGBGetLastError();
  throw std::runtime_error(message.substr(0, message.find('\n')));
}

/// Samples in XGBoost's own form.
class Matrix {
 public:
  Matrix(const Samples& samples, std::size_t feature_count, int threads) : labels_(samples.labels) {
    DMatrixHandle handle = nullptr;
    check(XGDMatrixCreateFromMat_omp(samples.features.data(), samples.labels.size(), feature_count,
                                     std::numeric_limits<float>::quiet_NaN(), &handle, threads));
    handle_.reset(handle);
    check(XGDMatrixSetFloatInfo(handle, "label", labels_.data(), labels_.size()));
  }
  DMatrixHandle handle() const { return handle_.get(); }
  const std::vector<float>& labels() const { return labels_; }

 private:
  struct Free {
    void operator()(DMatrixHandle handle) const { XGDMatrixFree(handle); }
  };
  std::unique_ptr<void, Free> handle_;
  std::vector<float> labels_;
};

/// XGBClassifier: fit and score.
class Classifier {
 public:
  /// The histogram method, which XGBoost 2 has made its default: the exact one that version 1.7
  /// takes for data of this size needs many times as long for the same accuracy.
  Classifier(const Matrix& train, std::size_t class_count,
             const std::map<std::string, std::string>& parameters) {
    const DMatrixHandle matrix = train.handle();
    BoosterHandle handle = nullptr;
    check(XGBoosterCreate(&matrix, 1, &handle));
    handle_.reset(handle);
    set("verbosity", "0");  // what goes wrong is an exception
    set("objective", "multi:softmax");
    set("num_class", std::to_string(class_count));
    set("tree_method", "hist");
    for (const auto& [name, value] : parameters) set(name, value);
  }

  void fit(const Matrix& train, int rounds) {
    for (int round = 0; round < rounds; ++round)
      check(XGBoosterUpdateOneIter(handle_.get(), round, train.handle()));
  }

  /// The share of samples whose class it predicts.
  double score(const Matrix& test) const {
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* classes = nullptr;
    check(XGBoosterPredictFromDMatrix(
        handle_.get(), test.handle(),
        R"({"type": 0, "training": false, "iteration_begin": 0, "iteration_end": 0,
            "strict_shape": false})",
        &shape, &dimensions, &classes));
    std::size_t right = 0;
    for (std::size_t i = 0; i < test.labels().size(); ++i) right += classes[i] == test.labels()[i];
    return static_cast<double>(right) / static_cast<double>(test.labels().size());
  }

 private:
  void set(const std::string& name, const std::string& value) {
    check(XGBoosterSetParam(handle_.get(), name.c_str(), value.c_str()));
  }
  struct Free {
    void operator()(BoosterHandle handle) const { XGBoosterFree(handle); }
  };
  std::unique_ptr<void, Free> handle_;
};

}  // namespace gridsearch
