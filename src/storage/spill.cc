#include "storage/spill.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/hash.h"

namespace clew::storage {
namespace {

// Of the members of `reading` only these are asked where nothing is laid aside.
BlockReading ReadingFrom(ObjectStore* objects, const BlockReading& reading) {
  return {objects == nullptr ? reading.objects : *objects, reading.cache, reading.directories,
          reading.filter_meters};
}

}  // namespace

Spill::Spill(SpillOptions options, const BlockReading& reading)
    : options_(std::move(options)), reading_(ReadingFrom(options_.objects, reading)) {}

void Spill::Clear() {
  if (!is_on() || is_cleared_ || options_.objects->IsReadElsewhere()) return;
  const Result<std::vector<ObjectInfo>> left = options_.objects->List(kBlockPrefix);
  if (!left.has_value()) return;
  is_cleared_ = true;
  // What cannot be deleted is in nobody's way but that of the disk, until the next start.
  for (const ObjectInfo& object : *left) {
    static_cast<void>(options_.objects->Delete(object.name));
  }
}

Status Spill::CheckRoom(std::uint64_t bytes) const {
  if (byte_size_ + bytes > options_.bytes_max) {
    return base::MakeError(Code::kResourceExhausted,
                           "blocks that wait to be written take {} bytes of disk, the limit is {}",
                           byte_size_.load(), options_.bytes_max);
  }
  const auto free = options_.free_disk_bytes ? options_.free_disk_bytes() : std::nullopt;
  if (free && *free < bytes + options_.disk_reserve_bytes) {
    return base::MakeError(Code::kResourceExhausted, "the disk has {} bytes free, {} are kept free",
                           *free, options_.disk_reserve_bytes);
  }
  return {};
}

Result<SpilledBlock> Spill::Write(const WaitingBlock& block) {
  const BlockObject object = MakeBlockObject(block.meta, block.groups);
  SpilledBlock spilled;
  std::uint64_t byte_size = 0;
  for (const std::string_view part : object.parts()) {
    spilled.pieces.push_back({part.size(), base::Hash64(part)});
    byte_size += part.size();
  }
  TRY(CheckRoom(byte_size));
  const auto write = [&]() -> Result<BlockPtr> {
    TRY(options_.objects->PutIfAbsent(block.name, object.parts()));
    return OpenBlock(reading_, block.name);
  };
  Result<BlockPtr> written = write();
  if (!written.has_value()) {
    static_cast<void>(options_.objects->Delete(block.name));
    return std::unexpected(std::move(written).error());
  }
  byte_size_ += byte_size;
  spilled.block = *std::move(written);
  return spilled;
}

Result<Bytes> Spill::Read(const SpilledBlock& spilled) const {
  ASSIGN_OR_RETURN(Bytes bytes, options_.objects->Get(spilled.block->name));
  std::string_view rest = bytes.view();
  for (const SpilledBlock::Piece& piece : spilled.pieces) {
    const std::string_view part = rest.substr(0, piece.length);
    if (part.size() != piece.length || base::Hash64(part) != piece.checksum) {
      return base::DataLoss("{} is not as it was laid aside", spilled.block->name);
    }
    rest.remove_prefix(part.size());
  }
  return bytes;
}

void Spill::Release(const SpilledBlock& spilled) {
  byte_size_ -= spilled.block->byte_size;
  spilled.block->use->OnEnd(
      [released = released_, name = spilled.block->name] { released->Add(name); });
}

void Spill::DeleteReleased() {
  for (const std::string& name : released_->Take()) {
    static_cast<void>(options_.objects->Delete(name));
  }
}

}  // namespace clew::storage
