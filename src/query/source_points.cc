#include "query/source_points.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "query/match.h"
#include "query/span_values.h"
#include "traceql/metrics/cells.h"
#include "traceql/metrics/labels.h"

namespace clew::query {
namespace {

using scan::RowSet;
using scan::SpanSource;
using traceql::Attribute;
using traceql::Intrinsic;
using traceql::evaluate::Value;
using traceql::metrics::Accumulator;
using traceql::metrics::Collector;
using traceql::metrics::Exemplars;
using traceql::metrics::Group;
using traceql::metrics::Labels;
using traceql::metrics::Operand;
using traceql::metrics::TimeRange;

// Traces that are read to be evaluated.
constexpr std::size_t kEvaluatedAtOnce = 64;
// So many cells are counted in a table of numbers.
constexpr std::size_t kDenseCellsMax = 1 << 19;
// So many spans of a source are asked whether they want to stand for others, or all when there are
// not more.
constexpr std::size_t kCandidatesMax = 128;

// Which values of by() a span has, as one number.
struct LocalGroups {
  /// By span; empty: all of group 0.
  std::vector<std::uint32_t> of_rows;
  /// By group, the codes of its values, one for each label.
  std::vector<std::uint32_t> codes;
  std::vector<CodedValues> by;

  std::size_t count() const { return by.empty() ? 1 : codes.size() / by.size(); }
  std::vector<Value> ValuesOf(std::uint32_t group) const {
    std::vector<Value> values;
    for (std::size_t i = 0; i < by.size(); ++i) {
      values.push_back(by[i].values[codes[group * by.size() + i]]);
    }
    return values;
  }
};

// Pairs of the groups of the first labels and the codes of the next one get numbers.
void Divide(const CodedValues& next, std::size_t label_count, LocalGroups* groups) {
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  std::vector<std::uint32_t> codes;
  // Neighbours often have the same.
  std::uint64_t last_pair = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t last = 0;
  for (std::size_t row = 0; row < groups->of_rows.size(); ++row) {
    std::uint32_t& group = groups->of_rows[row];
    const std::uint64_t pair = std::uint64_t{group} << 32 | next.codes[row];
    if (pair != last_pair) {
      const auto [known, is_new] =
          numbers.try_emplace(pair, static_cast<std::uint32_t>(numbers.size()));
      if (is_new) {
        const auto begin = groups->codes.begin() + static_cast<std::ptrdiff_t>(group * label_count);
        codes.insert(codes.end(), begin, begin + static_cast<std::ptrdiff_t>(label_count));
        codes.push_back(next.codes[row]);
      }
      last_pair = pair;
      last = known->second;
    }
    group = last;
  }
  groups->codes = std::move(codes);
}

Result<LocalGroups> ReadGroups(const SpanSource& source, const std::vector<Attribute>& by,
                               traceql::Naming naming) {
  LocalGroups groups;
  for (const Attribute& attribute : by) {
    TRY(source.Check());
    ASSIGN_OR_RETURN(groups.by.emplace_back(), ReadCoded(source, attribute, naming));
  }
  if (by.empty()) return groups;
  groups.of_rows = std::move(groups.by[0].codes);
  groups.codes.resize(groups.by[0].values.size());
  std::iota(groups.codes.begin(), groups.codes.end(), 0u);
  for (std::size_t i = 1; i < by.size(); ++i) {
    TRY(source.Check());
    Divide(groups.by[i], i, &groups);
  }
  return groups;
}

class SourcePoints {
 public:
  SourcePoints(const SpanSource& source, const ScannedOperand& scanned, Collector* collector)
      : source_(source),
        operand_(scanned.operand),
        plan_(*scanned.operand.scan()),
        scanned_(scanned),
        collector_(*collector),
        range_(collector->range()),
        accumulator_(collector->accumulator(scanned.number)),
        exemplars_(collector->exemplars(scanned.number)),
        rows_(0, RowSet::Fill::kNone) {}

