#include "app/cli/series_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "app/cli/dot_canvas.h"
#include "app/cli/series_text.h"
#include "app/cli/text.h"

namespace clew::app::cli {
namespace {

using api::client::Sample;
using api::client::Series;

/// More cannot be told apart.
constexpr std::size_t kSharingMax = 6;
/// Rows of the only chart, and of one of several; odd, so that the middle one has a value.
constexpr std::size_t kHeight = 9;
constexpr std::size_t kHeightOfSeveral = 5;
constexpr std::size_t kTickCount = 4;
/// From a date on, times of the day do not suffice.
constexpr double kLongMillis = 24.0 * 3600 * 1000;

/// What all charts have in common.
struct Scale {
  double low = 0;
  double high = 1;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  /// The shortest time between two samples of a series; 0: there is none.
  double step_ms = 0;

  double span_ms() const { return static_cast<double>(last_ms) - static_cast<double>(first_ms); }
  /// From 0 to 1.
  double ShareOf(std::int64_t time_ms) const {
    const double span = span_ms();
    return span > 0 ? (static_cast<double>(time_ms) - static_cast<double>(first_ms)) / span : 0;
  }
  double HeightOf(double value) const {
    // In halves, which do not overflow, but may be none of the smallest numbers.
    const double half = high / 2 - low / 2;
    return half > 0 ? (value / 2 - low / 2) / half : 0;
  }
};

/// A number not below `value`, which is positive, that is easy to read.
double RoundedUp(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)));
  for (const double digits : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0}) {
    // A value that reads as these digits may lie a bit above.
    const double rounded = digits * unit;
    if (rounded >= value * (1 - 1e-12) && std::isfinite(rounded)) return std::max(rounded, value);
  }
  return value;
}

Scale ScaleOf(std::span<const Series> all) {
  Scale scale{.first_ms = std::numeric_limits<std::int64_t>::max(),
              .last_ms = std::numeric_limits<std::int64_t>::min()};
  double low = 0;
  double high = 0;
  for (const Series& series : all) {
    const Sample* before = nullptr;
    for (const Sample& sample : series.samples) {
      scale.first_ms = std::min(scale.first_ms, sample.time_ms);
      scale.last_ms = std::max(scale.last_ms, sample.time_ms);
      if (std::isfinite(sample.value)) {
        low = std::min(low, sample.value);
        high = std::max(high, sample.value);
      }
      const double step = before == nullptr ? 0
                                            : static_cast<double>(sample.time_ms) -
                                                  static_cast<double>(before->time_ms);
      if (step > 0) scale.step_ms = scale.step_ms > 0 ? std::min(scale.step_ms, step) : step;
      before = &sample;
    }
  }
  if (scale.first_ms > scale.last_ms) scale.first_ms = scale.last_ms = 0;
  scale.low = low < 0 ? -RoundedUp(-low) : 0;
  scale.high = high > 0 ? RoundedUp(high) : 0;
  if (scale.high <= scale.low) scale.high = scale.low + 1;
  return scale;
}

/// "min 0 · max 7.5 · last 3".
std::string FactsOf(const Series& series) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  double last = 0;
  for (const Sample& sample : series.samples) {
    if (!std::isfinite(sample.value)) continue;
    low = std::min(low, sample.value);
    high = std::max(high, sample.value);
    last = sample.value;
  }
  return low <= high ? fmt::format("min {} · max {} · last {}", ValueText(low), ValueText(high),
                                   ValueText(last))
                     : "no value";
}

class SeriesChart {
 public:
  SeriesChart(std::span<const Series> series, std::size_t width, const Style& style)
      : series_(series), width_(width), style_(style), scale_(ScaleOf(series)) {
    labels_[0] = ValueText(scale_.high);
    labels_[1] = ValueText(scale_.high / 2 + scale_.low / 2);
    labels_[2] = ValueText(scale_.low);
    for (const std::string& label : labels_) label_width_ = std::max(label_width_, label.size());
    plot_width_ = width_ - label_width_ - 2;
  }

  std::string Draw() {
    out_ = fmt::format(
        "{} to {} UTC{} · {} series\n", MillisText(scale_.first_ms).substr(0, kToSeconds),
        MillisText(scale_.last_ms).substr(0, kToSeconds), StepText(), CountText(series_.size()));
    const std::size_t sharing = style_.has_colour() ? kSharingMax : 1;
    height_ = series_.size() <= sharing ? kHeight : kHeightOfSeveral;
    for (std::size_t begin = 0; begin < series_.size(); begin += sharing) {
      DrawOne(series_.subspan(begin, std::min(sharing, series_.size() - begin)));
    }
    return std::move(out_);
  }

