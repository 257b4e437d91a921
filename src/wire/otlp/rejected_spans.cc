#include "wire/otlp/rejected_spans.h"

#include <algorithm>

namespace clew::wire::otlp {
namespace {

/// Calls `visit` for each of the messages that are field `tag` of `message`.
template <typename Tag, typename Visit>
void ForEachMessage(std::string_view message, Tag tag, const Visit& visit) {
  Reader reader = ReaderOf(message);
  while (reader.next()) {
    if (IsBytes(reader) && TagOf<Tag>(reader) == tag) {
      visit(ReadView(reader));
    } else {
      reader.skip();
    }
  }
}

}  // namespace

std::vector<RejectedSpan> FirstRejectedSpans(std::string_view body) {
  std::vector<RejectedSpan> firsts;
  std::uint64_t number = 0;
  const auto look_at = [&](std::string_view span) {
    ++number;
    const SpanIds ids = ReadSpanIds(span);
    const bool is_first =
        std::ranges::find(firsts, ids.fault(), &RejectedSpan::fault) == firsts.end();
    if (ids.fault() == SpanFault::kNone || !is_first) return;
    firsts.push_back({.fault = ids.fault(),
                      .number = number,
                      .trace_id = std::string(ids.trace_id()),
                      .span_id = std::string(ids.span_id())});
  };
  ForEachMessage(body, field::Request::kResourceSpans, [&](std::string_view resource_spans) {
    ForEachScopeSpans(resource_spans, [&](std::string_view scope_spans) {
      ForEachMessage(scope_spans, field::ScopeSpans::kSpans, look_at);
    });
  });
  return firsts;
}

}  // namespace clew::wire::otlp
