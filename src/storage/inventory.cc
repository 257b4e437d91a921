#include "storage/inventory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

namespace clew::storage {
namespace {

// So many lines of the past are not worth a new file.
constexpr std::uint64_t kOldLines = 1000;

std::string AddLine(const std::string& name, std::uint64_t byte_size) {
  return fmt::format("+ {} {}\n", byte_size, name);
}

void Apply(std::string_view line, std::map<std::string, std::uint64_t>& blocks) {
  if (line.starts_with("- ")) {
    blocks.erase(std::string(line.substr(2)));
    return;
  }
  if (!line.starts_with("+ ")) return;
  line.remove_prefix(2);
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), size);
  if (parsed.ec != std::errc() || parsed.ptr == line.data() + line.size()) return;
  blocks[std::string(parsed.ptr + 1, line.data() + line.size())] = size;
}

Status Append(int fd, std::string_view text, std::uint64_t offset, const std::string& path) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  TRY(base::WriteParts(fd, {&part, 1}, offset, path));
  if (::fdatasync(fd) != 0) return std::unexpected(base::ErrnoError(errno, "syncing " + path));
  return {};
}

}  // namespace

Result<std::map<std::string, std::uint64_t>> Inventory::Load() {
  std::map<std::string, std::uint64_t> blocks;
  if (path_.empty()) return blocks;
  const Result<std::string> content = base::ReadFile(path_);
  if (!content.has_value()) {
    if (content.error().code == Code::kNotFound) return blocks;
    return std::unexpected(content.error());
  }
  std::string_view rest = *content;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    Apply(rest.substr(0, end), blocks);
    rest.remove_prefix(end + 1);
  }
  return blocks;
}

Status Inventory::Replace(const std::map<std::string, std::uint64_t>& blocks) {
  blocks_ = blocks;
  pending_.clear();
  file_ = {};  // until the new one is whole: then the next Write begins it again
  if (path_.empty()) return {};
  std::string text;
  for (const auto& [name, size] : blocks_) text += AddLine(name, size);
  const std::string unfinished = path_ + ".new";
  ASSIGN_OR_RETURN(base::FileDescriptor file,
                   base::OpenFile(unfinished, O_CREAT | O_TRUNC | O_WRONLY));
  TRY(Append(file.get(), text, 0, unfinished));
  if (std::rename(unfinished.c_str(), path_.c_str()) != 0) {
    return std::unexpected(base::ErrnoError(errno, "renaming " + unfinished));
  }
  TRY(base::SyncDirectory(base::ParentDirectory(path_)));
  file_ = std::move(file);
  file_size_ = text.size();
  line_count_ = blocks_.size();
  return {};
}

void Inventory::Add(const std::string& name, std::uint64_t byte_size) {
  if (path_.empty() || !blocks_.emplace(name, byte_size).second) return;
  pending_ += AddLine(name, byte_size);
  ++line_count_;
}

std::uint64_t Inventory::Remove(const std::string& name) {
  const auto found = blocks_.find(name);
  if (found == blocks_.end()) return 0;
  const std::uint64_t byte_size = found->second;
  blocks_.erase(found);
  pending_ += fmt::format("- {}\n", name);
  ++line_count_;
  return byte_size;
}

std::set<std::string> Inventory::NamesBelow(const std::string& prefix) const {
  std::set<std::string> names;
  for (auto block = blocks_.lower_bound(prefix);
       block != blocks_.end() && block->first.starts_with(prefix); ++block) {
    names.insert(block->first);
  }
  return names;
}

Status Inventory::Write() {
  if (pending_.empty() && file_.is_open()) return {};
  if (!file_.is_open() || line_count_ > 2 * blocks_.size() + kOldLines) {
    const std::map<std::string, std::uint64_t> blocks = blocks_;
    return Replace(blocks);
  }
  TRY(Append(file_.get(), pending_, file_size_, path_));
  file_size_ += pending_.size();
  pending_.clear();
  return {};
}

}  // namespace clew::storage
