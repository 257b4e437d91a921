#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/bench/report.h"
#include "base/vocabulary.h"

/// What `clew bench` measures. Spans come from workload/generator.h.
namespace clew::app::bench {

/// A bench that is not told how much to do ends within 45 s, so that it sends no longer than this.
inline constexpr Nanos kSendTimeMax = std::chrono::seconds(25);

struct BenchOptions {
  /// For benches that keep their data: built at the first run, used again. Empty: a temporary
  /// folder below `work_directory`.
  std::string data_directory;
  /// Below it everything temporary is made, and removed at the end.
  std::string work_directory = "build";
  /// 0: what the bench takes by itself.
  std::uint64_t span_count = 0;
  std::uint64_t seed = 1;
  /// Of scan; 0: all cores.
  std::size_t thread_count = 0;
  /// Of scan: asks only this, once, in a process that has read nothing before.
  std::string question{};
};

/// Names in the order of the reference.
std::vector<std::string> BenchNames();
/// `name` is one of BenchNames.
Result<Report> RunBenchByName(const std::string& name, const BenchOptions& options);

/// OTLP bytes to columns, one thread.
Result<Report> BenchDecode(const BenchOptions& options);
/// Client and storing server in two processes, until everything is in blocks; spans per second of
/// the server's CPU time.
Result<Report> BenchIngest(const BenchOptions& options);
/// The same data at 100,000 spans a second for a minute; the server's largest resident memory.
Result<Report> BenchMemory(const BenchOptions& options);
/// Bytes of the blocks that hold the data, per span.
Result<Report> BenchStoredSize(const BenchOptions& options);
/// A forwarder between this process, which sends, and this process, which takes; spans per second
/// of the forwarder's CPU time.
Result<Report> BenchForward(const BenchOptions& options);
/// One trace, by its id, over HTTP, warm.
Result<Report> BenchTraceById(const BenchOptions& options);
/// The newest 20 traces of a service, and of a service and an attribute, over HTTP, warm; a scan of
/// all spans, the list of services and the calls between them; the server's memory afterwards.
Result<Report> BenchSearch(const BenchOptions& options);
/// Questions in TraceQL and lists of names over HTTP: the first answer of a process, answers
/// afterwards, the CPU time of each; ten at once, alone and beside 50,000 spans a second.
Result<Report> BenchQuery(const BenchOptions& options);
/// From a span's acknowledgement until its trace is found over HTTP.
Result<Report> BenchSearchableLatency(const BenchOptions& options);
/// A server over 2,000 blocks, links of one of span_count spans and one besides: starts, memory,
/// and over HTTP a trace of the one besides, lists, and what is nowhere.
Result<Report> BenchBlocks(const BenchOptions& options);
/// Conditions over blocks on disk: read before, and by a process that has read nothing; by one
/// thread and by several. Sealing by one and by several, too.
Result<Report> BenchScan(const BenchOptions& options);
/// An attribute set on each span or resource of decoded batches, and spans dropped, one thread.
Result<Report> BenchEdit(const BenchOptions& options);

}  // namespace clew::app::bench