  Result<std::uint64_t> Add(std::span<const TraceId> left_out) {
    ASSIGN_OR_RETURN(rows_, MatchSpans(source_, scanned_.spans));
    TRY(RemoveTraces(source_, left_out, &rows_));
    ASSIGN_OR_RETURN(std::vector<TraceId> with_odd, TracesOfMatching(source_, scanned_.odd));
    std::erase_if(with_odd, [left_out](const TraceId& id) {
      return std::ranges::binary_search(left_out, id);
    });
    TRY(RemoveTraces(source_, with_odd, &rows_));
    if (!rows_.empty()) TRY(Read());
    TRY(AddEvaluated(with_odd));
    if (rows_.empty()) return 0;
    const std::uint64_t count = CountRows();
    if (CanCount()) {
      TRY(AddCounts());
    } else {
      TRY(AddPoints());
    }
    TRY(AddExemplars(count));
    return count;
  }

 private:
  // Adds all spans that the source has of these traces. Others do not matter to them, so that those
  // of several traces can be evaluated together, and without what other sources have.
  Status AddEvaluated(std::span<const TraceId> traces) {
    const model::StopCheck check = [this] { return source_.Check(); };
    std::vector<bool> is_asked(scanned_.number + 1);
    is_asked[scanned_.number] = true;
    is_asked.resize(collector_.operand_count());
    while (!traces.empty()) {
      const auto some = traces.first(std::min(traces.size(), kEvaluatedAtOnce));
      traces = traces.subspan(some.size());
      ASSIGN_OR_RETURN(const model::SpanColumnsPtr spans,
                       source_.ReadTraces(some, scan::ReadExtent::kAll));
      if (spans != nullptr) TRY(collector_.AddTrace(*spans, check, is_asked));
    }
    return {};
  }

  traceql::Naming naming() const { return operand_.program().fields().naming(); }

  Status Read() {
    const scan::SourceStats& stats = source_.stats();
    is_all_ = CountRows() == stats.span_count;
    first_bucket_ = BucketAtLeast(stats.start_min);
    width_ = BucketAtMost(stats.start_max) - first_bucket_ + 1;
    if (width_ > 1) {
      ASSIGN_OR_RETURN(starts_, ReadStarts());
      const auto starts = starts_->all<std::int64_t>();
      const auto [first, last] = std::ranges::minmax(starts);
      if (first < stats.start_min || last > stats.start_max) {
        return base::DataLoss("starts of spans lie outside those of all of them");
      }
    }
    ASSIGN_OR_RETURN(groups_, ReadGroups(source_, plan_.by, naming()));
    if (plan_.value) {
      TRY(source_.Check());
      ASSIGN_OR_RETURN(values_, ReadNumbers(source_, *plan_.value, naming()));
    }
    if (operand_.sample_rate()) {
      ASSIGN_OR_RETURN(weights_, ReadWeights(source_, operand_));
    }
    return {};
  }

  Result<scan::ColumnPtr> ReadStarts() const {
    ASSIGN_OR_RETURN(scan::ColumnPtr starts, source_.Field(expr::Field::kStart));
    if (starts->all<std::int64_t>().size() != source_.stats().span_count) {
      return base::DataLoss("starts of spans are missing");
    }
    return starts;
  }

  std::uint64_t CountRows() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i * 64 < rows_.row_count(); ++i) {
      count += static_cast<std::uint64_t>(std::popcount(rows_.Word(i)));
    }
    return count;
  }

  // Of what starts before the range its first, and after it its last.
  std::uint32_t BucketAtLeast(UnixNanos time) const {
    return time <= range_.start ? 0 : range_.BucketOf(std::min(time, range_.end));
  }
  std::uint32_t BucketAtMost(UnixNanos time) const {
    return time > range_.end ? range_.bucket_count() - 1 : BucketAtLeast(time);
  }

  template <typename Visit>
  void ForEachRow(const Visit& visit) const {
    if (is_all_) {
      for (std::size_t row = 0; row < rows_.row_count(); ++row) visit(row);
    } else {
      rows_.ForEach([&](std::uint32_t row) { visit(std::size_t{row}); });
    }
  }

  // Spans are counted by group and bucket without a look at the series.
  bool CanCount() const {
    return operand_.function().is_count() && weights_.empty() &&
           groups_.count() * width_ <= kDenseCellsMax;
  }

  std::uint32_t GroupAt(std::size_t row) const {
    return groups_.of_rows.empty() ? 0 : groups_.of_rows[row];
  }

