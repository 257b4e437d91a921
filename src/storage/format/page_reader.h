#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// Pages that somebody wants, of one row group; those of length 0 are nothing to read.
struct PagePlan {
  /// To be kept where pages are kept.
  std::vector<PageRef> kept{};
  /// For whoever keeps what is made of them.
  std::vector<PageRef> once{};

  bool empty() const { return kept.empty() && once.empty(); }
};

/// Where the pages of a row group are read from. Any thread.
class PageReader {
 public:
  virtual ~PageReader() = default;
  /// All of a plan together, those to be kept first, each checked against its checksum, and empty
  /// where there is nothing to read. The error is that of one of them: DATA_LOSS says where the
  /// page lies; the object is named by whoever asks.
  virtual Result<std::vector<Bytes>> Read(const PagePlan& plan) const = 0;
  /// One that is to be kept.
  virtual Result<Bytes> ReadOne(const PageRef& page) const {
    ASSIGN_OR_RETURN(std::vector<Bytes> pages, Read({.kept = {page}}));
    return std::move(pages.front());
  }
  /// The source of a ScanCache that keeps them, by their offset; nothing: nobody does, and whoever
  /// keeps one for longer than the row group must copy it.
  virtual std::optional<std::uint64_t> cached_as() const { return std::nullopt; }
  /// So many are known to have nothing of what is asked for: for who counts what is read.
  virtual void CountOutOfRange(std::size_t /*page_count*/) const {}
  /// What they are pages of, for messages: "block blocks/…".
  virtual std::string name() const = 0;
};

/// Pages that lie in memory, which those that are read share.
class MemoryPages final : public PageReader {
 public:
  explicit MemoryPages(Bytes pages) : pages_(std::move(pages)) {}
  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override {
    std::vector<Bytes> all;
    all.reserve(plan.kept.size() + plan.once.size());
    for (const auto* pages : {&plan.kept, &plan.once}) {
      for (const PageRef& page : *pages) {
        all.push_back(pages_.Share(pages_.view().substr(page.offset, page.length)));
      }
    }
    return all;
  }
  std::string name() const override { return "row group in memory"; }

 private:
  Bytes pages_;
};

}  // namespace clew::storage
