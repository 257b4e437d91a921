#include "app/telemetry/process_metrics.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "app/version.h"
#include "base/logging.h"

namespace clew::app::telemetry {
namespace {

/// Kilobytes after `name` in /proc/<pid>/status.
double StatusBytes(const std::string& status, const std::string& name) {
  const std::size_t at = status.find(name + ":");
  return at == std::string::npos
             ? 0
             : std::strtod(status.c_str() + at + name.size() + 1, nullptr) * 1024;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Result<ProcessFacts> ReadProcess(int pid) {
  const std::string folder = pid == 0 ? "/proc/self" : fmt::format("/proc/{}", pid);
  const std::string stat = ReadText(folder + "/stat");
  // Fields after the name, which is in parentheses and may hold anything: utime is the 12th,
  // stime the 13th (proc(5)).
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) {
    return NotFound("no process {}", pid);
  }
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  const std::string status = ReadText(folder + "/status");
  return ProcessFacts{
      .cpu_seconds = (user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)),
      .rss_bytes = StatusBytes(status, "VmRSS"),
      .rss_bytes_max = StatusBytes(status, "VmHWM")};
}

std::shared_ptr<void> RegisterProcessMetrics(base::Metrics& metrics, const Clock& clock) {
  prometheus::Gauge& uptime =
      metrics.Gauge("otelcol_process_uptime", "Time since the start of the process, in seconds");
  prometheus::Gauge& cpu = metrics.Gauge("otelcol_process_cpu_seconds",
                                         "CPU time of the process, user and system, in seconds");
  prometheus::Gauge& rss =
      metrics.Gauge("otelcol_process_memory_rss", "Resident memory of the process, in bytes");
  metrics
      .Gauge("clew_build_info", "1, with the version as a label",
             {{"version", std::string(Version())}})
      .Set(1);
  const auto lost_lines = [&metrics](const char* reason) -> prometheus::Counter& {
    return metrics.Counter("clew_process_lost_log_lines_total",
                           "Lines of the process log that never reached standard error: nobody "
                           "read it and the queue was full (unread), or writing failed (failed).",
                           {{"reason", reason}});
  };
  prometheus::Counter& unread = lost_lines("unread");
  prometheus::Counter& failed = lost_lines("failed");
  return metrics.OnCollect(
      [&uptime, &cpu, &rss, &unread, &failed, &clock, start = clock.Monotonic()] {
        const base::LostLogLines lost = base::CountLostLogLines();
        unread.Increment(static_cast<double>(lost.unread) - unread.Value());
        failed.Increment(static_cast<double>(lost.failed) - failed.Value());
        uptime.Set(std::chrono::duration<double>(clock.Monotonic() - start).count());
        if (const auto facts = ReadProcess(0); facts.has_value()) {
          cpu.Set(facts->cpu_seconds);
          rss.Set(facts->rss_bytes);
        }
      });
}

}  // namespace clew::app::telemetry
