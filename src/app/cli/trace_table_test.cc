#include "app/cli/trace_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace clew::app::cli {
namespace {

analysis::TraceSummary Summary() {
  analysis::TraceSummary summary;
  summary.trace_id = *TraceId::FromHex("0af7651916cd43dd8448eb211c80319c");
  summary.root_service = "api-gateway";
  summary.root_operation = "POST /orders";
  summary.start_min = 1'700'000'000'000'000'000;
  summary.end_max = summary.start_min + 412'000'000;
  summary.span_count = 14;
  return summary;
}

TEST(TraceTable, OneLineATrace) {
  analysis::TraceSummary failed = Summary();
  failed.error_span_count = 2;
  failed.root_service = "";
  failed.root_operation = "";
  failed.services = {{.name = "bank-api", .span_count = 1}};

  const std::string table = DrawTraceTable({Summary(), failed}, 110, Style(false));

  EXPECT_EQ(table,
            "TRACE                            STARTED (UTC)       DURATION  SPANS ERRORS ROOT\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20    412ms     14      - "
            "api-gateway POST /orders\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20    412ms     14      2 "
            "bank-api (root not seen)\n");
}

TEST(TraceTable, ALongRootIsCutAtTheWidth) {
  analysis::TraceSummary summary = Summary();
  summary.root_operation = std::string(200, 'x');

  const std::string table = DrawTraceTable({summary}, 120, Style(false));

  const std::string line = table.substr(table.find('\n') + 1);
  EXPECT_TRUE(line.ends_with("…\n"));
  EXPECT_LE(line.size(), 120u + 3u);
}

TEST(TraceTable, WithoutAScreenNothingIsCut) {
  analysis::TraceSummary summary = Summary();
  summary.root_operation = std::string(2'000, 'x');

  const std::string table =
      DrawTraceTable({summary}, std::numeric_limits<std::size_t>::max(), Style(false));

  EXPECT_TRUE(table.ends_with("api-gateway " + summary.root_operation + "\n"));
}

TEST(TraceTable, ANarrowScreenHasTheRootOnALineOfItsOwn) {
  const std::string table = DrawTraceTable({Summary()}, 80, Style(false));

  EXPECT_EQ(table,
            "TRACE                            STARTED (UTC)       DURATION  SPANS ERRORS\n"
            "0af7651916cd43dd8448eb211c80319c 2023-11-14 22:13:20    412ms     14      -\n"
            "  api-gateway POST /orders\n");
}

}  // namespace
}  // namespace clew::app::cli
