#include "storage/catalogue/inventory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/hash.h"
#include "base/number.h"
#include "storage/format/block.h"

namespace clew::storage {
namespace {

// Of millions of blocks, and not so much that a start could not hold it.
constexpr std::uint64_t kBytesMax = 512u << 20;
// No line is longer: what stands without an end behind the last is not of a crash.
constexpr std::size_t kLineBytesMax = 4096;

// So many lines of the past are not worth a new file.
constexpr std::uint64_t kOldLines = 1000;

// What is lost with one unreadable sector: the page cache reads no less.
constexpr std::size_t kBlockBytes = 4096;

// The first line of a file whose lines have checksums. Those of earlier releases have none.
constexpr std::string_view kHead = "clew inventory 2";
constexpr std::size_t kChecksumDigits = 16;

std::string Sealed(std::string_view text) {
  return fmt::format("{:016x} {}\n", base::Hash64(text), text);
}

std::string AddLine(std::uint64_t number, const std::string& name, std::uint64_t byte_size) {
  return Sealed(fmt::format("{} + {} {}", number, byte_size, name));
}

// The number in front of `text`, which is cut off; nothing when there is none.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  const std::size_t length = text.find(' ');
  if (length == std::string_view::npos) return std::nullopt;
  const auto number = base::ParseNumber<std::uint64_t>(text.substr(0, length));
  if (number.has_value()) text.remove_prefix(length + 1);
  return number;
}

// False when it says nothing.
bool Apply(std::string_view text, std::map<std::string, std::uint64_t>& blocks) {
  if (text.starts_with("- ")) {
    blocks.erase(std::string(text.substr(2)));
    return true;
  }
  if (!text.starts_with("+ ")) return false;
  text.remove_prefix(2);
  const std::optional<std::uint64_t> size = TakeNumber(text);
  if (!size.has_value() || text.empty()) return false;
  blocks[std::string(text)] = *size;
  return true;
}

// What stands behind a checksum that agrees.
std::optional<std::string_view> Unsealed(std::string_view line) {
  if (line.size() <= kChecksumDigits) return std::nullopt;
  const std::string_view text = line.substr(kChecksumDigits + 1);
  // Compared as text, so that no other spelling passes.
  if (fmt::format("{:016x} ", base::Hash64(text)) != line.substr(0, kChecksumDigits + 1)) {
    return std::nullopt;
  }
  return text;
}

// A file of lines, as far as the disk gives it back.
struct Content {
  // With zeros for what it does not.
  std::string text;
  // The offsets of those blocks.
  std::set<std::size_t> unreadable;

  bool HasUnreadable(std::size_t begin, std::size_t end) const {
    const auto first = unreadable.lower_bound(begin - begin % kBlockBytes);
    return first != unreadable.end() && *first < end;
  }
};

Result<Content> ReadAround(log::FileSystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<log::File> file, files.OpenToRead(path));
  ASSIGN_OR_RETURN(const std::uint64_t size, file->Size());
  if (size > kBytesMax) return base::DataLoss("{} is too large", path);
  Content content{.text = std::string(size, '\0'), .unreadable = {}};
  for (std::size_t offset = 0; offset < size; offset += kBlockBytes) {
    const std::size_t wanted = std::min<std::size_t>(kBlockBytes, size - offset);
    const auto read = file->ReadAt(offset, content.text.data() + offset, wanted);
    if (read.has_value()) continue;
    if (read.error().code != Code::kDataLoss) return std::unexpected(read.error());
    content.unreadable.insert(offset);
  }
  return content;
}

// Nothing of what the disk gives back is lost with what it does not.
Result<Content> ReadContent(log::FileSystem& files, const std::string& path) {
  Result<std::string> whole = files.Read(path, kBytesMax);
  if (whole.has_value()) return Content{.text = *std::move(whole), .unreadable = {}};
  if (whole.error().code == Code::kDataLoss) {
    Result<Content> around = ReadAround(files, path);
    if (around.has_value()) return around;
  }
  return std::unexpected(std::move(whole).error());
}

