#include <algorithm>
#include <numeric>
#include <utility>

#include "storage/block_writer.h"

/// How the writer puts a block where it belongs, whatever has its name.
namespace clew::storage {

Result<BlockPtr> BlockWriter::PutAndOpen(const WriteJob& job,
                                         const std::vector<std::string_view>& object) {
  TRY(with_.reading.objects.PutIfAbsent(job.block->name, object));
  ASSIGN_OR_RETURN(const BlockPtr written, OpenBlock(with_.reading, job.block->name));
  if (written->is_damaged) {
    return base::DataLoss("block {} is not as it was written", job.block->name);
  }
  return WithoutRanges(written);
}

// What was put there may be this one though the answer was lost on the way, and it was put again.
// Null when it is another, or nothing that can be told.
Result<BlockPtr> BlockWriter::Adopt(const WriteJob& job, std::uint64_t byte_size) {
  const BlockMeta& meta = job.block->meta;
  const Result<BlockPtr> opened = OpenBlock(with_.reading, job.block->name);
  if (!opened.has_value()) {
    const Code code = opened.error().code;
    if (code == Code::kDataLoss || code == Code::kNotFound) return nullptr;
    return std::unexpected(opened.error());
  }
  const BlockPtr& found = *opened;
  const auto is_same_range = [](const LogRange& a, const LogRange& b) {
    return a.begin == b.begin && a.end == b.end;
  };
  // Of spans that processors handed on it says no more than how many bytes.
  const bool is_same = !found->is_damaged && !meta.log_ranges.empty() &&
                       found->byte_size == byte_size && found->meta.tenant == meta.tenant &&
                       found->meta.created_at == meta.created_at &&
                       found->meta.log_identity == meta.log_identity &&
                       std::ranges::equal(found->meta.log_ranges, meta.log_ranges, is_same_range);
  return is_same ? WithoutRanges(found) : nullptr;
}

// What is spilled of it keeps its name there.
void BlockWriter::Rename(WriteJob& job) {
  WaitingBlock& waiting = *job.block;
  const std::string name = with_.new_name(waiting.meta);
  waiting.contents->Exchange({.waiting = [&](WaitingParts& parts) {
    for (auto& part : parts) {
      if (part->name != waiting.name) continue;
      auto renamed = std::make_shared<WaitingPart>(*part);
      renamed->name = name;
      part = std::move(renamed);
    }
  }});
  waiting.name = name;
}

Result<BlockPtr> BlockWriter::PutOrAdopt(WriteJob& job,
                                         const std::vector<std::string_view>& object) {
  Result<BlockPtr> block = PutAndOpen(job, object);
  if (!block.has_value() && block.error().code == Code::kAlreadyExists && !job.is_begun) {
    const std::uint64_t byte_size =
        std::transform_reduce(object.begin(), object.end(), std::uint64_t{0}, std::plus<>(),
                              std::mem_fn(&std::string_view::size));
    ASSIGN_OR_RETURN(BlockPtr adopted, Adopt(job, byte_size));
    if (adopted != nullptr) return adopted;
    Rename(job);
    block = PutAndOpen(job, object);
    // By no chance twice; and what is there is not ours to delete.
    if (!block.has_value() && block.error().code == Code::kAlreadyExists) return block;
  }
  if (!block.has_value()) {
    // What of it is there must not stay beside the next try.
    job.is_begun = true;
    static_cast<void>(with_.reading.objects.Delete(job.block->name));
  }
  return block;
}

}  // namespace clew::storage
