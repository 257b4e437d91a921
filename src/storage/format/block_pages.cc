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
  // Those at the places `missing`, which are in the order of the object, so that neighbours are
  // read together. Keeps those of the first `kept_count` that are whole, also when another one is
  // not.
  Status Load(std::span<const PageRef> all, std::span<const std::size_t> missing,
              std::size_t kept_count, std::span<Bytes> found) const {
    std::vector<ByteRange> ranges;
    ranges.reserve(missing.size());
    for (const std::size_t place : missing) {
      ranges.push_back({.offset = offset_ + all[place].offset, .length = all[place].length});
    }
    Result<std::vector<Bytes>> read = store_.GetRanges(name_, ranges);
    if (!read.has_value()) return std::unexpected(LossOf(read.error()));
    Status status;
    std::vector<std::size_t> kept_places;
    std::vector<PageRef> kept_pages;
    std::vector<Bytes> kept;
    for (std::size_t i = 0; i < missing.size(); ++i) {
      const std::size_t place = missing[i];
      const PageRef& page = all[place];
      Bytes& bytes = (*read)[i];
      if (Status checked = Check(page, bytes); !checked.has_value()) {
        status = checked;
        continue;
      }
      if (place < kept_count) {
        kept_places.push_back(place);
        kept_pages.push_back(page);
        kept.push_back(std::move(bytes));
      } else {
        found[place] = std::move(bytes);
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
