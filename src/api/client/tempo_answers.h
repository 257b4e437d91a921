#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

/// Reads what Tempo's HTTP API answers to TraceQL (tempo-api.md sections 4 and 7). Pure functions;
/// DATA_LOSS when the text is not such an answer.
namespace clew::api::client {

/// The value as text.
struct Label {
  bool operator==(const Label&) const = default;

  std::string key;
  std::string value;
};

struct FoundSpan {
  std::string span_id{};
  /// Empty where the server was not asked for it.
  std::string name{};
  Nanos duration{0};
  std::vector<Label> attributes{};
};

/// Spans of a trace that a query kept.
struct FoundSet {
  /// All of them, of which `spans` are some.
  std::uint64_t span_count = 0;
  std::vector<Label> attributes{};
  std::vector<FoundSpan> spans{};
};

struct FoundTrace {
  TraceId trace_id{};
  std::string root_service{};
  std::string root_name{};
  UnixNanos start = 0;
  /// To the millisecond below.
  Nanos duration{0};
  std::vector<FoundSet> sets{};
};

struct Sample {
  bool operator==(const Sample&) const = default;

  std::int64_t time_ms = 0;
  double value = 0;
};

struct Series {
  std::vector<Label> labels{};
  /// By time.
  std::vector<Sample> samples{};
};

struct SeriesAnswer {
  std::vector<Series> series{};
  /// Why it is not all; empty when it is.
  std::string message{};
};

/// An attribute that there is: the scope as Tempo names it, "span" or "intrinsic".
struct ListedTag {
  bool operator==(const ListedTag&) const = default;

  std::string scope;
  std::string name;
};

/// A value that there is, and its type as Tempo names it: "string", "int", "keyword".
struct ListedValue {
  bool operator==(const ListedValue&) const = default;

  std::string type;
  std::string value;
};

/// {"traces": […]}.
Result<std::vector<FoundTrace>> ParseFoundTraces(std::string_view json);
/// {"series": […]}, with samples over time.
Result<SeriesAnswer> ParseSeries(std::string_view json);
/// The same with one value for each series, which becomes a sample at time 0.
Result<SeriesAnswer> ParseInstant(std::string_view json);
/// {"scopes": [{"name": …, "tags": […]}]}.
Result<std::vector<ListedTag>> ParseTags(std::string_view json);
/// {"tagValues": [{"type": …, "value": …}]}.
Result<std::vector<ListedValue>> ParseTagValues(std::string_view json);

}  // namespace clew::api::client
