#include "app/cli/style.h"

#include <fmt/core.h>

#include <array>

#include "base/hash.h"

namespace clew::app::cli {
namespace {

constexpr std::array kInkCodes = {"1", "2", "1;31", "32", "33"};

/// Colours of the 256-colour table that are readable on light and dark grounds and are not red,
/// which means error.
constexpr std::array kServiceColours = {33,  36,  64,  71, 97, 99, 130, 133,
                                        136, 142, 172, 31, 68, 73, 107, 139};

}  // namespace

std::string Style::Paint(Ink ink, std::string_view text) const {
  if (!has_colour_ || text.empty()) {
    return std::string(text);
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", kInkCodes[static_cast<std::size_t>(ink)], text);
}

std::string Style::PaintService(std::string_view service, std::string_view text) const {
  if (!has_colour_ || text.empty()) {
    return std::string(text);
  }
  const int colour = kServiceColours[base::Hash64(service) % kServiceColours.size()];
  return fmt::format("\x1b[38;5;{}m{}\x1b[0m", colour, text);
}

std::string Style::PaintPlace(std::size_t place, std::string_view text) const {
  if (!has_colour_ || text.empty()) {
    return std::string(text);
  }
  // Neighbours in the table are alike.
  constexpr std::size_t kStride = 5;
  const int colour = kServiceColours[place * kStride % kServiceColours.size()];
  return fmt::format("\x1b[38;5;{}m{}\x1b[0m", colour, text);
}

}  // namespace clew::app::cli
