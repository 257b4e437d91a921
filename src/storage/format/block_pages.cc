#include "storage/format/block_pages.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace clew::storage {
namespace {

// Pages of one row group inside a block's object.
class BlockPages final : public PageReader {
 public:
  BlockPages(ObjectStore& store, std::string name, std::uint64_t offset, ScanCache& cache,
             std::uint64_t source_id)
      : store_(store),
        name_(std::move(name)),
        offset_(offset),
        cache_(cache),
        source_id_(source_id) {}

  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override {
    std::vector<PageRef> all = plan.kept;
    all.insert(all.end(), plan.once.begin(), plan.once.end());
    std::vector<Bytes> found(all.size());
    cache_.FindPages(source_id_, all, plan.kept.size(), found);
    std::vector<std::size_t> missing;  // places in the plan, by where they lie
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (found[i].empty() && all[i].length > 0) missing.push_back(i);
    }
    if (missing.empty()) return found;
    std::ranges::sort(missing, {}, [&](std::size_t i) { return all[i].offset; });
    TRY(Load(all, missing, plan.kept.size(), found));
    return found;
  }
  std::optional<std::uint64_t> cached_as() const override { return source_id_; }
  std::string name() const override { return "block " + name_; }

 private:
  struct Run {
    std::size_t begin = 0;  // in what is missing
    std::size_t end = 0;
    ByteRange range{};
  };

  // Neighbours are read together.
  std::vector<Run> RunsOf(std::span<const PageRef> all,
                          std::span<const std::size_t> missing) const {
    // A gap as long as this costs less than another read.
    constexpr std::uint64_t kGapMax = 4096;
    std::vector<Run> runs;
    std::uint64_t end = 0;  // of the page before
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const PageRef& page = all[missing[i]];
      const std::uint64_t begin = offset_ + page.offset;
      if (runs.empty() || begin < end || begin - end > kGapMax) {
        runs.push_back({.begin = i, .range = {.offset = begin, .length = 0}});
      }
      end = begin + page.length;
      runs.back().end = i + 1;
      runs.back().range.length = end - runs.back().range.offset;
    }
    return runs;
  }

  // Keeps those of the first `kept_count` that are whole, also when another one is not.
  Status Load(std::span<const PageRef> all, std::span<const std::size_t> missing,
              std::size_t kept_count, std::span<Bytes> found) const {
    const std::vector<Run> runs = RunsOf(all, missing);
    std::vector<ByteRange> ranges;
    ranges.reserve(runs.size());
    for (const Run& run : runs) ranges.push_back(run.range);
    const Result<std::vector<Bytes>> read = store_.GetRanges(name_, ranges);
    if (!read.has_value()) return std::unexpected(LossOf(read.error()));
    Status status;
    std::vector<std::size_t> kept_places;
    std::vector<PageRef> kept_pages;
    std::vector<Bytes> kept;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      for (const std::size_t place : missing.subspan(runs[i].begin, runs[i].end - runs[i].begin)) {
        const PageRef& page = all[place];
        const Bytes& range = (*read)[i];
        const std::uint64_t in_range = offset_ + page.offset - runs[i].range.offset;
        const Bytes bytes = range.Share(range.view().substr(in_range, page.length));
        if (Status checked = Check(page, bytes); !checked.has_value()) {
          status = checked;
          continue;
        }
        // Who keeps a page must not keep its neighbours.
        const bool is_copied = place < kept_count && page.length < range.size();
        found[place] = is_copied ? Bytes(std::string(bytes.view())) : bytes;
        if (place >= kept_count) continue;
        kept_places.push_back(place);
        kept_pages.push_back(page);
        kept.push_back(found[place]);
      }
    }
    cache_.PutPages(source_id_, kept_pages, kept);
    for (std::size_t i = 0; i < kept.size(); ++i) found[kept_places[i]] = std::move(kept[i]);
    return status;
  }

  Status Check(const PageRef& page, const Bytes& bytes) const {
    if (base::Hash64(bytes.view()) == page.checksum) return {};
    return DataLoss("checksum of the page at offset {} does not match", offset_ + page.offset);
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
