#pragma once

#include <vector>

#include "query/query_context.h"
#include "storage/storage.h"

namespace clew::query {

/// Names what an answer has to do without of a source: once in the log of the process, and in the
/// answer.
inline void NoteLeftOut(storage::Storage& storage, const QueryContext& context,
                        const scan::SpanSource& source, const Error& error) {
  storage.ReportUnreadable(source.block(), error);
  if (context.left_out != nullptr) context.left_out->Add(error.message);
}

/// One question under way over the sources of its tenant. The references outlive it.
struct Scan {
  storage::Storage& storage;
  const QueryContext& context;
  const std::vector<scan::SpanSourcePtr>& sources;

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

}  // namespace clew::query
