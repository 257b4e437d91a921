#include "app/cli/dot_canvas.h"

#include <algorithm>
#include <cmath>

namespace clew::app::cli {
namespace {

/// U+2800 and those behind it, in UTF-8: each bit is a dot.
std::string Letter(std::uint8_t dots) {
  if (dots == 0) return " ";
  return {'\xE2', static_cast<char>(0xA0 | (dots >> 6)), static_cast<char>(0x80 | (dots & 0x3F))};
}

}  // namespace

void DotCanvas::Set(Dot dot, std::size_t place) {
  static constexpr std::uint8_t kBits[4][2] = {
      {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  const std::size_t x = std::min(dot.x, dot_width() - 1);
  const std::size_t y = std::min(dot.y, dot_height() - 1);
  Cell& cell = cells_[(y / 4) * width_ + x / 2];
  cell.dots |= kBits[y % 4][x % 2];
  cell.place = place;
}

void DotCanvas::Draw(Dot from, Dot to, std::size_t place) {
  const auto width = static_cast<double>(to.x) - static_cast<double>(from.x);
  const auto height = static_cast<double>(to.y) - static_cast<double>(from.y);
  const auto steps = static_cast<std::size_t>(std::max(std::abs(width), std::abs(height)));
  Set(from, place);
  for (std::size_t i = 1; i <= steps; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(steps);
    Set({.x = static_cast<std::size_t>(static_cast<double>(from.x) + width * share + 0.5),
         .y = static_cast<std::size_t>(static_cast<double>(from.y) + height * share + 0.5)},
        place);
  }
}

std::string DotCanvas::Row(std::size_t row, const Style& style) const {
  std::string out;
  std::string blanks;
  std::string letters;
  std::size_t place = 0;
  const auto flush = [&] {
    out += style.PaintPlace(place, letters);
    letters.clear();
  };
  for (std::size_t column = 0; column < width_; ++column) {
    const Cell& cell = cells_[row * width_ + column];
    if (cell.dots == 0) {
      flush();
      blanks += ' ';
      continue;
    }
    if (!letters.empty() && cell.place != place) flush();
    out += blanks;
    blanks.clear();
    place = cell.place;
    letters += Letter(cell.dots);
  }
  flush();
  return out;
}

}  // namespace clew::app::cli
