#include "api/tempo/metrics_protobuf.h"

#include <utility>

#include "api/tempo/answer_form.h"
#include "api/tempo/found_trace.h"
#include "api/tempo/metrics_message.h"
#include "api/tempo/protobuf_values.h"
#include "api/tempo/search_protobuf.h"
#include "wire/otlp/json_text.h"

namespace clew::api::tempo {
namespace {

using traceql::metrics::Answer;
using traceql::metrics::Labels;
using traceql::metrics::Series;
using wire::otlp::RepairUtf8;

/// Of both responses.
namespace answer_field {
enum : std::uint32_t { kSeries = 1, kStatus = 3, kMessage = 4 };
constexpr std::uint64_t kPartial = 1;
}  // namespace answer_field

/// Of what has labels: series in both forms, and exemplars.
namespace labelled_field {
enum : std::uint32_t { kLabels = 1, kSamples = 2, kExemplars = 4, kValue = 2, kTime = 3 };
}  // namespace labelled_field

namespace sample_field {
enum : std::uint32_t { kValue = 1, kTime = 2 };
}  // namespace sample_field

void WriteLabelFields(FieldWriter& out, const Labels& labels) {
  for (const model::KeyValue& label : labels) {
    KeyValueField(out, labelled_field::kLabels, RepairUtf8(label.key), ShownValue(label.value));
  }
}

void WriteSampleFields(FieldWriter& out, const Series& series) {
  for (const traceql::metrics::Sample& sample : series.samples) {
    MessageField(out, labelled_field::kSamples, [&] {
      DoubleField(out, sample_field::kValue, sample.value);
      NumberField(out, sample_field::kTime, static_cast<std::uint64_t>(sample.timestamp_ms));
    });
  }
  for (const traceql::metrics::ShownExemplar& exemplar : series.exemplars) {
    MessageField(out, labelled_field::kExemplars, [&] {
      WriteLabelFields(out, exemplar.labels);
      DoubleField(out, labelled_field::kValue, exemplar.value);
      NumberField(out, labelled_field::kTime, static_cast<std::uint64_t>(exemplar.timestamp_ms));
    });
  }
}

std::string SeriesField(const Series& series, MetricsForm form) {
  FieldWriter out;
  MessageField(out, answer_field::kSeries, [&] {
    WriteLabelFields(out, series.labels);
    if (form == MetricsForm::kInstant) {
      DoubleField(out, labelled_field::kValue, series.samples.front().value);
    } else {
      WriteSampleFields(out, series);
    }
  });
  return std::move(out.out());
}

}  // namespace

std::vector<std::string> MetricsMessages(const Answer& answer, MetricsForm form,
                                         const query::QueryStats& stats,
                                         const std::optional<std::string>& partial) {
  MessageParts parts;
  for (const Series& series : answer.series) {
    if (IsShown(series, form)) parts.Add(SeriesField(series, form));
  }
  parts.Add(SearchMetricsField(stats, 0));
  if (const auto message = MetricsMessage(answer, partial)) {
    FieldWriter out;
    out.Varint(answer_field::kStatus, answer_field::kPartial);
    TextField(out, answer_field::kMessage, RepairUtf8(*message));
    parts.Add(out.out());
  }
  return std::move(parts).Take();
}

}  // namespace clew::api::tempo