class LineReader {
 public:
  LineReader(const std::string& path, Inventory::Found& found) : path_(path), found_(found) {}

  void ReadAll(const Content& content) {
    const std::string_view text = content.text;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string_view::npos;
         end = text.find('\n', begin)) {
      const bool is_unreadable = content.HasUnreadable(begin, end);
      if (is_unreadable || !Read(text.substr(begin, end - begin), begin)) {
        NoteDamaged(begin, end + 1 - begin, is_unreadable);
        next_.reset();
      }
      begin = end + 1;
    }
    const bool is_unreadable = content.HasUnreadable(begin, text.size());
    if (is_unreadable || text.size() - begin > kLineBytesMax) {
      NoteDamaged(begin, text.size() - begin, is_unreadable);
    }
  }

 private:
  bool Read(std::string_view line, std::size_t offset) {
    if (line == kHead) return has_checksums_ = true;
    auto text = Unsealed(line);
    if (!text.has_value()) return !has_checksums_ && Apply(line, found_.blocks);
    if (const auto number = TakeNumber(*text); number.has_value()) {
      if (next_.has_value() && *next_ != *number) {
        Note(offset, 0,
             fmt::format("lines of the inventory: number {} is where {} should be", *number,
                         *next_));
      }
      next_ = *number + 1;
    }
    return Apply(*text, found_.blocks);
  }

  // Lines one behind the other are one damage: there is no end to how many a file can have.
  void NoteDamaged(std::size_t offset, std::size_t size, bool is_unreadable) {
    if (!found_.damages.empty() && damaged_end_ == offset) {
      found_.damages.back().size_bytes += size;
    } else {
      Note(offset, size,
           is_unreadable ? "lines of the inventory: the disk does not give them back"
                         : "lines of the inventory: they are damaged");
    }
    damaged_end_ = offset + size;
  }

  void Note(std::size_t offset, std::size_t size, const std::string& what) {
    found_.damages.push_back(
        {.path = path_,
         .offset = offset,
         .size_bytes = size,
         .what = what + "; if a block that they name is gone, that goes unnoticed"});
  }

  const std::string& path_;
  Inventory::Found& found_;
  bool has_checksums_ = false;
  std::size_t damaged_end_ = 0;
  // The number of the next line; unknown behind a line that is damaged, and is told.
  std::optional<std::uint64_t> next_ = 1;
};

Status Append(int fd, std::string_view text, std::uint64_t offset, const std::string& path) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  TRY(base::WriteParts(fd, {&part, 1}, offset, path));
  if (::fdatasync(fd) != 0) return std::unexpected(base::ErrnoError(errno, "syncing " + path));
  return {};
}

}  // namespace

Result<Inventory::Found> Inventory::Load(bool has_blocks, log::FileSystem& files) const {
  Found found;
  if (path_.empty()) return found;
  const auto note = [&](std::uint64_t size, const std::string& what) {
    found.damages.push_back(
        {.path = path_,
         .size_bytes = size,
         .what = "the inventory: " + what + "; blocks that are gone may go unnoticed",
         .kind = base::Damage::Kind::kFile});
  };
  Result<Content> content = ReadContent(files, path_);
  if (!content.has_value() && content.error().code == Code::kNotFound) return found;
  found.is_there = true;
  if (!content.has_value()) {
    const Code code = content.error().code;
    if (code != Code::kDataLoss && code != Code::kFailedPrecondition) {
      // Begun anew it would forget what it says.
      content.error().message +=
          "; it says which blocks there should be, and without it those that are gone go "
          "unnoticed: "
          "have it be readable, or move it away if it is lost";
      return std::unexpected(std::move(content).error());
    }
    note(0, content.error().message);
  } else if (content->text.find('\n') == std::string::npos && has_blocks) {
    note(content->text.size(), content->unreadable.empty() ? "it has no line, and there are blocks"
                                                           : "the disk does not give it back");
  } else {
    LineReader(path_, found).ReadAll(*content);
  }
  return found;
}

