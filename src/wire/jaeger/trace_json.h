#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/trace_data.h"

namespace clew::wire::jaeger {

/// What a download holds.
struct Download {
  model::TraceData traces;
  /// What is to be known of the spans, a line each kind, with how many it is and the place of the
  /// first: "3 spans name a process that their trace does not hold …".
  std::vector<std::string> notes;
};

/// The spans of a trace as Jaeger's HTTP API and its UI give it away (jaeger.md section 10): an
/// answer with `data`, or one trace with `spans`. As Jaeger itself translates them (section 6):
/// processes become resources, tags the fields of OTLP they stand for and attributes of their type,
/// logs events, references the parent and links; microseconds become nanoseconds. Warnings are left
/// out. Not taken over: names of process tags are not changed, and an HTTP status makes no status,
/// so that what is shown again is what was shown.
///
/// A span's own id that is none becomes zero, so that only its span is refused, and a span whose
/// process is not there has no service; both are noted. INVALID_ARGUMENT names the place of what
/// has another form, e.g. "data[0].spans[3].tags[1]: expected an object": that of an id of another
/// span, too, and of times and durations that are no microseconds or more than nanoseconds can
/// hold; of numbers beyond 64 bits, and elsewhere of what is no JSON, only that it is malformed.
/// Where only the sum of time and duration is too much, a span ends at the last that can.
Result<Download> TracesFromJson(std::string_view json);

}  // namespace clew::wire::jaeger
