#include "app/cli/span_details.h"

#include <fmt/core.h>

#include <string_view>

#include "analysis/span_time.h"
#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

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
    std::string value = model::ValueToText(attribute.value);
    std::string_view rest = value;
    std::string head = fmt::format("{}{} = ", margin, SafeText(attribute.key));
    while (true) {
      const std::size_t end = rest.find('\n');
      std::string line;
      for (const char byte : rest.substr(0, end)) {
        line += byte == '\t' ? ' ' : byte;
      }
      Line(fmt::format("{}{}", style_.Paint(Ink::kDim, head), SafeText(line)));
      if (end == std::string_view::npos || end + 1 == rest.size()) {
        return;
      }
      rest.remove_prefix(end + 1);
      head = fmt::format("{}    ", margin);
    }
  }

  void Attributes(std::string_view margin, const model::Attributes& attributes) {
    for (const model::KeyValue& attribute : attributes) {
      Attribute(margin, attribute);
    }
  }

  void Heading(std::string_view text) { Line(style_.Paint(Ink::kBold, text)); }

  /// Status message, or type and message of the first exception.
  void Error(const model::Span& span) {
    if (!span.status_message.empty()) {
      Line(style_.Paint(Ink::kRed, SafeText(span.status_message)));
    }
    for (const model::Event& event : span.events) {
      if (event.name != "exception") {
        continue;
      }
      const std::string text =
          fmt::format("{}: {}", model::FindString(event.attributes, "exception.type"),
                      model::FindString(event.attributes, "exception.message"));
      Line(style_.Paint(Ink::kRed, SafeText(text)));
      return;
    }
  }

  void Everything(const model::TraceData& trace, const model::Span& span) {
    Heading(fmt::format("span {} · {}", span.span_id.ToHex(), model::SpanKindName(span.kind)));
    Attributes("", span.attributes);
    for (const model::Event& event : span.events) {
      Heading(
          fmt::format("event {} at {}", SafeText(event.name),
                      DurationText(Nanos(analysis::Difference(event.time, options_.trace_start)))));
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