  // Calls visit(row, bucket) for each row that counts.
  template <typename Visit>
  void ForEachPoint(const Visit& visit) const {
    if (width_ == 1) {
      ForEachRow([&](std::size_t row) { visit(row, first_bucket_); });
      return;
    }
    const auto starts = starts_->all<std::int64_t>();
    traceql::metrics::BucketFinder finder(range_);
    ForEachRow([&](std::size_t row) {
      const std::uint32_t bucket = finder.Of(starts[row]);
      if (bucket != TimeRange::kNoBucket) visit(row, bucket);
    });
  }

  std::uint32_t BucketAt(std::size_t row) const {
    return width_ == 1 ? first_bucket_ : range_.BucketOf(starts_->all<std::int64_t>()[row]);
  }

  Status AddCounts() {
    TRY(source_.Check());
    if (groups_.of_rows.empty() && width_ == 1) {
      ASSIGN_OR_RETURN(const Group all, GroupOf(0));
      return accumulator_.AddCount(first_bucket_, all, CountRows());
    }
    std::vector<std::uint32_t> counts(groups_.count() * width_);
    if (groups_.of_rows.empty()) {
      ForEachPoint([&](std::size_t, std::uint32_t bucket) { ++counts[bucket - first_bucket_]; });
    } else {
      ForEachPoint([&](std::size_t row, std::uint32_t bucket) {
        ++counts[groups_.of_rows[row] * width_ + (bucket - first_bucket_)];
      });
    }
    for (std::uint32_t group = 0; group < groups_.count(); ++group) {
      const std::uint32_t* const of_group = counts.data() + group * width_;
      for (std::uint32_t i = 0; i < width_; ++i) {
        if (of_group[i] == 0) continue;
        ASSIGN_OR_RETURN(const Group known, GroupOf(group));
        TRY(accumulator_.AddCount(first_bucket_ + i, known, of_group[i]));
      }
    }
    return {};
  }

  Status AddPoints() {
    TRY(source_.Check());
    std::vector<std::uint32_t> buckets(rows_.row_count(), TimeRange::kNoBucket);
    std::vector<std::uint8_t> is_used(groups_.count());
    ForEachPoint([&](std::size_t row, std::uint32_t bucket) {
      if (!values_.empty() && !std::isfinite(values_[row])) return;
      buckets[row] = bucket;
      is_used[GroupAt(row)] = 1;
    });
    std::vector<Group> groups(groups_.of_rows.size());
    if (!groups.empty()) {
      std::vector<Group> known(groups_.count());
      for (std::uint32_t group = 0; group < known.size(); ++group) {
        if (is_used[group] == 0) continue;
        ASSIGN_OR_RETURN(known[group], GroupOf(group));
      }
      for (std::size_t row = 0; row < groups.size(); ++row) {
        groups[row] = known[groups_.of_rows[row]];
      }
    }
    TRY(source_.Check());
    return accumulator_.Add(
        {.buckets = buckets, .groups = groups, .values = values_, .weights = weights_});
  }

  // The number of a group among the series.
  Result<Group> GroupOf(std::uint32_t group) {
    if (known_.empty()) known_.resize(groups_.count());
    std::optional<Group>& known = known_[group];
    if (!known) {
      ASSIGN_OR_RETURN(known, accumulator_.GroupOf(groups_.ValuesOf(group)));
    }
    return *known;
  }

