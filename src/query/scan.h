#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "query/damage_notes.h"
#include "query/query_context.h"
#include "query/query_stats.h"
#include "scan/read_counts.h"
#include "storage/storage.h"

namespace clew::query {

/// Names what an answer has to do without of a source: once in the log of the process, and in the
/// answer.
inline void NoteLeftOut(storage::Storage& storage, const QueryContext& context,
                        const scan::SpanSource& source, const Error& error) {
  storage.ReportUnreadable(source.block(), error);
  if (context.left_out != nullptr) context.left_out->Add(error.message);
}

/// The operations of many blocks, each once.
using RollUpPtr = std::shared_ptr<const storage::RollUp>;

/// The same of their tags.
using TagTotalsPtr = std::shared_ptr<const std::vector<storage::TagTotal>>;

/// One question under way over the sources of its tenants. The references outlive it.
struct Scan {
  storage::Storage& storage;
  const QueryContext& context;
  const std::vector<scan::SpanSourcePtr>& sources;
  QueryStats& stats;
  /// What is read of the sources. Null: nobody counts.
  scan::ReadTotals* reads = nullptr;
  /// Where the sources tell of damage, by their places. Null: elsewhere.
  DamageNotes* notes = nullptr;
  /// Operations of blocks that are not among the sources.
  std::span<const RollUpPtr> rolled_up{};
  /// The same of tags.
  std::span<const TagTotalsPtr> rolled_tags{};

  /// The sources as the store has them, by place: the same objects each time. Of plans that ask for
  /// what is known of them from before.
  std::span<const scan::SpanSourcePtr> stored{};

  /// What was told of the source at `place` when it was not its turn yet.
  void Tell(std::size_t place) const {
    if (notes != nullptr) notes->Tell(place);
  }

  /// Between two pieces of work; see QueryContext::Check.
  Status Check() const { return context.Check(); }

  /// What to do with an error of one source: whatever it is, the rest answers without it, and it is
  /// reported and noted. Unless it is about the question: then it is the answer.
  Status Tolerate(const scan::SpanSource& source, const Error& error) const {
    switch (error.code) {
      case Code::kInvalidArgument:
      case Code::kUnimplemented:
      case Code::kCancelled:
      case Code::kDeadlineExceeded:
        return std::unexpected(error);
      default:
        NoteLeftOut(storage, context, source, error);
        return {};
    }
  }
};

/// While it lives, the time that passes and what is read, where that is counted, are one
/// operator's. One at a time; the scan outlives it.
class OperatorWork {
 public:
  /// `place`: see QueryStats.
  OperatorWork(const Scan& scan, std::size_t place)
      : scan_(scan), place_(place), begin_(scan.context.clock->Time()) {
    if (scan.reads != nullptr) scan.reads->step = place;
  }
  ~OperatorWork() { scan_.stats.At(place_).time += scan_.context.clock->Time() - begin_; }
  OperatorWork(const OperatorWork&) = delete;
  OperatorWork& operator=(const OperatorWork&) = delete;

 private:
  const Scan& scan_;
  const std::size_t place_;
  const Deadline begin_;
};

}  // namespace clew::query
