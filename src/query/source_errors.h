#pragma once

#include "base/vocabulary.h"
#include "storage/storage.h"

namespace clew::query {

/// What to do with an error of one source: nothing when the rest may answer without it (a corrupt
/// block, or one that retention has just deleted), after reporting it; else the error itself.
inline Status Tolerate(storage::Storage& storage, const Error& error) {
  if (error.code == Code::kNotFound) return {};
  if (error.code == Code::kDataLoss) {
    storage.ReportUnreadable(error);
    return {};
  }
  return std::unexpected(error);
}

inline Status CheckDeadline(Deadline deadline) {
  if (std::chrono::steady_clock::now() < deadline) return {};
  return MakeError(Code::kDeadlineExceeded,
                   "the query ran out of time: narrow its time range, or raise the timeout");
}

}  // namespace clew::query
