#include "app/cli/span_details.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "analysis/span_time.h"
#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

/// The lines of a text, one at least, safe for a terminal and without a last empty one.
std::vector<std::string> SafeLines(std::string_view text) {
  std::vector<std::string> lines;
  do {
    const std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    std::ranges::replace(line, '\t', ' ');
    lines.push_back(SafeText(line));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  } while (!text.empty());
  return lines;
}

class Details {
 public:
  Details(const DetailOptions& options, const Style& style) : options_(options), style_(style) {}

  void Line(std::string_view text) {
    out_ += style_.Paint(Ink::kDim, options_.indent);
    out_ += text;
    out_ += '\n';
  }

  /// `key = value`; a value of several lines (a stack trace) keeps its lines.
  void Attribute(std::string_view margin, const model::KeyValue& attribute) {
    std::string head = fmt::format("{}{} = ", margin, SafeText(attribute.key));
    for (const std::string& line : SafeLines(model::ValueToText(attribute.value))) {
      Line(fmt::format("{}{}", style_.Paint(Ink::kDim, head), line));
      head = fmt::format("{}    ", margin);
    }
  }

  void Attributes(std::string_view margin, const model::Attributes& attributes) {
    for (const model::KeyValue& attribute : attributes) {
      Attribute(margin, attribute);
    }
  }

  void Heading(std::string_view text) { Line(style_.Paint(Ink::kBold, text)); }

  /// Status message, and type and message of the first exception, which often say the same.
  void Error(const model::Span& span) {
    const std::string exception = ExceptionText(span);
    if (!exception.ends_with(span.status_message)) {
      Red(span.status_message);
    }
    if (!exception.empty()) {
      Red(exception);
    }
  }

  void Everything(const model::TraceData& trace, const model::Span& span) {
    Heading(fmt::format("span {} · {}", span.span_id.ToHex(), model::SpanKindName(span.kind)));
    Attributes("", span.attributes);
    for (const model::Event& event : span.events) {
      // Without a time there is nothing to count from the start.
      const Nanos at(analysis::Difference(event.time, options_.trace_start));
      Heading(fmt::format("event {}{}", SafeText(event.name),
                          event.time == 0 ? "" : " at " + DurationText(at)));
      Attributes("  ", event.attributes);
    }
    for (const model::Link& link : span.links) {
      Heading(fmt::format("link to trace {} span {}", link.trace_id.ToHex(), link.span_id.ToHex()));
      Attributes("  ", link.attributes);
    }
    const model::Resource& resource = trace.resources[span.resource];
    if (options_.has_resource && !resource.attributes.empty()) {
      Heading("resource");
      Attributes("  ", resource.attributes);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  static std::string ExceptionText(const model::Span& span) {
    const auto event = std::ranges::find(span.events, "exception", &model::Event::name);
    if (event == span.events.end()) {
      return {};
    }
    const std::string_view type = model::FindString(event->attributes, "exception.type");
    const std::string_view message = model::FindString(event->attributes, "exception.message");
    return fmt::format("{}{}{}", type, type.empty() || message.empty() ? "" : ": ", message);
  }

  void Red(std::string_view text) {
    for (const std::string& line : SafeLines(text)) {
      Line(style_.Paint(Ink::kRed, line));
    }
  }

  const DetailOptions& options_;
  const Style& style_;
  std::string out_;
};

}  // namespace

std::string DetailLines(const model::TraceData& trace, const model::Span& span,
                        const DetailOptions& options, const Style& style) {
  Details details(options, style);
  if (span.status == model::StatusCode::kError) {
    details.Error(span);
  }
  for (const std::string& warning : span.warnings) {
    details.Line(style.Paint(Ink::kYellow, SafeText(warning)));
  }
  if (options.has_attributes) {
    details.Everything(trace, span);
  }
  return details.Take();
}

}  // namespace clew::app::cli
