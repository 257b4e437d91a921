#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "model/span_columns.h"
#include "model/trace_data.h"

namespace clew::traceql::evaluate::testing {

/// A trace written by hand, as columns too.
class ExampleTrace {
 public:
  explicit ExampleTrace(model::TraceData trace);

  const model::TraceData& rows() const { return *trace_; }
  const model::SpanColumns& columns() const { return columns_; }
  /// What a query finds: names of spans, sets of them apart by `; `, each with its values:
  /// `a b; c | count()=1`. Of a query that fails the message.
  std::string Find(std::string_view query) const;

 private:
  /// Columns are views of it.
  std::unique_ptr<const model::TraceData> trace_;
  model::SpanColumns columns_;
};

/// Where each of these columns is a service, and time goes to the right:
///
///     shop: root [0, 100 us) ─┬─ pay [10, 30) ── ack [90, 95)
///                             └─ cache [40, 50)
///     bank:                      charge [12, 17), below pay
///           lost [50, 60), below a span that is not there
///
/// with attributes, events and links as in the source.
ExampleTrace Shop();

}  // namespace clew::traceql::evaluate::testing
