#include "query/query_context.h"

#include <algorithm>
#include <utility>

namespace clew::query {

void LeftOut::Add(std::string text) {
  if (std::ranges::find(texts_, text) != texts_.end()) return;
  if (texts_.size() < kTextsMax) {
    texts_.push_back(std::move(text));
  } else {
    ++more_count_;
  }
}

std::vector<std::string> LeftOut::Texts() const {
  std::vector<std::string> texts = texts_;
  if (more_count_ > 0) texts.push_back(fmt::format("{} more faults like these", more_count_));
  return texts;
}

Status QueryContext::Check() const {
  if (stop.stop_requested()) {
    return MakeError(Code::kCancelled, "the query was given up: its client has left");
  }
  if (std::chrono::steady_clock::now() < deadline) return {};
  return MakeError(Code::kDeadlineExceeded,
                   "the query ran out of time: narrow its time range, or raise the timeout");
}

}  // namespace clew::query
