#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "log/file_system.h"

namespace clew::log {

/// A file that is a string, for reading.
class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::string content) : content_(std::move(content)) {}

  base::Status WriteAt(std::uint64_t, std::span<iovec>) override { return ReadOnly(); }
  base::Result<std::size_t> ReadAt(std::uint64_t offset, char* out,
                                   std::size_t size) const override {
    if (offset >= content_.size()) return 0;
    size = std::min<std::size_t>(size, content_.size() - offset);
    std::memcpy(out, content_.data() + offset, size);
    return size;
  }
  base::Status Truncate(std::uint64_t) override { return ReadOnly(); }
  base::Status Sync() override { return {}; }
  base::Result<std::uint64_t> Size() const override { return content_.size(); }
  base::Status CheckReachable() const override { return {}; }

 private:
  static base::Status ReadOnly() {
    return base::MakeError(base::Code::kPermissionDenied, "the file is for reading only");
  }

  const std::string content_;
};

}  // namespace clew::log
