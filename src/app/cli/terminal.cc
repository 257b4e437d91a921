#include "app/cli/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "app/cli/text.h"
#include "base/logging.h"
#include "base/url.h"

namespace clew::app::cli {
namespace {

constexpr std::size_t kWidthMin = 60;
constexpr std::size_t kWidthMax = 400;
/// Carriage return, and erase to the end of the line.
constexpr std::string_view kLineStart = "\r\x1b[K";

}  // namespace

Terminal Terminal::Standard() {
  Terminal terminal(stdout, stderr);
  terminal.err_is_terminal_ = isatty(STDERR_FILENO) == 1;
  terminal.err_style_ = Style(base::TakesColour(STDERR_FILENO));
  terminal.out_is_terminal_ = isatty(STDOUT_FILENO) == 1;
  if (terminal.out_is_terminal_) {
    terminal.style_ = Style(base::TakesColour(STDOUT_FILENO));
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      terminal.width_ = std::clamp<std::size_t>(size.ws_col, kWidthMin, kWidthMax);
    }
  }
  return terminal;
}

void Terminal::Print(std::string_view text) const {
  if (std::fwrite(text.data(), 1, text.size(), out_) != text.size() && out_error_ == 0) {
    out_error_ = errno;
  }
}

void Terminal::Flush() const {
  if (std::fflush(out_) != 0 && out_error_ == 0) {
    out_error_ = errno;
  }
}

bool Terminal::Finish() const {
  Flush();
  // Whoever closed the pipe (`| head`) wants no more.
  if (out_error_ != 0 && out_error_ != EPIPE) {
    PrintError(fmt::format("cannot write all to standard output: {}", std::strerror(out_error_)));
  }
  return out_error_ == 0;
}

void Terminal::PrintError(std::string_view text) const {
  WriteError(fmt::format("{} {}\n", err_style_.Paint(Ink::kRed, "clew:"),
                         SafeLines(base::RedactUrls(text))));
}

void Terminal::Say(std::string_view text) const { WriteError(SafeLines(base::RedactUrls(text))); }

void Terminal::ReplaceLine(std::string_view text) const {
  WriteError(fmt::format("{}{}", kLineStart, SafeText(text)));
}

void Terminal::WriteError(std::string_view text) const {
  if (err_ == stderr) {
    base::WriteToStandardError(text);
    return;
  }
  std::fwrite(text.data(), 1, text.size(), err_);
  std::fflush(err_);
}

}  // namespace clew::app::cli
