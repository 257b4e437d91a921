#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/vocabulary.h"
#include "scan/span_source.h"

namespace clew::query {

/// Traces that cannot be counted span by span where these lie: the id of a span is there more than
/// once, and only the whole trace tells which spans are the same; or something of a source is
/// damaged that says which ids there are.
struct RepeatedTraces {
  /// Those that the source has, ascending; by the place of the source.
  std::vector<std::vector<TraceId>> of_sources;

  /// All of them, ascending, each once.
  std::vector<TraceId> All() const;
};

/// What was found out about repeated spans, so that the next question need not: sources never
/// change. By the objects that a store keeps of its sources, as long as it does. Any thread.
class KnownRepeats {
 public:
  /// The traces that repeat a span id within the source; null when it is not known.
  using TraceIdsPtr = std::shared_ptr<const std::vector<TraceId>>;
  TraceIdsPtr Within(const scan::SpanSourcePtr& source) const;
  void KeepWithin(const scan::SpanSourcePtr& source, TraceIdsPtr ids);

  /// Those among these sources, or among these and others, which is more; nothing when neither is
  /// known.
  std::optional<RepeatedTraces> Among(std::span<const scan::SpanSourcePtr> sources) const;
  void KeepAmong(std::span<const scan::SpanSourcePtr> sources, const RepeatedTraces& repeated);

 private:
  /// A source is known again by its address, as long as nothing else can be there.
  struct OfSource {
    std::weak_ptr<const scan::SpanSource> source;
    TraceIdsPtr ids;
  };
  using Known = std::unordered_map<const scan::SpanSource*, OfSource>;

  static const OfSource* Find(const Known& known, const scan::SpanSourcePtr& source);

  mutable std::mutex mutex_;
  Known within_;
  std::size_t within_max_ = 0;
  /// The last that were found.
  std::deque<Known> among_;
};

}  // namespace clew::query
