#pragma once

#include <string>

#include "pipeline/item_counter.h"

namespace clew::pipeline {

/// What every exporter counts of its items, under its id.
struct ExporterCounters {
  ExporterCounters(const std::string& id, model::Signal signal, base::Metrics& metrics)
      : sent_items(ItemCounter(metrics, "otelcol_exporter_sent_", signal,
                               "that their destination took.", {{"exporter", id}})),
        send_failed_items(ItemCounter(metrics, "otelcol_exporter_send_failed_", signal,
                                      "that their destination did not take.", {{"exporter", id}})) {
  }

  prometheus::Counter& sent_items;
  prometheus::Counter& send_failed_items;
};

}  // namespace clew::pipeline
