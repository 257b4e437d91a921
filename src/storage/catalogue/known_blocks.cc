#include "storage/catalogue/known_blocks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>

#include <utility>

#include "base/hash.h"
#include "base/logging.h"
#include "log/file_system.h"
#include "storage/encoding/byte_stream.h"

namespace clew::storage {
namespace {

// Of some million blocks.
constexpr std::uint64_t kBytesMax = 1u << 30;
// What is of blocks that are gone is not worth a new file below this.
constexpr std::uint64_t kOldBytes = 1u << 20;

constexpr std::string_view kHead = "clewknw1";
// What each record begins with: where the next one is can be told behind one that is damaged.
constexpr std::string_view kMark =
    "\xf5"
    "blk";

std::string MakeRecord(std::string_view name, std::string_view facts) {
  std::string body;
  ByteWriter(&body).Text(name);
  ByteWriter(&body).Text(facts);
  std::string record(kMark);
  ByteWriter writer(&record);
  writer.Fixed(base::Hash64(body));
  writer.Text(body);
  return record;
}

struct Record {
  std::string_view name;
  std::string_view facts;
  std::size_t size = 0;
};

// The record that `content` begins with, if it is one.
std::optional<Record> ReadRecord(std::string_view content) {
  ByteReader reader(content.substr(kMark.size()));
  const auto checksum = reader.Fixed<std::uint64_t>();
  const std::string_view body = reader.Text();
  if (!reader.ok() || base::Hash64(body) != checksum) return std::nullopt;
  const std::size_t size = content.size() - reader.rest().size();
  ByteReader fields(body);
  const std::string_view name = fields.Text();
  const std::string_view facts = fields.Text();
  if (!fields.ok() || !fields.rest().empty()) return std::nullopt;
  return Record{name, facts, size};
}

}  // namespace

void KnownBlocks::Load() {
  if (path_.empty()) return;
  is_read_ = true;
  const Result<std::string> content = log::SystemFiles().Read(path_, kBytesMax);
  if (content.has_value()) {
    Parse(*content);
  } else if (content.error().code != Code::kNotFound) {
    base::Log(base::LogLevel::kWarn,
              "what is known of the blocks cannot be read: they are opened, which takes longer",
              {{"error", content.error().message}});
  }
}

void KnownBlocks::Parse(std::string_view content) {
  std::size_t lost_bytes = 0;
  std::size_t offset = content.starts_with(kHead) ? kHead.size() : 0;
  while (offset < content.size()) {
    const std::string_view rest = content.substr(offset);
    const auto record = rest.starts_with(kMark) ? ReadRecord(rest) : std::nullopt;
    if (record) {
      // The last of a block is the newest.
      records_[std::string(record->name)] = record->facts;
      offset += record->size;
      continue;
    }
    const std::size_t next = content.find(kMark, offset + 1);
    const std::size_t end = next == std::string_view::npos ? content.size() : next;
    lost_bytes += end - offset;
    offset = end;
  }
  if (lost_bytes == 0) return;
  base::Log(base::LogLevel::kWarn,
            "what is known of some blocks is damaged, as after a crash: they are opened",
            {{"file", path_}, {"bytes", std::to_string(lost_bytes)}});
}

std::optional<BlockFacts> KnownBlocks::Find(const ObjectInfo& object) const {
  const auto record = records_.find(object.name);
  if (record == records_.end() || object.version == 0) return std::nullopt;
  auto facts = DecodeBlockFacts(record->second);
  if (!facts || facts->byte_size != object.size_bytes || facts->version != object.version) {
    return std::nullopt;
  }
  return facts;
}

void KnownBlocks::Add(const Block& block) {
  // Of a damaged one the next start should be told, too.
  if (path_.empty() || block.is_damaged) return;
  std::string facts = EncodeBlockFacts(block);
  pending_ += MakeRecord(block.name, facts);
  if (is_read_) records_[block.name] = std::move(facts);
}

void KnownBlocks::Write(const std::function<bool(const std::string& name)>& is_there) {
  if (path_.empty() || (!is_read_ && pending_.empty())) return;
  const bool is_long = file_size_ + pending_.size() > 2 * size_anew_ + kOldBytes;
  const bool is_written = !is_read_ && !is_long && Append();
  if (!is_written) WriteAnew(is_there);
  records_.clear();
  is_read_ = false;
  pending_.clear();
}

bool KnownBlocks::Append() {
  if (!file_.is_open()) return false;
  iovec part{pending_.data(), pending_.size()};
  // What a failure leaves behind the end is written over.
  if (!base::WriteParts(file_.get(), {&part, 1}, file_size_, path_).has_value()) return false;
  file_size_ += pending_.size();
  return true;
}

void KnownBlocks::WriteAnew(const std::function<bool(const std::string& name)>& is_there) {
  if (!is_read_) {
    Load();
    Parse(pending_);
  }
  std::string content(kHead);
  for (const auto& [name, facts] : records_) {
    if (is_there(name)) content += MakeRecord(name, facts);
  }
  file_ = {};
  const auto write = [&]() -> Status {
    TRY(base::MoveAside(path_));
    TRY(log::SystemFiles().Replace(path_, content));
    ASSIGN_OR_RETURN(file_, base::OpenFile(path_, O_WRONLY));
    return {};
  };
  const Status status = write();
  file_size_ = size_anew_ = content.size();
  const bool had_failed = std::exchange(has_failed_, !status.has_value());
  if (status.has_value() || had_failed) return;
  base::Log(
      base::LogLevel::kWarn,
      "what is known of the blocks cannot be written; will retry: the next start takes longer",
      {{"error", status.error().message}});
}

}  // namespace clew::storage
