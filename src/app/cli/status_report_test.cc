#include "app/cli/status_report.h"

#include <gtest/gtest.h>

namespace clew::app::cli {
namespace {

TEST(StatusReport, SaysWhatTheMetricsSay) {
  const auto samples = telemetry::ParseSamples(
      "clew_build_info{version=\"1.2.3\"} 1\n"
      "otelcol_process_uptime 3720\n"
      "otelcol_process_memory_rss 104857600\n"
      "clew_component_up{id=\"otlp\",kind=\"receiver\",pipeline=\"\"} 1\n"
      "clew_component_up{id=\"batch\",kind=\"processor\",pipeline=\"traces\"} 0\n"
      "otelcol_receiver_accepted_spans{receiver=\"otlp\",transport=\"grpc\"} 852420\n"
      "otelcol_receiver_refused_spans{receiver=\"otlp\",transport=\"grpc\"} 0\n"
      "clew_query_requests_total{api=\"jaeger\",code=\"200\",route=\"/api/v3/trace-summaries\"} 5\n"
      "clew_log_bytes{storage=\"clew_storage/two\"} 2048\n"
      "clew_log_sync_duration_seconds_bucket{storage=\"clew_storage\",le=\"0.1\"} 5\n"
      "clew_log_sync_duration_seconds_count{storage=\"clew_storage\"} 5\n");

  const std::string drawn = DrawStatus(samples, "ok", Style(false));

  EXPECT_TRUE(drawn.starts_with("clew 1.2.3, ready\n")) << drawn;
  for (const char* part :
       {"1h02m", "100.0 MiB", "receiver otlp", "running", "processor batch in traces",
        "not running", "receiver accepted spans (otlp, grpc)", "852,420",
        "log bytes (clew_storage/two)", "2.0 KiB",
        "query requests (jaeger, 200, /api/v3/trace-summaries) 5\n"}) {
    EXPECT_NE(drawn.find(part), std::string::npos) << part << "\n" << drawn;
  }
  EXPECT_EQ(drawn.find("refused"), std::string::npos) << "nothing was refused";
  EXPECT_EQ(drawn.find("sync"), std::string::npos) << "histograms are left out";
}

TEST(StatusReport, NothingThatAServerSaysSteersTheTerminal) {
  const auto samples = telemetry::ParseSamples(
      "clew_build_info{version=\"1\x1b[1m\"} 1\n"
      "clew_component_up{id=\"a\x1b[2m\",kind=\"b\x1b[3m\",pipeline=\"c\x1b[4m\"} 1\n"
      "clew_log_\x1b]0;mine\x07\xc2\x9b{x=\"d\x1b[5m\"} 5\n");

  const std::string drawn = DrawStatus(samples, "not \x1b[6m ready", Style(false));

  EXPECT_NE(drawn.find("log ?]0;mine?? (d?[5m)"), std::string::npos) << drawn;
  for (const char* part : {"\x1b", "\x07", "\xc2\x9b"}) {
    EXPECT_EQ(drawn.find(part), std::string::npos) << drawn;
  }
}

TEST(StatusReport, WhatIsWaitedForIsSaid) {
  EXPECT_NE(DrawStatus({}, "the log is replayed", Style(false)).find("the log is replayed"),
            std::string::npos);
}

}  // namespace
}  // namespace clew::app::cli
