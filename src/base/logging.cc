#include "base/logging.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/line_writer.h"
#include "base/url.h"

namespace clew::base {
namespace {

constexpr std::size_t kQueueBytes = 1u << 20;
constexpr Nanos kEndTime = std::chrono::milliseconds(500);

std::string LostLine(std::uint64_t count);

struct Sink {
  const bool has_colours = TakesColour(STDERR_FILENO);
  std::atomic<LogLevel> level = LogLevel::kInfo;
  std::atomic<LogEncoding> encoding = LogEncoding::kConsole;
  LineWriter writer{STDERR_FILENO, kQueueBytes, LostLine};
};

// Standard error is the one thing all threads share from the first line to the last, also while
// other objects are destroyed; so it is never destroyed itself.
Sink& TheSink() {
  static Sink* const sink = new Sink;
  return *sink;
}

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

std::string_view ColourOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "\x1b[36m";
    case LogLevel::kInfo:
      return "\x1b[32m";
    case LogLevel::kWarn:
      return "\x1b[33m\x1b[1m";
    case LogLevel::kError:
      break;
  }
  return "\x1b[31m\x1b[1m";
}

// Control characters must not reach a terminal nor fake a second line.
void AppendEscaped(std::string& line, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '"':
      case '\\':
        line.push_back('\\');
        line.push_back(c);
        break;
      case '\n':
        line += "\\n";
        break;
      case '\t':
        line += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          line += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          line.push_back(c);
        }
    }
  }
}

void AppendQuoted(std::string& line, std::string_view text) {
  line.push_back('"');
  AppendEscaped(line, text);
  line.push_back('"');
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' ||
                  c == 0x7f;
         });
}

std::string ConsoleLine(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  for (const char c : message) {
    line.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c);
  }
  for (const LogField& field : fields) {
    line.push_back(' ');
    line += field.key;
    line.push_back('=');
    if (NeedsQuotes(field.value)) {
      AppendQuoted(line, field.value);
    } else {
      line += field.value;
    }
  }
  return line;
}

std::string JsonMembers(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = "\"msg\":";
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendQuoted(line, field.key);
    line.push_back(':');
    AppendQuoted(line, field.value);
  }
  return line;
}

std::string LineOf(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields) {
  const Sink& sink = TheSink();
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::string time = LogTime(now);
  const std::string_view name = NameOf(level);
  if (sink.encoding == LogEncoding::kJson) {
    return fmt::format("{{\"ts\":\"{}\",\"level\":\"{}\",{}}}\n", time, name,
                       RedactUrls(JsonMembers(message, fields)));
  }
  const std::string text = RedactUrls(ConsoleLine(message, fields));
  if (!sink.has_colours) return fmt::format("{} {:<5} {}\n", time, name, text);
  return fmt::format("{} {}{:<5}\x1b[m {}\n", time, ColourOf(level), name, text);
}

std::string LostLine(std::uint64_t count) {
  return LineOf(LogLevel::kWarn,
                "log lines were lost: standard error was not read, or could not be written",
                {{"lines", std::to_string(count)}});
}

}  // namespace

void ConfigureLogging(LogLevel level, LogEncoding encoding) {
  Sink& sink = TheSink();
  sink.encoding = encoding;
  sink.level = level;
}

std::string LogTime(const timespec& time) {
  constexpr long kNanosOfMilli = 1'000'000;
  std::tm local{};
  if (::localtime_r(&time.tv_sec, &local) == nullptr) return fmt::format("{}", time.tv_sec);
  const long offset_minutes = local.tm_gmtoff / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}",
                     local.tm_year + 1900L, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                     local.tm_min, local.tm_sec, time.tv_nsec / kNanosOfMilli,
                     offset_minutes < 0 ? '-' : '+', std::abs(offset_minutes) / 60,
                     std::abs(offset_minutes) % 60);
}

void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Sink& sink = TheSink();
  if (level < sink.level) return;
  sink.writer.Write(LineOf(level, message, fields));
}

void WriteToStandardError(std::string_view text) { TheSink().writer.Write(text); }

Result<std::unique_ptr<LogThread>> LogThread::Start() {
  TRY(TheSink().writer.Start());
  return std::unique_ptr<LogThread>(new LogThread);
}

LogThread::~LogThread() { TheSink().writer.Stop(kEndTime); }

bool FlushLog(Nanos timeout) { return TheSink().writer.Flush(timeout); }

bool WaitForLogRoom(Nanos timeout) { return TheSink().writer.WaitForRoom(timeout); }

LostLogLines CountLostLogLines() {
  const LineWriter& writer = TheSink().writer;
  return {.unread = writer.unread_count(), .failed = writer.failed_count()};
}

bool TakesColour(int descriptor) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace clew::base
