#include "base/logging.h"

#include <fmt/core.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/url.h"

namespace clew::base {
namespace {

// %* is the time.
constexpr const char* kConsolePattern = "%* %^%-5l%$ %v";
constexpr const char* kJsonPattern = R"({"ts":"%*","level":"%l",%v})";

// That of spdlog has no sound fraction before 1970, nor any sound time after 2262.
class TimeFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const std::string text = LogTime(now);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<TimeFlag>();
  }
};

void SetPattern(spdlog::logger& logger, const char* pattern) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<TimeFlag>('*').set_pattern(pattern);
  logger.set_formatter(std::move(formatter));
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

struct Sink {
  Sink() : logger("clew", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    SetPattern(logger, kConsolePattern);
  }
  spdlog::logger logger;
  std::atomic<LogEncoding> encoding = LogEncoding::kConsole;
};

// Standard error is the one thing all threads share from the first line to the last, also while
// other objects are destroyed; so it is never destroyed itself.
Sink& TheSink() {
  static Sink* const sink = new Sink;
  return *sink;
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

}  // namespace

void ConfigureLogging(LogLevel level, LogEncoding encoding) {
  Sink& sink = TheSink();
  sink.encoding = encoding;
  sink.logger.set_level(SpdlogLevel(level));
  SetPattern(sink.logger, encoding == LogEncoding::kJson ? kJsonPattern : kConsolePattern);
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
  const spdlog::level::level_enum spdlog_level = SpdlogLevel(level);
  if (!sink.logger.should_log(spdlog_level)) return;
  const std::string line =
      RedactUrls(sink.encoding == LogEncoding::kJson ? JsonMembers(message, fields)
                                                     : ConsoleLine(message, fields));
  sink.logger.log(spdlog_level, std::string_view(line));
}

}  // namespace clew::base
