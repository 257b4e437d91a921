#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "storage/format/row_group_directory.h"

namespace clew::storage {

/// Where the pages of a row group are read from. Any thread.
class PageReader {
 public:
  virtual ~PageReader() = default;
  /// Checked against its checksum. DATA_LOSS says where the page lies; the object is named by
  /// whoever asks.
  virtual Result<Bytes> Read(const PageRef& page) const = 0;
  /// Several at once, for whoever keeps what is made of them: neighbours are read together, and no
  /// cache keeps them. The error is that of one of them.
  virtual Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const {
    std::vector<Bytes> all;
    all.reserve(pages.size());
    for (const PageRef& page : pages) {
      ASSIGN_OR_RETURN(all.emplace_back(), Read(page));
    }
    return all;
  }
  /// So many are known to have nothing of what is asked for: for who counts what is read.
  virtual void CountOutOfRange(std::size_t /*page_count*/) const {}
  /// What they are pages of, for messages: "block blocks/…".
  virtual std::string name() const = 0;
};

/// Pages that lie in memory.
class MemoryPages final : public PageReader {
 public:
  explicit MemoryPages(Bytes pages) : pages_(std::move(pages)) {}
  Result<Bytes> Read(const PageRef& page) const override {
    return pages_.Share(pages_.view().substr(page.offset, page.length));
  }
  /// Copies: who keeps a page must not keep all the others.
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override {
    std::vector<Bytes> all;
    all.reserve(pages.size());
    for (const PageRef& page : pages) {
      all.emplace_back(std::string(pages_.view().substr(page.offset, page.length)));
    }
    return all;
  }
  std::string name() const override { return "row group in memory"; }

 private:
  Bytes pages_;
};

}  // namespace clew::storage
