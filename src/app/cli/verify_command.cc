#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "base/file.h"
#include "log/verify_log.h"
#include "storage/block.h"
#include "storage/verify_block.h"

namespace clew::app::cli {
namespace {

/// What a server writes into its data directory, and what of it is damaged.
class DirectoryReport {
 public:
  explicit DirectoryReport(const Terminal& terminal) : terminal_(terminal) {}

  Status CheckLog(const std::string& directory) {
    ASSIGN_OR_RETURN(const log::LogVerdict verdict, log::VerifyLog(directory));
    for (const log::LogDamage& damage : verdict.damage) {
      Print(damage.file, damage.offset, damage.size_bytes, damage.what);
    }
    summary_ += fmt::format("log: {} records in {} segments, {} bytes", verdict.record_count,
                            verdict.segment_count, verdict.byte_size);
    if (verdict.unfinished_bytes > 0) {
      summary_ +=
          fmt::format(", of which the last {} are an unfinished record", verdict.unfinished_bytes);
    }
    summary_ += "\n";
    return {};
  }

  Status CheckBlocks(const std::string& directory) {
    const auto objects = storage::ReadLocalObjectStore(directory);
    ASSIGN_OR_RETURN(const std::vector<storage::ObjectInfo> blocks,
                     objects->List(storage::kBlockPrefix));
    std::uint64_t block_count = 0;
    std::uint64_t span_count = 0;
    std::uint64_t page_count = 0;
    std::uint64_t byte_size = 0;
    for (const storage::ObjectInfo& block : blocks) {
      const std::string file = directory + "/" + block.name;
      const auto verdict = storage::VerifyBlock(*objects, block.name);
      // A server deletes what retention is done with.
      if (!verdict.has_value() && verdict.error().code == Code::kNotFound) continue;
      ++block_count;
      if (!verdict.has_value()) {
        Print(file, 0, block.size_bytes, "the whole block: " + verdict.error().message);
        continue;
      }
      for (const storage::BlockDamage& damage : verdict->damage) {
        Print(file, damage.offset, damage.length, damage.what);
      }
      span_count += verdict->span_count;
      page_count += verdict->page_count;
      byte_size += verdict->byte_size;
    }
    summary_ += fmt::format("blocks: {} spans in {} pages of {} blocks, {} bytes\n", span_count,
                            page_count, block_count, byte_size);
    return {};
  }

  std::uint64_t damage_count() const { return damage_count_; }
  const std::string& summary() const { return summary_; }

 private:
  void Print(const std::string& file, std::uint64_t offset, std::uint64_t size,
             const std::string& what) {
    ++damage_count_;
    terminal_.Print(fmt::format("{}: {} bytes at {}: {}\n", file, size, offset, what));
  }

  const Terminal& terminal_;
  std::string summary_;
  std::uint64_t damage_count_ = 0;
};

Status Verify(const std::string& directory, DirectoryReport& report) {
  const std::filesystem::path path(directory);
  std::error_code error;
  const bool has_log = std::filesystem::is_directory(path / "log", error);
  const bool has_objects = std::filesystem::is_directory(path / "objects", error);
  if (!has_log && !has_objects) {
    return NotFound(
        "{} holds neither log/ nor objects/: name the directory of clew_storage, e.g. clew-data",
        directory);
  }
  if (has_log) TRY(report.CheckLog((path / "log").string()));
  if (has_objects) TRY(report.CheckBlocks((path / "objects").string()));
  return {};
}

}  // namespace

int RunStorageVerify(const VerifyOptions& options, const Terminal& terminal) {
  DirectoryReport report(terminal);
  if (const Status status = Verify(options.directory, report); !status.has_value()) {
    terminal.PrintError(status.error().message);
    return kExitFailed;
  }
  terminal.Print(report.summary());
  if (report.damage_count() == 0) {
    terminal.Print("No damage.\n");
    return kExitDone;
  }
  terminal.Print(fmt::format("{} damaged pieces.\n", report.damage_count()));
  return kExitFailed;
}

}  // namespace clew::app::cli