std::map<std::string, std::uint64_t> MissingOf(std::map<std::string, std::uint64_t> noted,
                                               const std::vector<ObjectInfo>& objects) {
  std::erase_if(noted, [](const auto& one) { return !CreatedAtOf(one.first).has_value(); });
  for (const ObjectInfo& object : objects) {
    if (!object.name.ends_with('/')) {
      noted.erase(object.name);
      continue;
    }
    noted.erase(object.name.substr(0, object.name.size() - 1));  // it may be no folder
    const auto first = noted.lower_bound(object.name);
    auto last = first;
    while (last != noted.end() && last->first.starts_with(object.name)) ++last;
    noted.erase(first, last);
  }
  return noted;
}

Status Inventory::Replace(const std::map<std::string, std::uint64_t>& blocks) {
  blocks_ = blocks;
  file_ = {};
  return WriteAnew();
}

Status Inventory::WriteAnew() {
  if (path_.empty()) return {};
  std::string text = fmt::format("{}\n", kHead);
  std::uint64_t line_count = 0;
  for (const auto& [name, size] : blocks_) text += AddLine(++line_count, name, size);
  const std::string unfinished = path_ + ".new";
  TRY(base::MoveAside(unfinished));
  ASSIGN_OR_RETURN(base::FileDescriptor file,
                   base::OpenFile(unfinished, O_CREAT | O_TRUNC | O_WRONLY));
  if (const Status status = Append(file.get(), text, 0, unfinished); !status.has_value()) {
    ::unlink(unfinished.c_str());  // the room that it takes may be all that there is
    return status;
  }
  TRY(base::MoveAside(path_));
  file_ = {};  // until the new one has its name: then the next Write begins it again
  pending_.clear();
  line_count_ = line_count;
  if (std::rename(unfinished.c_str(), path_.c_str()) != 0) {
    return std::unexpected(base::ErrnoError(errno, "renaming " + unfinished));
  }
  TRY(base::SyncDirectory(base::ParentDirectory(path_)));
  file_ = std::move(file);
  file_size_ = text.size();
  return {};
}

void Inventory::Add(const std::string& name, std::uint64_t byte_size) {
  if (path_.empty() || !blocks_.emplace(name, byte_size).second) return;
  pending_ += AddLine(++line_count_, name, byte_size);
}

void Inventory::Remove(const std::string& name) {
  if (blocks_.erase(name) == 0) return;
  pending_ += Sealed(fmt::format("{} - {}", ++line_count_, name));
}

std::uint64_t Inventory::SizeOf(const std::string& name) const {
  const auto found = blocks_.find(name);
  return found == blocks_.end() ? 0 : found->second;
}

std::map<std::string, std::uint64_t> Inventory::Below(const std::string& prefix) const {
  const auto first = blocks_.lower_bound(prefix);
  auto last = first;
  while (last != blocks_.end() && last->first.starts_with(prefix)) ++last;
  return {first, last};
}

Status Inventory::Write() {
  if (!file_.is_open()) {
    pending_.clear();
    return WriteAnew();
  }
  if (pending_.empty()) return {};
  const bool is_long = line_count_ > 2 * blocks_.size() + kOldLines;
  Status status = is_long ? WriteAnew() : WritePending();
  if (status.has_value() || !file_.is_open()) return status;
  // A line may find room where a whole file does not, and the whole is shorter without the past.
  const Status other = is_long ? WritePending() : WriteAnew();
  return other.has_value() ? other : status;
}

Status Inventory::WritePending() {
  TRY(Append(file_.get(), pending_, file_size_, path_));
  file_size_ += pending_.size();
  pending_.clear();
  return {};
}

}  // namespace clew::storage
