#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/random.h"
#include "model/trace_data.h"

namespace clew::app::demo {

/// Puts a trace together, span by span. Indexes are places in TraceData::spans.
class TraceBuilder {
 public:
  static constexpr std::size_t kNoParent = static_cast<std::size_t>(-1);

  explicit TraceBuilder(base::Random& random);

  /// A span of `service` that starts at `start` and lasts until End.
  std::size_t Begin(std::string_view service, std::string_view name, model::SpanKind kind,
                    std::size_t parent, UnixNanos start);
  void End(std::size_t span, UnixNanos end) { data_.spans[span].end = end; }
  void Set(std::size_t span, std::string_view key, model::Value value);
  void AddEvent(std::size_t span, std::string_view name, UnixNanos time,
                model::Attributes attributes = {});
  /// Status ERROR and a recorded exception, as an SDK does it.
  void Fail(std::size_t span, std::string_view type, std::string_view message, UnixNanos time);
  void SetError(std::size_t span, std::string_view message);

  model::TraceData Take() { return std::move(data_); }

 private:
  std::uint32_t ResourceOf(std::string_view service);

  base::Random& random_;
  model::TraceData data_;
  TraceId trace_id_;
};

/// Values without the spelling.
model::Value Text(std::string_view text);
model::Value Int(std::int64_t number);
model::Value Double(double number);

}  // namespace clew::app::demo
