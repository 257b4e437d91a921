#include <algorithm>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/bench/benches.h"
#include "app/bench/load.h"
#include "app/bench/measure.h"
#include "app/bench/query_data.h"
#include "app/bench/questions.h"
#include "app/bench/verify_load.h"
#include "app/bench/workspace.h"

namespace clew::app::bench {
namespace {

constexpr Rounds kRounds{.warm_up_count = 3, .count = 200, .time_max = std::chrono::seconds(3)};
constexpr std::size_t kAskerCount = 10;
constexpr double kLoadPerSecond = 50'000;
constexpr auto kLoadTime = std::chrono::seconds(10);
/// Seconds of load for each 100,000 spans of the data, so that few spans mean a short bench.
constexpr std::uint64_t kSpansPerLoadSecond = 100'000;

Status Ask(net::HttpClient& http, const Question& question) {
  ASSIGN_OR_RETURN(const net::HttpClientResponse response, http.Get(question.url));
  if (response.status == 200 && response.body.contains(question.has)) return {};
  return base::Internal("{}: status {} and no {} in {}", question.name, response.status,
                        question.has, response.body.substr(0, 300));
}

/// A server over what the folder of `data` holds, which has answered nothing yet; the one of
/// `data` has ended.
Status Restart(QueryData& data) {
  TRY(data.server->Stop());
  ASSIGN_OR_RETURN(data.server, data.StartServer());
  return {};
}

/// The first answer of a process to each question. Files are in the page cache.
Status AskCold(QueryData& data, Report& report) {
  const std::size_t count = Questions(data).size();
  for (std::size_t i = 0; i < count; ++i) {
    TRY(Restart(data));
    const Question question = Questions(data)[i];
    ASSIGN_OR_RETURN(const auto http, MakeHttp());
    ASSIGN_OR_RETURN(const std::vector<double> millis,
                     Measure({.warm_up_count = 0, .count = 1},
                             [&](std::size_t) { return Ask(*http, question); }));
    report.Add(fmt::format("{}_cold_ms", question.name), millis.front());
  }
  return {};
}

/// Each question by itself: its time, and what the server spent on it.
Status AskWarm(const QueryData& data, Report& report) {
  ASSIGN_OR_RETURN(const auto http, MakeHttp());
  std::size_t fast_count = 0;
  std::string slow;
  for (const Question& question : Questions(data)) {
    ASSIGN_OR_RETURN(const telemetry::ProcessFacts before, data.server->Facts());
    ASSIGN_OR_RETURN(const std::vector<double> millis,
                     Measure(kRounds, [&](std::size_t) { return Ask(*http, question); }));
    ASSIGN_OR_RETURN(const telemetry::ProcessFacts after, data.server->Facts());
    AddPercentiles(report, question.name, millis);
    report.Add(fmt::format("{}_cpu_ms", question.name),
               (after.cpu_seconds - before.cpu_seconds) * 1000 /
                   static_cast<double>(millis.size() + kRounds.warm_up_count));
    if (question.reach_ms == 0) continue;
    report.Add(fmt::format("{}_reach_ms", question.name), question.reach_ms);
    if (Percentile(millis, 0.5) <= question.reach_ms) {
      ++fast_count;
    } else {
      slow += (slow.empty() ? "" : " ") + question.name;
    }
  }
  report.SetValue(static_cast<double>(fast_count));
  report.Add("too_slow", slow);
  return {};
}

/// Ten that ask one question after the other, all at once, for `time`.
Result<std::vector<double>> AskAtOnce(const QueryData& data, Nanos time) {
  const std::vector<Question> questions = Questions(data);
  std::mutex mutex;
  std::vector<double> millis;
  Status status;
  const auto ask = [&](std::size_t first) -> Status {
    ASSIGN_OR_RETURN(const auto http, MakeHttp());
    const Rounds rounds{.warm_up_count = 0, .count = SIZE_MAX, .time_max = time};
    ASSIGN_OR_RETURN(const std::vector<double> own, Measure(rounds, [&](std::size_t i) {
                       return Ask(*http, questions[(first + i) % questions.size()]);
                     }));
    const std::lock_guard lock(mutex);
    millis.insert(millis.end(), own.begin(), own.end());
    return {};
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kAskerCount; ++i) {
      threads.emplace_back([&, i] {
        const Status own = ask(i * questions.size() / kAskerCount);
        const std::lock_guard lock(mutex);
        if (!own.has_value()) status = own;
      });
    }
  }
  TRY(status);
  return millis;
}

/// The same alone, and while spans are sent, over a copy of the data.
Status AskBesideLoad(QueryData& data, const BenchOptions& options, Report& report) {
  TRY(data.server->Stop());
  ASSIGN_OR_RETURN(const Workspace workspace, Workspace::Make(options.work_directory));
  std::error_code error;
  std::filesystem::copy(data.directory, workspace.path(), std::filesystem::copy_options::recursive,
                        error);
  if (error) return Unavailable("cannot copy {}: {}", data.directory, error.message());
  data.directory = workspace.path();
  ASSIGN_OR_RETURN(data.server, data.StartServer());
  const auto seconds = std::clamp<std::uint64_t>(
      data.span_count / kSpansPerLoadSecond, 1,
      static_cast<std::uint64_t>(std::chrono::seconds(kLoadTime).count()));
  const Nanos time = std::chrono::seconds(seconds);
  ASSIGN_OR_RETURN(const std::vector<double> alone, AskAtOnce(data, time));
  AddPercentiles(report, "ten_at_once", alone);
  Result<LoadResult> load = base::Internal("nothing was sent");
  std::jthread sender([&] {
    load = SendLoad({.endpoint = fmt::format("127.0.0.1:{}", data.server->ports().grpc),
                     .span_count = static_cast<std::uint64_t>(kLoadPerSecond) * seconds,
                     .spans_per_second = kLoadPerSecond,
                     .seed = ~options.seed,
                     .start = data.end});
  });
  const auto beside = AskAtOnce(data, time);
  sender.join();
  TRY(beside);
  TRY(load);
  AddPercentiles(report, "ten_beside_load", *beside);
  report.Add("load_spans_per_second", static_cast<double>(load->span_count) / load->seconds);
  report.Add("load_retries", static_cast<double>(load->retry_count));
  return VerifyLoad(*data.server, *load);
}

}  // namespace

Result<Report> BenchQuery(const BenchOptions& options) {
  ASSIGN_OR_RETURN(QueryData data, OpenQueryData(options));
  Report report("query", "questions as fast as they shall be");
  TRY(AskCold(data, report));
  TRY(Restart(data));
  TRY(AskWarm(data, report));
  ASSIGN_OR_RETURN(const telemetry::ProcessFacts facts, data.server->Facts());
  report.Add("rss_mib_max", facts.rss_bytes_max / (1u << 20));
  TRY(AskBesideLoad(data, options, report));
  TRY(data.server->Stop());
  report.Add("spans", static_cast<double>(data.span_count));
  return report;
}

}  // namespace clew::app::bench
