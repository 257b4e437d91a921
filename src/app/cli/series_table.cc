#include "app/cli/series_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>

#include "app/cli/series_text.h"
#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

using api::client::Sample;
using api::client::Series;

/// To the millisecond, where steps can be less than a second.
constexpr std::size_t kTimeWidth = 23;

struct Column {
  std::string name;
  std::size_t width = 0;
  std::map<std::int64_t, std::string> cells{};
};

Column MakeColumn(const Series& series, std::size_t width_max) {
  Column column{.name = SeriesText(series)};
  column.width = TextWidth(column.name);
  for (const Sample& sample : series.samples) {
    std::string text = ValueText(sample.value);
    column.width = std::max(column.width, TextWidth(text));
    column.cells.emplace(sample.time_ms, std::move(text));
  }
  column.width = std::min(column.width, width_max);
  return column;
}

std::string DrawColumns(std::span<const Column> columns, const std::vector<std::int64_t>& times,
                        const Style& style) {
  std::string head = Fit("TIME (UTC)", kTimeWidth);
  for (const Column& column : columns) head += "  " + FitRight(column.name, column.width);
  std::string out = style.Paint(Ink::kDim, head) + "\n";
  for (const std::int64_t time : times) {
    out += Fit(MillisText(time), kTimeWidth);
    for (const Column& column : columns) {
      const auto cell = column.cells.find(time);
      out += "  " + FitRight(cell == column.cells.end() ? "-" : cell->second, column.width);
    }
    out += '\n';
  }
  return out;
}

}  // namespace

std::string DrawSeriesTable(const std::vector<Series>& series, std::size_t width,
                            const Style& style) {
  const std::size_t column_max = width - kTimeWidth - 2;
  std::vector<Column> columns;
  std::vector<std::int64_t> times;
  for (const Series& each : series) {
    columns.push_back(MakeColumn(each, column_max));
    for (const Sample& sample : each.samples) times.push_back(sample.time_ms);
  }
  std::ranges::sort(times);
  times.erase(std::ranges::unique(times).begin(), times.end());
  std::string out;
  for (std::span<const Column> rest = columns; !rest.empty();) {
    std::size_t count = 0;
    for (std::size_t used = kTimeWidth;
         count < rest.size() && (count == 0 || rest[count].width + 2 <= width - used); ++count) {
      used += rest[count].width + 2;
    }
    out += (out.empty() ? "" : "\n") + DrawColumns(rest.first(count), times, style);
    rest = rest.subspan(count);
  }
  return out;
}

std::string DrawValueTable(const std::vector<Series>& series, std::size_t width,
                           const Style& style) {
  std::size_t value_width = std::string_view("VALUE").size();
  std::vector<std::string> values;
  for (const Series& each : series) {
    values.push_back(each.samples.empty() ? "-" : ValueText(each.samples.back().value));
    value_width = std::max(value_width, values.back().size());
  }
  std::string out = style.Paint(Ink::kDim, FitRight("VALUE", value_width) + "  SERIES") + "\n";
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::string line = FitRight(values[i], value_width) + "  " + SeriesText(series[i]);
    out += (TextWidth(line) > width ? Fit(line, width) : line) + "\n";
  }
  return out;
}

}  // namespace clew::app::cli