  Status AddExemplars(std::uint64_t count) {
    if (!exemplars_.is_wanted()) return {};
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> buckets;
    const auto ask = [&](std::size_t row) {
      const std::uint32_t bucket = BucketAt(row);
      if (bucket == TimeRange::kNoBucket) return;
      if (!values_.empty() && !std::isfinite(values_[row])) return;
      rows.push_back(static_cast<std::uint32_t>(row));
      buckets.push_back(bucket);
    };
    const std::uint64_t stride = std::max<std::uint64_t>(1, count / kCandidatesMax);
    if (is_all_) {
      for (std::size_t row = 0; row < rows_.row_count(); row += stride) ask(row);
    } else {
      std::uint64_t place = 0;
      rows_.ForEach([&](std::uint32_t row) {
        if (place++ % stride == 0) ask(row);
      });
    }
    ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source_.TraceIds(rows));
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (exemplars_.Wants(buckets[i], ids[i])) {
        candidates.push_back({.row = rows[i], .bucket = buckets[i], .trace_id = ids[i]});
      }
    }
    if (candidates.empty()) return {};
    ASSIGN_OR_RETURN(const Shown shown, ReadShown(candidates));
    for (const Candidate& candidate : candidates) {
      // Those before it may be better.
      if (!exemplars_.Wants(candidate.bucket, candidate.trace_id)) continue;
      TRY(AddExemplar(candidate, shown));
    }
    return {};
  }

  // A span that may stand for others.
  struct Candidate {
    std::uint32_t row;
    std::uint32_t bucket;
    TraceId trace_id;
  };

  // What exemplars say of their spans.
  struct Shown {
    struct Asked {
      std::string NameFor(std::uint32_t row) const {
        Attribute named = attribute;
        if (!values.names.empty()) named.name = values.NameOf(row);
        return Print(named);
      }
      Attribute attribute;
      CodedValues values;
    };
    std::vector<Asked> attributes;
    scan::ColumnPtr starts;
  };

  Status AddExemplar(const Candidate& candidate, const Shown& shown) {
    ASSIGN_OR_RETURN(const Group group, GroupOf(GroupAt(candidate.row)));
    Labels labels;
    for (const Shown::Asked& asked : shown.attributes) {
      const Value value = asked.values.Of(candidate.row);
      if (!value.is_nil()) {
        labels.push_back({asked.NameFor(candidate.row), traceql::metrics::LabelValueOf(value)});
      }
    }
    labels.push_back(
        {Print(Attribute{.intrinsic = Intrinsic::kTraceId}), {candidate.trace_id.ToHex()}});
    return exemplars_.Add(
        candidate.bucket,
        {.trace_id = candidate.trace_id,
         .time = shown.starts->all<std::int64_t>()[candidate.row],
         .value = values_.empty() ? traceql::metrics::kNoValue : values_[candidate.row],
         .group = group,
         .labels = std::move(labels)});
  }

  // All that the query asks of a span, as it was sent, but for what its events and links say.
  Result<Shown> ReadShown(const std::vector<Candidate>& candidates) const {
    std::vector<std::uint32_t> rows;
    for (const Candidate& candidate : candidates) rows.push_back(candidate.row);
    Shown shown;
    const auto sources = operand_.program().fields().sources();
    for (std::size_t slot = 0; slot < sources.size(); ++slot) {
      const Attribute& attribute = sources[slot].attribute;
      const bool is_shown = operand_.sample_rate() != slot &&
                            attribute.intrinsic != Intrinsic::kTraceId &&
                            traceql::metrics::IsOfSpanAlone(attribute);
      if (!is_shown) continue;
      TRY(source_.Check());
      ASSIGN_OR_RETURN(CodedValues values, ReadCoded(source_, attribute, naming(), rows));
      shown.attributes.push_back({attribute, std::move(values)});
    }
    ASSIGN_OR_RETURN(shown.starts, ReadStarts());
    return shown;
  }

  const SpanSource& source_;
  const Operand& operand_;
  const traceql::metrics::ScanPlan& plan_;
  const ScannedOperand& scanned_;
  Collector& collector_;
  const TimeRange& range_;
  Accumulator& accumulator_;
  Exemplars& exemplars_;
  RowSet rows_;
  bool is_all_ = false;
  /// Of the source those in which spans may start.
  std::uint32_t first_bucket_ = 0;
  std::size_t width_ = 1;
  scan::ColumnPtr starts_;
  LocalGroups groups_;
  std::vector<double> values_;
  std::vector<double> weights_;
  std::vector<std::optional<Group>> known_;
};

}  // namespace

Result<std::uint64_t> AddSource(const SpanSource& source, const ScannedOperand& scanned,
                                std::span<const TraceId> left_out, Collector* collector) {
  return SourcePoints(source, scanned, collector).Add(left_out);
}

std::uint64_t SourceBytes(const SpanSource& source, const ScannedOperand& scanned) {
  // Rows, buckets, groups, values, weights and what those are made of; codes by label; a text and
  // its value for each span where they have no dictionary.
  constexpr std::uint64_t kBytesPerSpan = 64;
  constexpr std::uint64_t kBytesPerLabel = 8 + sizeof(Value) + 48;
  const std::uint64_t label_count = scanned.operand.program().fields().sources().size();
  return source.stats().span_count * (kBytesPerSpan + label_count * kBytesPerLabel) +
         kDenseCellsMax * sizeof(std::uint32_t);
}

}  // namespace clew::query
