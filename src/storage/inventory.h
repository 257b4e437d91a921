#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/vocabulary.h"

namespace clew::storage {

/// Which blocks there should be: a file of lines "+ <size> <name>" and "- <name>", so that a block
/// that somebody removed is noticed at the next start. A block is noted after it was written, and
/// struck off before it is deleted: a crash in between leaves a block too many, never one that
/// seems to be missing. A last line without an end is of a crash and does not count. Rewritten as a
/// whole when most of it is of the past. One thread.
class Inventory {
 public:
  /// Without a path it remembers nothing.
  explicit Inventory(std::string path) : path_(std::move(path)) {}

  /// Name and size of what is noted. Nothing when there is no file yet.
  Result<std::map<std::string, std::uint64_t>> Load();
  /// Begins the file anew with this. Durable when it returns.
  Status Replace(const std::map<std::string, std::uint64_t>& blocks);

  /// Notes them in memory; Write makes it durable.
  void Add(const std::string& name, std::uint64_t byte_size);
  /// Gives the size that was noted; 0 when it was not there.
  std::uint64_t Remove(const std::string& name);
  std::set<std::string> NamesBelow(const std::string& prefix) const;
  /// Durable when it returns. On error it is tried again at the next call.
  Status Write();

 private:
  const std::string path_;
  std::map<std::string, std::uint64_t> blocks_;
  std::string pending_;
  base::FileDescriptor file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t line_count_ = 0;
};

}  // namespace clew::storage
