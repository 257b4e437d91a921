#pragma once

#include <memory>

#include "query/query_service.h"

namespace clew::query {

/// Who owns the spans and answers questions about them: the storage extension, found by its id.
/// Any thread, from the extension's start to its destruction.
class QueryProvider {
 public:
  virtual ~QueryProvider() = default;
  /// Null before the extension's start and from its stop on. Hold it for a call: it keeps alive
  /// what the call reads, and the extension's stop waits for it until its deadline.
  virtual std::shared_ptr<QueryService> query() = 0;
  /// False while the log is replayed: an answer would not be complete yet.
  virtual bool is_ready() const = 0;
};

}  // namespace clew::query
