#pragma once

#include <cstddef>
#include <cstdio>
#include <string_view>

#include "app/cli/style.h"

namespace clew::app::cli {

/// Where a command writes: results to `out`, everything else to `err`. Replaced in tests.
class Terminal {
 public:
  /// Standard output and standard error. Colours when both the stream is a terminal and NO_COLOR is
  /// not set (or empty), and TERM is not "dumb".
  static Terminal Standard();
  /// For tests: no terminal, 100 columns. The files outlive this.
  Terminal(std::FILE* out, std::FILE* err) : out_(out), err_(err) {}

  void Print(std::string_view text) const;
  void Flush() const;
  /// "clew: <text>" on standard error, in red where there are colours.
  void PrintError(std::string_view text) const;
  /// On standard error, as it is.
  void Say(std::string_view text) const;

  /// For what is printed to `out`.
  const Style& style() const { return style_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  std::size_t width() const { return width_; }

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool err_is_terminal_ = false;
  std::size_t width_ = 100;
  Style style_{false};
  Style err_style_{false};
};

}  // namespace clew::app::cli
