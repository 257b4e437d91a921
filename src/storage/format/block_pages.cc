#include "storage/format/block_pages.h"

#include <span>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace clew::storage {
namespace {

// Pages of one row group inside a block's object. Those that were read and checked stay in the
// cache: the traces of one answer mostly lie in the same row groups.
class BlockPages final : public PageReader {
 public:
  BlockPages(ObjectStore& store, std::string name, std::uint64_t offset, ScanCache& cache,
             std::uint64_t source_id)
      : store_(store),
        name_(std::move(name)),
        offset_(offset),
        cache_(cache),
        source_id_(source_id) {}

  Result<Bytes> Read(const PageRef& page) const override {
    const std::string what = "page " + std::to_string(page.offset);
    ASSIGN_OR_RETURN(const auto bytes,
                     cache_.Get<Bytes>(source_id_, what, [&] { return Load(page); }));
    return *bytes;
  }
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override {
    // A gap as long as this costs less than another read.
    constexpr std::uint64_t kGapMax = 4096;
    std::vector<ByteRange> ranges;
    std::vector<std::size_t> range_of(pages.size());
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const std::uint64_t begin = offset_ + pages[i].offset;
      const std::uint64_t end = begin + pages[i].length;
      const bool is_near = !ranges.empty() && begin >= EndOf(ranges.back()) &&
                           begin - EndOf(ranges.back()) <= kGapMax;
      if (is_near) {
        ranges.back().length = end - ranges.back().offset;
      } else {
        ranges.push_back({begin, pages[i].length});
      }
      range_of[i] = ranges.size() - 1;
    }
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, ranges);
    if (!read.has_value()) return std::unexpected(LossOf(std::move(read).error()));
    std::vector<Bytes> found;
    found.reserve(pages.size());
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const Bytes& range = (*read)[range_of[i]];
      const std::uint64_t in_range = offset_ + pages[i].offset - ranges[range_of[i]].offset;
      found.push_back(range.Share(range.view().substr(in_range, pages[i].length)));
      TRY(Check(pages[i], found.back()));
    }
    return found;
  }
  std::string name() const override { return "block " + name_; }

 private:
  static std::uint64_t EndOf(const ByteRange& range) { return range.offset + range.length; }

  Status Check(const PageRef& page, const Bytes& bytes) const {
    if (base::Hash64(bytes.view()) == page.checksum) return {};
    return DataLoss("checksum of the page at offset {} does not match", offset_ + page.offset);
  }

  Result<ScanCache::Loaded<Bytes>> Load(const PageRef& page) const {
    const std::uint64_t offset = offset_ + page.offset;
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, {{offset, page.length}});
    if (!read.has_value()) return std::unexpected(LossOf(std::move(read).error()));
    std::vector<Bytes>& found = *read;
    TRY(Check(page, found.front()));
    return ScanCache::Loaded<Bytes>{std::make_shared<const Bytes>(std::move(found.front())),
                                    page.length + sizeof(Bytes)};
  }

  // An open block is not deleted: when it is not there, or not as long as it was, it is damaged.
  Error LossOf(Error error) const {
    if (error.code == Code::kNotFound || error.code == Code::kOutOfRange) {
      error.code = Code::kDataLoss;
    }
    return std::move(error).Annotate("block " + name_);
  }

  ObjectStore& store_;
  const std::string name_;
  const std::uint64_t offset_;
  ScanCache& cache_;
  const std::uint64_t source_id_;
};

}  // namespace

std::shared_ptr<const PageReader> MakeBlockPages(ObjectStore& store, const std::string& name,
                                                 std::uint64_t offset, ScanCache& cache,
                                                 std::uint64_t source_id) {
  return std::make_shared<BlockPages>(store, name, offset, cache, source_id);
}

}  // namespace clew::storage
