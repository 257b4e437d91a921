#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>

namespace clew::base::testing {

/// A folder for one test, removed at its end.
class TestFolder {
 public:
  TestFolder() {
    static std::atomic<int> next = 0;
    path_ = ::testing::TempDir() + "clew_test." + std::to_string(::getpid()) + "." +
            std::to_string(next++);
    std::filesystem::remove_all(path_);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace clew::base::testing
