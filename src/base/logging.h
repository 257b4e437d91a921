#pragma once

#include <cstdint>
#include <ctime>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

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
/// what repeats. Waits for whoever reads standard error unless a LogThread lives. Any thread.
void Log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

/// Writes whole lines that are no lines of the log to standard error, in order with those. As Log.
void WriteToStandardError(std::string_view text);

/// While it lives what is for standard error is queued and written by a thread of its own: a server
/// does not wait for the reader of its log. What finds no room in the queue, 1 MiB, is lost, and
/// the next line says how much. One in a process, of main.
class LogThread {
 public:
  /// RESOURCE_EXHAUSTED when there is no thread for it.
  static Result<std::unique_ptr<LogThread>> Start();
  /// Gives a reader that stalls half a second to take what is queued. What is written afterwards is
  /// lost when it does not.
  ~LogThread();
  LogThread(const LogThread&) = delete;
  LogThread& operator=(const LogThread&) = delete;

 private:
  LogThread() = default;
};

/// Whether all that was for standard error was written within `timeout`. Before the process ends at
/// once. Any thread.
bool FlushLog(Nanos timeout);

/// Whether the queue has room for more within `timeout`: for who has many lines and may wait. Any
/// thread.
bool WaitForLogRoom(Nanos timeout);

/// Lines that never reached standard error, since the start of the process.
struct LostLogLines {
  /// Nobody read, and the queue was full.
  std::uint64_t unread = 0;
  /// Writing failed.
  std::uint64_t failed = 0;
};
LostLogLines CountLostLogLines();

/// Whether what is written to `descriptor` may have colours: it is a terminal, and the environment
/// (NO_COLOR, TERM) does not forbid it.
bool TakesColour(int descriptor);

/// A time as lines have it: in the zone of this machine, with milliseconds and the zone's offset.
/// `time` has seconds since 1970-01-01 UTC, of any year, and the nanoseconds after them. Any
/// thread.
std::string LogTime(const timespec& time);

}  // namespace clew::base
