#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "workload/catalogue.h"
#include "workload/dice.h"
#include "workload/span_writer.h"

namespace clew::workload {

struct GeneratorOptions {
  /// Decides everything. Equal options give equal bytes.
  std::uint64_t seed = 1;
  /// Start of the first trace.
  UnixNanos start = 1'700'000'000'000'000'000;
  /// How fast the clock of the spans runs.
  double spans_per_second = 100'000;
  /// About how many spans a request has, and how many of them come from one resource in a row.
  std::size_t spans_per_request = 500;
  std::size_t spans_per_resource = 100;
  std::size_t service_count = 40;
  /// One in so many traces is remembered, for looking it up afterwards.
  std::size_t remember_every = 1'000;
};

/// An encoded ExportTraceServiceRequest.
struct GeneratedRequest {
  std::string body;
  std::size_t span_count = 0;
};

/// What is known of a trace that was made.
struct TraceFact {
  TraceId id;
  std::uint32_t span_count = 0;
  std::string root_service;
  std::string root_operation;
  UnixNanos start = 0;
};

/// What was made so far. All of it has been given out once Drain gave nothing.
struct WorkloadFacts {
  std::uint64_t trace_count = 0;
  std::uint64_t span_count = 0;
  std::uint64_t attribute_count = 0;
  std::uint64_t request_bytes = 0;
  std::vector<std::uint64_t> spans_by_service;
  std::vector<TraceFact> remembered;
};

/// Makes the traffic that benchmarks measure with: traces of 12 spans on average through a call
/// graph, 25 attributes and about 1 KB a span, values that depend on service and operation, one
/// span in ten with an exception. A resource's spans are sent when it has a full batch, as SDKs and
/// collectors do, so that traces come in pieces. One thread; reads no clock, no file.
class Generator {
 public:
  explicit Generator(const GeneratorOptions& options);

  GeneratedRequest Next();
  /// After the last Next: the spans still waiting for company, then nothing.
  std::optional<GeneratedRequest> Drain();

  const WorkloadFacts& facts() const { return facts_; }
  const Catalogue& catalogue() const { return catalogue_; }
  /// The id of the trace that was made as number `index`.
  TraceId TraceIdAt(std::uint64_t index) const;

 private:
  /// Spans of one resource that wait for company.
  struct Waiting {
    std::uint32_t service = 0;
    std::uint32_t pod = 0;
    std::string spans;
    std::size_t span_count = 0;
  };

  void MakeTrace();
  void PlanTrace(std::size_t span_count, UnixNanos start);
  TraceValues DrawTraceValues();
  void Hand(Waiting& waiting);

  const GeneratorOptions options_;
  const Catalogue catalogue_;
  Dice dice_;
  WorkloadFacts facts_;
  std::vector<std::vector<Waiting>> waiting_;  // by service and pod
  std::deque<GeneratedRequest> ready_;         // all full but the last
  std::vector<PlannedSpan> plan_;
  std::string scratch_;
};

}  // namespace clew::workload
