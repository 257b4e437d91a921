#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/vocabulary.h"
#include "scan/span_source.h"

namespace clew::query {

/// Ascending; not null.
using TraceIdsPtr = std::shared_ptr<const std::vector<TraceId>>;

/// Traces that cannot be counted span by span where these lie: the id of a span is there more than
/// once, and only the whole trace tells which spans are the same; or something of a source is
/// damaged that says which ids there are.
struct RepeatedTraces {
  /// Those that the source has, by the place of the source.
  std::vector<TraceIdsPtr> of_sources;
  /// Likewise the traces of which other sources have spans, too, repeated or not.
  std::vector<TraceIdsPtr> spread;
  /// There may be more of `spread`, among sources that lie apart in time.
  bool may_be_spread_further = false;

  /// All of `of_sources`, each once, ascending.
  std::vector<TraceId> All() const;
};

/// What was found out about repeated spans, so that the next question need not: sources never
/// change. By the objects that a store keeps of its sources, as long as it does. Of ids there are
/// 64 MiB at most of sources, which are not kept beyond that, and as much of sets, of which those
/// stay that were found last. Any thread.
class KnownRepeats {
 public:
  /// The traces that repeat a span id within the source; null when it is not known.
  TraceIdsPtr Within(const scan::SpanSourcePtr& source) const;
  void KeepWithin(const scan::SpanSourcePtr& source, TraceIdsPtr ids);

  /// Those among these sources, or among these and others, which is more, of the set that has most
  /// of them: null in place of a source that it does not have. Nothing when there is none.
  std::optional<RepeatedTraces> Among(std::span<const scan::SpanSourcePtr> sources) const;
  void KeepAmong(std::span<const scan::SpanSourcePtr> sources, const RepeatedTraces& repeated);

  /// What the ids take.
  std::uint64_t memory_bytes() const;

 private:
  /// A source is known again by its address, as long as nothing else can be there.
  struct OfSource {
    std::weak_ptr<const scan::SpanSource> source;
    TraceIdsPtr ids;
    /// Of those among others.
    TraceIdsPtr spread{};
  };
  using Known = std::unordered_map<const scan::SpanSource*, OfSource>;
  struct Set {
    Known sources;
    bool may_be_spread_further = false;
    std::uint64_t id_count = 0;
  };

  static const OfSource* Find(const Known& known, const scan::SpanSourcePtr& source);
  static RepeatedTraces Of(const Set& set, std::span<const scan::SpanSourcePtr> sources);

  mutable std::mutex mutex_;
  Known within_;
  std::size_t within_max_ = 0;
  std::uint64_t within_id_count_ = 0;
  /// Those that were found last come first.
  std::deque<Set> among_;
};

}  // namespace clew::query
