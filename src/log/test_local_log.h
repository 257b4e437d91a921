#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/testing/test_folder.h"
#include "log/local_log.h"

namespace clew::log {

/// A log in a folder of its own.
class LocalLogTest : public testing::Test {
 protected:
  LocalLogTest() {
    options_.directory = folder_.path() + "/log";
    options_.group_commit_delay = Nanos(0);
  }

  static Record MakeRecord(std::string body) {
    Record record;
    record.pipeline = "traces";
    record.body = Bytes(std::move(body));
    return record;
  }

  Result<std::unique_ptr<Log>> Open() { return OpenLocalLog(options_, clock_, metrics_); }

  static std::vector<std::string> Bodies(Log& log, Position from = {}) {
    std::vector<std::string> bodies;
    const auto end = log.Read(from, [&](const Appended&, const Record& record) {
      bodies.emplace_back(record.body.view());
      return Status();
    });
    EXPECT_TRUE(end.has_value());
    EXPECT_EQ(*end, log.end());
    return bodies;
  }

  /// Oldest first.
  std::vector<std::string> SegmentFiles() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(options_.directory)) {
      if (entry.path().extension() == ".seg") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    return paths;
  }

  // With one record each; gives their bodies.
  std::vector<std::string> AppendSegments(int count) {
    const auto log = Open().value();
    std::vector<std::string> bodies;
    for (int i = 0; i < count; ++i) {
      bodies.emplace_back(options_.segment_bytes, static_cast<char>('a' + i));
      EXPECT_TRUE(log->Append(MakeRecord(bodies.back())).Wait().has_value());
    }
    EXPECT_EQ(SegmentFiles().size(), bodies.size());
    return bodies;
  }

  // Puts the bytes of `content` over those of the file at `offset`.
  static void Overwrite(const std::string& path, std::uint64_t offset, std::string_view content) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }

  const base::testing::TestFolder folder_;
  LocalLogOptions options_;
  base::SystemClock clock_;
  base::Metrics metrics_;
};

}  // namespace clew::log
