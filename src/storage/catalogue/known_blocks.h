#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/vocabulary.h"
#include "storage/format/block_facts.h"

namespace clew::storage {

/// Beside the blocks' directory.
inline constexpr const char* kKnownBlocksFileName = "known-blocks";

/// What was learnt of each block when it was written or opened, as a file (docs/formats/block.md):
/// a start takes it from there and opens no block that has not changed. Derived: what of it is
/// missing or damaged, or is of an object that is another one by now, is learnt from the block.
/// So nothing is synced, and that it cannot be read or written is logged and costs time only. One
/// thread.
class KnownBlocks {
 public:
  /// Without a path nothing is known.
  explicit KnownBlocks(std::string path) : path_(std::move(path)) {}

  /// Reads the file.
  void Load();
  /// What is known of the object; nothing when it is another one than that, or when its store does
  /// not tell versions.
  std::optional<BlockFacts> Find(const ObjectInfo& object) const;

  /// A block that was opened or written. Write() writes it down.
  void Add(const Block& block);
  /// Ends what Load() began. Anew with the blocks for which `is_there`, when the file has much
  /// else; what it was read for is forgotten.
  void Write(const std::function<bool(const std::string& name)>& is_there);

 private:
  void Parse(std::string_view content);
  bool Append();
  void WriteAnew(const std::function<bool(const std::string& name)>& is_there);

  const std::string path_;
  /// As they stand in the file, by name, from Load() to Write().
  std::map<std::string, std::string, std::less<>> records_;
  bool is_read_ = false;
  /// Records to be added.
  std::string pending_;
  base::FileDescriptor file_;
  std::uint64_t file_size_ = 0;
  /// When it was last written anew.
  std::uint64_t size_anew_ = 0;
  bool has_failed_ = false;
};

}  // namespace clew::storage
