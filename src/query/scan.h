#pragma once

#include <vector>

#include "query/query_context.h"
#include "storage/storage.h"

namespace clew::query {

/// One question under way over the sources of its tenant. The references outlive it.
struct Scan {
  storage::Storage& storage;
  const QueryContext& context;
  const std::vector<storage::SpanSourcePtr>& sources;

  /// Between two pieces of work; see QueryContext::Check.
  Status Check() const { return context.Check(); }

  /// What to do with an error of one source: nothing when the rest may answer without it (a corrupt
  /// block, or one that cannot be read now), after reporting it; else the error itself.
  Status Tolerate(const Error& error) const {
    if (error.code == Code::kDataLoss || error.code == Code::kUnavailable) {
      storage.ReportUnreadable(error);
      if (context.left_out != nullptr) context.left_out->Add(error.message);
      return {};
    }
    return std::unexpected(error);
  }
};

}  // namespace clew::query
