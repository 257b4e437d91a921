#pragma once

#include <cstddef>
#include <cstdio>
#include <limits>
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
  /// Flushes at the end; false when something printed was lost (a full disk), which is said.
  bool Finish() const;
  /// "clew: <text>" on standard error, in red where there are colours. As Say.
  void PrintError(std::string_view text) const;
  /// On standard error, without the passwords of URLs, and without what steers a terminal: it may
  /// hold what a server or a file says.
  void Say(std::string_view text) const;
  /// In place of the line on standard error that the cursor is in; only where that is a terminal.
  void ReplaceLine(std::string_view text) const;

  /// For what is printed to `out`.
  const Style& style() const { return style_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  /// Columns of the screen, for what is drawn to scale.
  std::size_t width() const { return width_; }
  /// Columns for text: without a screen nothing is cut.
  std::size_t text_width() const {
    return out_is_terminal_ ? width_ : std::numeric_limits<std::size_t>::max();
  }

 private:
  void WriteError(std::string_view text) const;

  std::FILE* out_;
  std::FILE* err_;
  /// Of the first write to `out` that failed; 0 when none has.
  mutable int out_error_ = 0;
  bool out_is_terminal_ = false;
  bool err_is_terminal_ = false;
  std::size_t width_ = 100;
  Style style_{false};
  Style err_style_{false};
};

}  // namespace clew::app::cli
