#pragma once

#include "query/query_service.h"

namespace clew::query {

/// Who owns the spans and answers questions about them: the storage extension, found by its id.
/// Any thread, from the extension's start to its destruction.
class QueryProvider {
 public:
  virtual ~QueryProvider() = default;
  virtual QueryService& query() = 0;
  /// False while the log is replayed: an answer would not be complete yet.
  virtual bool is_ready() const = 0;
};

}  // namespace clew::query
