#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/format/column_reader.h"
#include "storage/format/column_schema.h"
#include "storage/format/page_reader.h"

namespace clew::storage {

/// Pages of which those that are going to be asked for were read together: an object is opened once
/// for them, not once a page. One thread.
class PrefetchedPages final : public PageReader {
 public:
  explicit PrefetchedPages(std::shared_ptr<const PageReader> pages) : pages_(std::move(pages)) {}

  /// What cannot be read is read again when it is asked for, and told then.
  void Fetch(std::vector<PageRef> pages);

  Result<Bytes> Read(const PageRef& page) const override;
  Result<std::vector<Bytes>> ReadTogether(std::span<const PageRef> pages) const override;
  void CountOutOfRange(std::size_t page_count) const override {
    pages_->CountOutOfRange(page_count);
  }
  std::string name() const override { return pages_->name(); }

 private:
  const std::shared_ptr<const PageReader> pages_;
  std::unordered_map<std::uint64_t, Bytes> fetched_;
};

/// Fetches what the rows `wanted` of a table need of its columns: first zones and lists of rows,
/// then the chunks of text that codes name. `reader` reads through `pages`. Of blocks before
/// version 3 nothing.
void Prefetch(const ColumnReader& reader, ColumnTable table, const WantedRows& wanted,
              PrefetchedPages* pages);

}  // namespace clew::storage
