#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/test_local_log.h"
#include "log/testing/faulty_file_system.h"

namespace clew::log {

/// A log of which a test takes something away.
class LocalLogLossTest : public LocalLogTest {
 protected:
  /// Gives what is logged meanwhile.
  std::string Open() {
    log_.reset();
    testing::internal::CaptureStderr();
    log_ = OpenLocalLog(options_, disk_, clock_, metrics_).value();
    return testing::internal::GetCapturedStderr();
  }

  Result<Appended> Append(std::string body) {
    return log_->Append(MakeRecord(std::move(body))).Wait();
  }

  /// Opens and appends records of 20,000 bytes of "a", "b" …
  std::vector<Appended> AppendLetters(int count) {
    Open();
    std::vector<Appended> places;
    for (int i = 0; i < count; ++i) {
      places.push_back(Append(std::string(20'000, static_cast<char>('a' + i))).value());
    }
    return places;
  }

  /// The first letter of each record.
  std::string Letters() {
    std::string letters;
    const auto end = log_->Read({}, [&](const Appended&, const Record& record) {
      letters += record.body.view().substr(0, 1);
      return Status();
    });
    EXPECT_TRUE(end.has_value()) << end.error().message;
    return letters;
  }

  /// What `consumer` lost, each as [begin, end).
  std::vector<std::pair<std::uint64_t, std::uint64_t>> Lost(const char* consumer = "storage") {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const LostPiece& piece : log_->Lost(consumer)) {
      ranges.emplace_back(piece.begin.offset, piece.end.offset);
    }
    return ranges;
  }

  void FlipByte(const std::string& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    ASSERT_TRUE(file.good());
  }

  void FailSector(const std::string& path, std::uint64_t offset) {
    disk_.FailReads({.path_part = path, .begin = offset, .end = offset + 1, .error = EIO});
  }
  double Damaged() { return metrics_.Sum("clew_log_corrupt_records_total"); }
  double Missing() { return metrics_.Sum("clew_log_missing_bytes_total"); }

  FaultyFileSystem disk_;
  std::unique_ptr<Log> log_;
};

}  // namespace clew::log
