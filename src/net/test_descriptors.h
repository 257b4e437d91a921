#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <vector>

namespace clew::net::testing {

/// UndefinedBehaviorSanitizer opens a pipe for each look at a type, and takes its failure for a
/// fault of the program.
inline constexpr bool kNeedsDescriptors =
#if defined(__SANITIZE_ADDRESS__)
    true;
#else
    false;
#endif

/// The process may have so many descriptors as long as this lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t count) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit limit{count, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  ~FileLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

/// Takes all descriptors of the process but `left`.
class AllFiles {
 public:
  explicit AllFiles(std::size_t left) {
    for (int file = open("/dev/null", O_RDONLY | O_CLOEXEC); file >= 0; file = dup(file)) {
      files_.push_back(file);
    }
    for (; left > 0; --left) {
      close(files_.back());
      files_.pop_back();
    }
  }
  ~AllFiles() {
    for (const int file : files_) close(file);
  }
  AllFiles(const AllFiles&) = delete;
  AllFiles& operator=(const AllFiles&) = delete;

 private:
  std::vector<int> files_;
};

}  // namespace clew::net::testing