 private:
  /// Of "2026-11-23 04:30:12.123".
  static constexpr std::size_t kToSeconds = 19;

  std::string StepText() const {
    // No longer than a century.
    const double nanos = scale_.step_ms * 1e6;
    return nanos > 0 && nanos < 3e18
               ? fmt::format(" · step {}", DurationText(Nanos(static_cast<std::int64_t>(nanos))))
               : "";
  }

  void DrawOne(std::span<const Series> shown) {
    out_ += '\n';
    DotCanvas canvas(plot_width_, height_);
    for (std::size_t place = 0; place < shown.size(); ++place) {
      DrawName(shown[place], place);
      DrawLine(shown[place], place, &canvas);
    }
    for (std::size_t row = 0; row < height_; ++row) {
      const std::string* const label = row == 0             ? &labels_[0]
                                       : row == height_ / 2 ? &labels_[1]
                                       : row + 1 == height_ ? &labels_[2]
                                                            : nullptr;
      out_ += style_.Paint(Ink::kDim, FitRight(label == nullptr ? "" : *label, label_width_) +
                                          (label == nullptr ? " │" : " ┤"));
      out_ += canvas.Row(row, style_) + "\n";
    }
    DrawTimes();
  }

  void DrawName(const Series& series, std::size_t place) {
    const std::string facts = FactsOf(series);
    const std::string mark = style_.has_colour() ? "━━ " : "";
    const std::size_t room = width_ - std::min(width_, TextWidth(mark) + TextWidth(facts) + 2);
    std::string name = SeriesText(series);
    if (TextWidth(name) > room) name = Fit(name, room);
    out_ += style_.PaintPlace(place, mark) + name + "  " + style_.Paint(Ink::kDim, facts) + "\n";
  }

  DotCanvas::Dot DotOf(const Sample& sample, const DotCanvas& canvas) const {
    const auto at = [](double share, std::size_t dots) {
      return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(dots - 1) +
                                      0.5);
    };
    return {.x = at(scale_.ShareOf(sample.time_ms), canvas.dot_width()),
            .y = at(1 - scale_.HeightOf(sample.value), canvas.dot_height())};
  }

  /// Samples that follow each other are joined; where one is missing there is a gap.
  void DrawLine(const Series& series, std::size_t place, DotCanvas* canvas) const {
    const Sample* before = nullptr;
    for (const Sample& sample : series.samples) {
      if (!std::isfinite(sample.value)) {
        before = nullptr;
        continue;
      }
      const bool is_next = before != nullptr && static_cast<double>(sample.time_ms) -
                                                        static_cast<double>(before->time_ms) <=
                                                    1.5 * scale_.step_ms;
      const DotCanvas::Dot dot = DotOf(sample, *canvas);
      canvas->Draw(is_next ? DotOf(*before, *canvas) : dot, dot, place);
      before = &sample;
    }
  }

  void DrawTimes() {
    const bool is_long = scale_.span_ms() >= kLongMillis;
    std::string axis;
    for (std::size_t tick = 0; tick < kTickCount; ++tick) {
      const std::size_t column = plot_width_ * tick / kTickCount;
      const std::size_t next = plot_width_ * (tick + 1) / kTickCount;
      const double time =
          static_cast<double>(scale_.first_ms) +
          scale_.span_ms() * static_cast<double>(column) / static_cast<double>(plot_width_);
      // Within what fits into 64 bits; times so far away are none.
      const std::string text = MillisText(static_cast<std::int64_t>(std::clamp(time, -9e18, 9e18)));
      const std::string label = is_long ? text.substr(5, 11) : text.substr(11, 8);
      axis += Fit("╷" + label, next - column);
    }
    axis.erase(axis.find_last_not_of(' ') + 1);
    out_ += style_.Paint(Ink::kDim, std::string(label_width_ + 2, ' ') + axis) + "\n";
  }

  const std::span<const Series> series_;
  const std::size_t width_;
  const Style& style_;
  const Scale scale_;
  /// Of the highest row, the middle and the lowest one.
  std::string labels_[3];
  std::size_t label_width_ = 0;
  std::size_t plot_width_ = 0;
  std::size_t height_ = kHeight;
  std::string out_;
};

}  // namespace

std::string DrawSeriesChart(std::span<const Series> series, std::size_t width, const Style& style) {
  return SeriesChart(series, width, style).Draw();
}

}  // namespace clew::app::cli
