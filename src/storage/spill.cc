#include "storage/spill.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "base/hash.h"

namespace clew::storage {
namespace {

// Tried at once. Each is a sync of its folder, and a round has more to do.
constexpr std::size_t kDeletedAtOnce = 256;

// Of the members of `reading` only these are asked where nothing is laid aside.
BlockReading ReadingFrom(ObjectStore* objects, const BlockReading& reading) {
  return {objects == nullptr ? reading.objects : *objects, reading.cache, reading.directories,
          reading.filter_meters};
}

}  // namespace

Spill::Spill(SpillOptions options, const BlockReading& reading)
    : options_(std::move(options)), reading_(ReadingFrom(options_.objects, reading)) {}

// What is listed late may have come from here.
void Spill::Clear() {
  if (options_.objects == nullptr) return;
  if (!is_listed_) {
    const Result<std::vector<ObjectInfo>> listed = options_.objects->List(kBlockPrefix);
    if (!listed.has_value()) return;
    is_listed_ = true;
    for (const ObjectInfo& object : *listed) {
      if (own_.contains(object.name)) continue;
      left_.emplace(object.name, object.size_bytes);
      byte_size_ += object.size_bytes;
    }
  }
  if (left_.empty() || options_.objects->IsReadElsewhere()) return;
  std::size_t tried_count = 0;
  std::erase_if(left_, [&](const auto& one) {
    if (++tried_count > kDeletedAtOnce) return false;
    if (!options_.objects->Delete(one.first).has_value()) return false;
    byte_size_ -= one.second;
    return true;
  });
}

Status Spill::CheckRoom(std::uint64_t bytes) const {
  if (const std::uint64_t taken = byte_size(); taken + bytes > options_.bytes_max) {
    return base::MakeError(Code::kResourceExhausted,
                           "blocks that wait to be written take {} bytes of disk, the limit is {}",
                           taken, options_.bytes_max);
  }
  const auto free = options_.free_disk_bytes ? options_.free_disk_bytes() : std::nullopt;
  const std::uint64_t kept_free = 2 * options_.disk_reserve_bytes;
  if (free && *free < bytes + kept_free) {
    return base::MakeError(Code::kResourceExhausted, "the disk has {} bytes free, {} are kept free",
                           *free, kept_free);
  }
  return {};
}

Result<BlockPtr> Spill::Put(const WaitingBlock& block, const BlockObject& object) {
  TRY(options_.objects->PutIfAbsent(block.name, object.parts()));
  ASSIGN_OR_RETURN(BlockPtr written, OpenBlock(reading_, block.name));
  if (written->is_damaged) {
    return base::DataLoss("{} is not as it was laid aside", block.name);
  }
  return WithoutRanges(written);
}

Result<SpilledBlock> Spill::Write(const WaitingBlock& block) {
  const BlockObject object = MakeBlockObject(block.meta, block.groups);
  SpilledBlock spilled;
  std::uint64_t size = 0;
  for (const std::string_view part : object.parts()) {
    spilled.pieces.push_back({part.size(), base::Hash64(part)});
    size += part.size();
  }
  TRY(CheckRoom(size));
  // A try that failed may have left it.
  deletable_.erase(block.name);
  std::uint64_t& own_size = own_[block.name];
  byte_size_ += size - std::exchange(own_size, size);
  Result<BlockPtr> written = Put(block, object);
  if (!written.has_value()) {
    deletable_.insert(block.name);
    DeleteReleased();
    return std::unexpected(std::move(written).error());
  }
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
  if (!rest.empty()) {
    return base::DataLoss("{} is {} bytes longer than it was laid aside", spilled.block->name,
                          rest.size());
  }
  return bytes;
}

void Spill::Release(const SpilledBlock& spilled, std::function<void()> on_end) {
  spilled.block->use->OnEnd(
      [add = ReleasedBlocks::AdderOf(released_, spilled.block->name), on_end = std::move(on_end)] {
        on_end();
        add();
      });
}

void Spill::DeleteReleased() {
  for (std::string& name : released_->Take()) deletable_.insert(std::move(name));
  std::size_t tried_count = 0;
  std::erase_if(deletable_, [&](const std::string& name) {
    if (++tried_count > kDeletedAtOnce) return false;
    if (!options_.objects->Delete(name).has_value()) return false;
    const auto own = own_.find(name);
    if (own != own_.end()) byte_size_ -= own_.extract(own).mapped();
    return true;
  });
}

}  // namespace clew::storage
