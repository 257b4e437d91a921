#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/damage.h"
#include "base/file.h"
#include "base/vocabulary.h"
#include "log/file_system.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

/// Beside the blocks' directory.
inline constexpr const char* kInventoryFileName = "inventory";

/// Which blocks there should be: a file of lines "+ <size> <name>" and "- <name>", each behind its
/// checksum and number (docs/formats/block.md), so that a block that somebody removed is noticed at
/// each start. It stays noted until retention would have deleted it. A block is noted after it was
/// written, and struck off before it is deleted: a crash in between leaves a block too many, never
/// one that seems to be missing. A last line without an end is of a crash and does not count.
/// Rewritten as a whole when most of it is of the past. One thread.
class Inventory {
 public:
  /// Without a path it remembers nothing.
  explicit Inventory(std::string path) : path_(std::move(path)) {}

  struct Found {
    bool is_there = false;
    /// Name and size of what is noted in the lines that are sound.
    std::map<std::string, std::uint64_t> blocks;
    /// Lines, or the whole when nothing can be taken from it: it is no file, or the disk does not
    /// give it back. Blocks that are gone may not be missed then.
    std::vector<base::Damage> damages;
  };
  /// Reads the file; with a sector that the disk does not give back only its lines are lost.
  /// `has_blocks`: some are there, so that an empty file is damaged. An error, with
  /// what to do, when it cannot be read for a reason that is not its own, as no descriptor or no
  /// permission: it may be sound.
  Result<Found> Load(bool has_blocks, log::FileSystem& files = log::SystemFiles()) const;
  /// Of the file; empty: none.
  const std::string& path() const { return path_; }
  /// Begins the file anew with this. Durable when it returns.
  Status Replace(const std::map<std::string, std::uint64_t>& blocks);

  /// Notes them in memory; Write makes it durable.
  void Add(const std::string& name, std::uint64_t byte_size);
  void Remove(const std::string& name);
  bool Has(const std::string& name) const { return blocks_.contains(name); }
  /// As it was noted; 0 when it is not.
  std::uint64_t SizeOf(const std::string& name) const;
  /// Name and size of those whose name begins with `prefix`.
  std::map<std::string, std::uint64_t> Below(const std::string& prefix) const;
  /// Durable when it returns. On error it is tried again at the next call, and what was removed may
  /// still be in the file: it must not be deleted. RESOURCE_EXHAUSTED when there is no room.
  Status Write();

 private:
  Status WriteAnew();
  Status WritePending();

  const std::string path_;
  std::map<std::string, std::uint64_t> blocks_;
  std::string pending_;
  base::FileDescriptor file_;
  std::uint64_t file_size_ = 0;
  std::uint64_t line_count_ = 0;
};

/// Which blocks of `noted` are not among `objects`, as the store lists them. What is in a folder
/// that could not be listed is not known, and not missing. What has no name of a block is none: an
/// earlier release noted what else lay there, too.
std::map<std::string, std::uint64_t> MissingOf(std::map<std::string, std::uint64_t> noted,
                                               const std::vector<ObjectInfo>& objects);

}  // namespace clew::storage
