#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/terminal.h"
#include "base/vocabulary.h"

/// What each command of `clew` is asked for, and the function that does it. Each gives the exit
/// status: 0 done, 1 not done (standard error says why and what to do), 2 wrong usage.
namespace clew::app::cli {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// Which server a query goes to.
struct ServerOptions {
  std::string url = "http://localhost:16686";
  std::string tenant;
};

/// Which times, as ParseTimeRange takes them.
struct TimeOptions {
  std::string since = "1h";
  std::string from;
  std::string to;
};

struct TraceOptions {
  ServerOptions server;
  std::string id;
  std::string explain{};  // plan or run; empty: the trace itself
  bool is_json = false;
  bool has_attributes = false;
};
int RunTrace(const TraceOptions& options, const Terminal& terminal);

struct SearchOptions {
  ServerOptions server;
  std::string service;
  std::string operation;
  std::string duration_min;
  std::string duration_max;
  std::vector<std::string> tags;  // key=value
  std::string status;
  TimeOptions times;
  std::uint32_t limit = 20;
  std::string explain{};  // as above
  bool is_json = false;
};
int RunSearch(const SearchOptions& options, const Terminal& terminal);

struct ServicesOptions {
  ServerOptions server;
  bool has_operations = false;
  std::string explain{};  // as above
  bool is_json = false;
};
int RunServices(const ServicesOptions& options, const Terminal& terminal);

struct TraceQlOptions {
  /// Of the Tempo API.
  ServerOptions server{.url = "http://localhost:3200", .tenant = {}};
  std::string query;
  TimeOptions times{};
  std::uint32_t limit = 20;  // of traces, or of series that are drawn
  std::uint32_t span_count = 3;
  std::string step{};  // of metrics; empty: the server chooses
  bool is_instant = false;
  std::string output{};   // chart, table or json; empty: chart of series, table of all else
  std::string explain{};  // as above
};
/// Asks a query in TraceQL: a search, or one of metrics.
int RunTraceQl(const TraceQlOptions& options, const Terminal& terminal);

struct CompleteOptions {
  /// Of the Tempo API, where the line names no other.
  ServerOptions server{.url = "http://localhost:3200", .tenant = {}};
  /// Up to the cursor.
  std::string line{};
};
/// For completion scripts: prints what stays of the query that is being typed in the line, then, a
/// line each, what can stand behind it. Nothing when there is nothing, or no server that answers at
/// once.
int RunComplete(const CompleteOptions& options, const Terminal& terminal);

struct SendOptions {
  std::vector<std::string> files;
  std::string endpoint;
  std::string protocol;  // empty: as the endpoint says
  std::string compression = "none";
  std::vector<std::string> headers;  // name=value
  std::string tenant;
  std::uint32_t in_flight_max = 4;
  std::string timeout = "30s";
  std::string retry_for = "1m";
};
int RunSend(const SendOptions& options, const Terminal& terminal);

struct DemoOptions {
  std::string endpoint;
  std::string protocol;  // empty: as the endpoint says
  std::string tenant;
  std::string server = ServerOptions().url;
  double rate = 2;
  std::string duration = "0s";
  std::uint64_t seed = 0;
};
int RunDemo(const DemoOptions& options, const Terminal& terminal);

struct StatusOptions {
  std::string url = "http://localhost:8888";
};
int RunStatus(const StatusOptions& options, const Terminal& terminal);

struct ConfigOptions {
  std::vector<std::string> sources;  // files, env:NAME, yaml:TEXT
  std::vector<std::string> sets;     // key=value
};
struct ServeOptions {
  ConfigOptions config;
  std::string shutdown_timeout = "30s";
};
int RunServe(const ServeOptions& options, const Terminal& terminal);
int RunConfigPrint(const ConfigOptions& options, const Terminal& terminal);
int RunConfigValidate(const ConfigOptions& options, const Terminal& terminal);
/// Prints what a configuration of Tempo, in a file, is as one of clew, and names what of it clew
/// does not do.
int RunConfigTranslate(const std::string& file, const Terminal& terminal);
/// Tells the server whose telemetry address is `url` to read its configuration again.
int RunConfigReload(const StatusOptions& options, const Terminal& terminal);
/// Tells it to turn everything acknowledged into blocks.
int RunStorageFlush(const StatusOptions& options, const Terminal& terminal);
struct VerifyOptions {
  std::string directory = "clew-data";
};
/// Reads a data directory, also beside a server, and names what is damaged. 1 when something is.
int RunStorageVerify(const VerifyOptions& options, const Terminal& terminal);
int RunComponents(const Terminal& terminal);
int RunVersion(const Terminal& terminal);

struct BenchOptions {
  std::string name;
  std::string data_directory;
  std::uint64_t span_count = 0;  // 0: as much as the bench wants
  std::uint64_t seed = 1;
  std::uint64_t thread_count = 0;  // 0: all cores
  std::string question;            // of scan; empty: all
};
int RunBench(const BenchOptions& options, const Terminal& terminal);

/// `topic`: "configuration", "metrics" or "semantic-conventions"; the reference as it stands in
/// docs/reference.
int RunDocs(const std::string& topic, const Terminal& terminal);

}  // namespace clew::app::cli
