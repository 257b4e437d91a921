#pragma once

#include <ctime>
#include <initializer_list>
#include <string>
#include <string_view>

namespace clew::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogEncoding { kConsole, kJson };

/// One key and value of a structured log line.
struct LogField {
  std::string_view key;
  std::string value;
};

/// Sets what is written to standard error from now on. Call once at start, from main.
void ConfigureLogging(LogLevel level, LogEncoding encoding);

/// Writes one line, without the passwords of URLs in it. Never once a span: log what changes, count
/// what repeats. Any thread.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// A time as lines have it: in the zone of this machine, with milliseconds and the zone's offset.
/// `time` has seconds since 1970-01-01 UTC, of any year, and the nanoseconds after them. Any
/// thread.
std::string LogTime(const timespec& time);

}  // namespace clew::base
