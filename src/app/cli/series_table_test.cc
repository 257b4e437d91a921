#include "app/cli/series_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace clew::app::cli {
namespace {

using api::client::Series;

constexpr std::int64_t kStart = 1'700'000'000'000;

std::vector<Series> TwoSeries() {
  return {{.labels = {{"__name__", "rate"}, {"span.http.method", "GET"}},
           .samples = {{kStart, 0.25}, {kStart + 15'000, 1e9}}},
          {.labels = {{"__name__", "rate"}},
           .samples = {{kStart + 15'000, std::numeric_limits<double>::quiet_NaN()},
                       {kStart + 30'000, std::numeric_limits<double>::infinity()}}}};
}

TEST(SeriesTable, TimesAreLinesAndSeriesColumns) {
  EXPECT_EQ(DrawSeriesTable(TwoSeries(), 100, Style(false)),
            "TIME (UTC)               rate{span.http.method=\"GET\"}  rate\n"
            "2023-11-14 22:13:20.000                          0.25     -\n"
            "2023-11-14 22:13:35.000                         1e+09   NaN\n"
            "2023-11-14 22:13:50.000                             -  +Inf\n");
}

TEST(SeriesTable, WhatDoesNotFitComesBelow) {
  EXPECT_EQ(DrawSeriesTable(TwoSeries(), 52, Style(false)),
            "TIME (UTC)               rate{span.http.method=\"GET…\n"
            "2023-11-14 22:13:20.000                         0.25\n"
            "2023-11-14 22:13:35.000                        1e+09\n"
            "2023-11-14 22:13:50.000                            -\n"
            "\n"
            "TIME (UTC)               rate\n"
            "2023-11-14 22:13:20.000     -\n"
            "2023-11-14 22:13:35.000   NaN\n"
            "2023-11-14 22:13:50.000  +Inf\n");
}

TEST(SeriesTable, OneValueForEachSeries) {
  EXPECT_EQ(DrawValueTable({{.labels = {{"resource.service.name", "cart"}, {"p", "0.9"}},
                             .samples = {{0, 12.5}}},
                            {.labels = {}, .samples = {}}},
                           100, Style(false)),
            "VALUE  SERIES\n"
            " 12.5  {resource.service.name=\"cart\", p=\"0.9\"}\n"
            "    -  {}\n");
}

}  // namespace
}  // namespace clew::app::cli
