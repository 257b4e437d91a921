#include "storage/format/fetched_pages.h"

#include <algorithm>
#include <cstddef>

namespace clew::storage {

const Bytes* FetchedPages::Find(const PageRef& page) const {
  if (page.length == 0) return nullptr;
  const auto found =
      std::ranges::lower_bound(fetched_, page.offset, {}, [](auto& of) { return of.first; });
  return found != fetched_.end() && found->first == page.offset ? &found->second : nullptr;
}

Status FetchedPages::Fetch(PagePlan plan) {
  // Those in memory are there already.
  if (!cached_as()) return {};
  const auto is_here = [&](const PageRef& page) {
    return page.length == 0 || Find(page) != nullptr;
  };
  std::erase_if(plan.kept, is_here);
  std::erase_if(plan.once, is_here);
  if (plan.empty()) return {};
  Result<std::vector<Bytes>> read = pages_->Read(plan);
  if (!read.has_value()) {
    if (read.error().code == Code::kDataLoss) return {};
    return std::unexpected(std::move(read).error());
  }
  fetched_.reserve(fetched_.size() + read->size());
  auto next = read->begin();
  for (const auto* pages : {&plan.kept, &plan.once}) {
    for (const PageRef& page : *pages) fetched_.emplace_back(page.offset, std::move(*next++));
  }
  std::ranges::sort(fetched_, {}, [](auto& of) { return of.first; });
  return {};
}

Result<std::vector<Bytes>> FetchedPages::Read(const PagePlan& plan) const {
  std::vector<Bytes> all(plan.kept.size() + plan.once.size());
  PagePlan missing;
  std::vector<std::size_t> places;
  std::size_t place = 0;
  const auto take = [&](const std::vector<PageRef>& pages, std::vector<PageRef>* others) {
    for (const PageRef& page : pages) {
      if (const Bytes* const found = Find(page)) {
        all[place] = *found;
      } else if (page.length > 0) {
        others->push_back(page);
        places.push_back(place);
      }
      ++place;
    }
  };
  take(plan.kept, &missing.kept);
  take(plan.once, &missing.once);
  if (missing.empty()) return all;
  ASSIGN_OR_RETURN(std::vector<Bytes> read, pages_->Read(missing));
  for (std::size_t i = 0; i < read.size(); ++i) all[places[i]] = std::move(read[i]);
  return all;
}

}  // namespace clew::storage
