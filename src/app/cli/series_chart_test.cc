#include "app/cli/series_chart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "app/cli/dot_canvas.h"
#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

using api::client::Series;

constexpr std::int64_t kStart = 1'700'000'000'000;

Series MakeSeries(const std::string& service, const std::vector<double>& values) {
  Series series{.labels = {{"service", service}}};
  for (std::size_t i = 0; i < values.size(); ++i) {
    series.samples.push_back({kStart + static_cast<std::int64_t>(i) * 15'000, values[i]});
  }
  return series;
}

TEST(SeriesChart, OneSeriesIsALineOverTime) {
  EXPECT_EQ(
      DrawSeriesChart(std::vector{MakeSeries("cart", {0, 2, 4, 6, 7.5, 3})}, 60, Style(false)),
      R"(2023-11-14 22:13:20 to 2023-11-14 22:14:35 UTC · step 15s · 1 series

{service="cart"}  min 0 · max 7.5 · last 3
8 ┤                                           ⣀⡠⢄
  │                                    ⢀⣀⠤⠤⠒⠊⠉   ⠑⠢⡀
  │                               ⣀⡠⠔⠒⠉⠁           ⠈⠢⡀
  │                          ⣀⠤⠔⠒⠉                   ⠈⠑⢄
4 ┤                    ⢀⣀⠤⠔⠊⠉                           ⠑⢄⡀
  │               ⣀⡠⠤⠒⠊⠁                                  ⠈⠢
  │          ⣀⠤⠔⠒⠉
  │    ⢀⣀⠤⠔⠊⠉
0 ┤⣀⠤⠒⠊⠁
   ╷22:13:20     ╷22:13:38     ╷22:13:56     ╷22:14:15
)");
}

TEST(SeriesChart, WithoutColoursEachSeriesHasItsChart) {
  EXPECT_EQ(DrawSeriesChart(
                std::vector{MakeSeries("cart", {1, 1, 1, 1}), MakeSeries("bank", {-1, 0, -1, 0})},
                60, Style(false)),
            R"(2023-11-14 22:13:20 to 2023-11-14 22:14:05 UTC · step 15s · 2 series

{service="cart"}  min 1 · max 1 · last 1
 1 ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
   │
 0 ┤
   │
-1 ┤
    ╷22:13:20     ╷22:13:31     ╷22:13:42     ╷22:13:53

{service="bank"}  min -1 · max 0 · last 0
 1 ┤
   │
 0 ┤               ⢀⣀⡠⠤⠤⣀⣀                              ⢀⣀⡠⠤
   │       ⢀⣀⡠⠤⠔⠒⠊⠉⠁      ⠉⠉⠒⠒⠤⠤⣀⣀              ⢀⣀⡠⠤⠔⠒⠊⠉⠁
-1 ┤⣀⡠⠤⠔⠒⠊⠉⠁                      ⠉⠉⠒⠒⠤⠤⣀⣀⡠⠤⠔⠒⠊⠉⠁
    ╷22:13:20     ╷22:13:31     ╷22:13:42     ╷22:13:53
)");
}

TEST(SeriesChart, WithColoursTheyShareIt) {
  const std::vector<Series> series{MakeSeries("cart", {1, 1, 1}), MakeSeries("bank", {0, 0, 0})};

  const std::string drawn = DrawSeriesChart(series, 60, Style(true));

  EXPECT_EQ(drawn.find("service=\"cart\""), drawn.rfind("service=\"cart\""));
  const Style style(true);
  EXPECT_NE(drawn.find(style.PaintPlace(0, "━━ ") + "{service=\"cart\"}"), std::string::npos);
  EXPECT_NE(drawn.find(style.PaintPlace(1, "━━ ") + "{service=\"bank\"}"), std::string::npos);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 1 + 1 + 2 + 9 + 1) << drawn;
}

TEST(SeriesChart, WhereAValueIsMissingThereIsAGap) {
  Series series = MakeSeries("cart", {1, 1, 1, 1, 1, 1, 1, 1, 1});
  series.samples.erase(series.samples.begin() + 3, series.samples.begin() + 5);
  series.samples[4].value = std::numeric_limits<double>::quiet_NaN();

  const std::string drawn = DrawSeriesChart(std::vector{series}, 60, Style(false));

  const std::size_t line = drawn.find("  1 ┤");
  ASSERT_NE(line, std::string::npos) << drawn;
  EXPECT_EQ(drawn.substr(line, drawn.find('\n', line) - line),
            "  1 ┤⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉                    ⠁            ⠈⠉⠉⠉⠉⠉⠉⠉");
}

TEST(SeriesChart, StrangeValuesAndTimesAreHarmless) {
  constexpr double kMax = std::numeric_limits<double>::max();
  constexpr std::int64_t kTimeMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kTimeMin = std::numeric_limits<std::int64_t>::min();
  for (const Series& series : {Series{}, MakeSeries("\x1b[2J", {kMax, -kMax, 0}),
                               MakeSeries("a", {5e-324, 0}), MakeSeries(std::string(500, 'x'), {1}),
                               MakeSeries("a", {std::numeric_limits<double>::infinity()}),
                               Series{.samples = {{kTimeMin, 1}, {0, 2}, {kTimeMax, 3}}}}) {
    const std::string drawn = DrawSeriesChart(std::vector{series}, 60, Style(false));

    EXPECT_EQ(drawn.find('\x1b'), std::string::npos) << drawn;
    // The first line says from when to when.
    for (std::size_t begin = drawn.find('\n') + 1; begin < drawn.size();) {
      const std::size_t end = drawn.find('\n', begin);
      EXPECT_LE(TextWidth(drawn.substr(begin, end - begin)), 60u) << drawn;
      begin = end + 1;
    }
  }
}

TEST(DotCanvas, DotsAreWhereTheyAreDrawn) {
  DotCanvas canvas(3, 1);
  canvas.Draw({.x = 0, .y = 0}, {.x = 0, .y = 0}, 0);
  canvas.Draw({.x = 5, .y = 3}, {.x = 4, .y = 3}, 0);
  EXPECT_EQ(canvas.Row(0, Style(false)), "⠁ ⣀");

  canvas.Draw({.x = 1, .y = 3}, {.x = 1, .y = 0}, 3);
  const Style style(true);
  EXPECT_EQ(canvas.Row(0, style), style.PaintPlace(3, "⢹") + " " + style.PaintPlace(0, "⣀"));
}

}  // namespace
}  // namespace clew::app::cli
