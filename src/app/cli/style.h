#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace clew::app::cli {

enum class Ink : std::uint8_t { kBold, kDim, kRed, kGreen, kYellow };

/// Colours, or none: the one place that writes escape sequences.
class Style {
 public:
  explicit Style(bool has_colour) : has_colour_(has_colour) {}

  bool has_colour() const { return has_colour_; }

  std::string Paint(Ink ink, std::string_view text) const;
  /// The colour that belongs to `service`, the same everywhere.
  std::string PaintService(std::string_view service, std::string_view text) const;

  /// The colour of the one at `place` in a drawing: those of neighbours differ.
  std::string PaintPlace(std::size_t place, std::string_view text) const;

 private:
  bool has_colour_;
};

}  // namespace clew::app::cli
