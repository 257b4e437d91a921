#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/format/page_reader.h"

namespace clew::storage {

/// Pages of others that are read together before somebody reads them one by one. One thread.
class FetchedPages final : public PageReader {
 public:
  explicit FetchedPages(std::shared_ptr<const PageReader> pages) : pages_(std::move(pages)) {}

  /// Reads what of a plan is not here yet. Where one is damaged none of them is here: whoever reads
  /// that finds it.
  Status Fetch(PagePlan plan);

  Result<std::vector<Bytes>> Read(const PagePlan& plan) const override;
  Result<Bytes> ReadOne(const PageRef& page) const override {
    const Bytes* const found = Find(page);
    return found == nullptr ? pages_->ReadOne(page) : *found;
  }
  std::optional<std::uint64_t> cached_as() const override { return pages_->cached_as(); }
  void CountOutOfRange(std::size_t page_count) const override {
    pages_->CountOutOfRange(page_count);
  }
  std::string name() const override { return pages_->name(); }

 private:
  /// Null when it is not here.
  const Bytes* Find(const PageRef& page) const;

  const std::shared_ptr<const PageReader> pages_;
  /// By offset.
  std::vector<std::pair<std::uint64_t, Bytes>> fetched_;
};

}  // namespace clew::storage
