#pragma once

#include <string>

#include "base/metrics.h"

namespace clew::pipeline {

/// What every exporter counts of its spans, under its id.
struct ExporterCounters {
  ExporterCounters(const std::string& id, base::Metrics& metrics)
      : sent_spans(metrics.Counter("otelcol_exporter_sent_spans",
                                   "Spans that their destination took.", {{"exporter", id}})),
        send_failed_spans(metrics.Counter("otelcol_exporter_send_failed_spans",
                                          "Spans that their destination did not take.",
                                          {{"exporter", id}})) {}

  prometheus::Counter& sent_spans;
  prometheus::Counter& send_failed_spans;
};

}  // namespace clew::pipeline
