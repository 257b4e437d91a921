#include "api/tempo/metrics_json.h"

#include "api/tempo/json_values.h"
#include "api/tempo/metrics_message.h"
#include "api/tempo/search_json.h"

namespace clew::api::tempo {
namespace {

using traceql::metrics::Answer;
using traceql::metrics::Labels;
using traceql::metrics::Series;

void WriteLabels(Json& json, const Labels& labels) {
  json.Key("labels");
  json.StartArray();
  for (const model::KeyValue& label : labels) WriteKeyValue(json, label.key, label.value);
  json.EndArray();
}

void WriteSamples(Json& json, const Series& series) {
  json.Key("samples");
  json.StartArray();
  for (const traceql::metrics::Sample& sample : series.samples) {
    json.StartObject();
    json.Key("timestampMs");
    NumberText(json, sample.timestamp_ms);
    json.Key("value");
    Double(json, sample.value);
    json.EndObject();
  }
  json.EndArray();
}

void WriteExemplars(Json& json, const Series& series) {
  if (series.exemplars.empty()) return;
  json.Key("exemplars");
  json.StartArray();
  for (const traceql::metrics::ShownExemplar& exemplar : series.exemplars) {
    json.StartObject();
    WriteLabels(json, exemplar.labels);
    json.Key("value");
    Double(json, exemplar.value);
    json.Key("timestampMs");
    NumberText(json, exemplar.timestamp_ms);
    json.EndObject();
  }
  json.EndArray();
}

void WriteSeries(Json& json, const Series& series, MetricsForm form) {
  if (!IsShown(series, form)) return;
  json.StartObject();
  WriteLabels(json, series.labels);
  if (form == MetricsForm::kInstant) {
    json.Key("value");
    Double(json, series.samples.front().value);
  } else {
    WriteSamples(json, series);
    WriteExemplars(json, series);
  }
  json.EndObject();
}

}  // namespace

std::string MetricsJson(const Answer& answer, MetricsForm form, const query::QueryStats& stats,
                        const std::optional<std::string>& partial) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  json.Key("series");
  json.StartArray();
  for (const Series& series : answer.series) WriteSeries(json, series, form);
  json.EndArray();
  json.Key("metrics");
  const std::string metrics = SearchMetricsJson(stats, 0);
  json.RawValue(metrics.data(), metrics.size(), rapidjson::kObjectType);
  if (const auto message = MetricsMessage(answer, partial)) {
    json.Key("status");
    json.String("PARTIAL");
    json.Key("message");
    Text(json, *message);
  }
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace clew::api::tempo
