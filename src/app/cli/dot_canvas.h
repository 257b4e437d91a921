#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/cli/style.h"

namespace clew::app::cli {

/// A drawing of dots, two by four to a letter (Unicode's Braille patterns), each letter in the
/// colour of what was last drawn in it. Dots count from 0, from the left and the top.
class DotCanvas {
 public:
  /// In letters, at least one.
  DotCanvas(std::size_t width, std::size_t height)
      : width_(width), height_(height), cells_(width * height) {}

  std::size_t dot_width() const { return 2 * width_; }
  std::size_t dot_height() const { return 4 * height_; }

  struct Dot {
    std::size_t x = 0;
    std::size_t y = 0;
  };

  /// A line of dots, both ends included. `place` is what its colour goes by (Style::PaintPlace).
  void Draw(Dot from, Dot to, std::size_t place);

  /// The letters of a row, up to the last that has a dot.
  std::string Row(std::size_t row, const Style& style) const;

 private:
  struct Cell {
    std::uint8_t dots = 0;
    std::size_t place = 0;
  };

  void Set(Dot dot, std::size_t place);

  const std::size_t width_;
  const std::size_t height_;
  std::vector<Cell> cells_;
};

}  // namespace clew::app::cli
