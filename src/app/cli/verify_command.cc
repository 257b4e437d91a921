#include <fmt/core.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/text.h"
#include "base/damage.h"
#include "base/file.h"
#include "log/verify_log.h"
#include "storage/catalogue/inventory.h"
#include "storage/format/block.h"
#include "storage/format/verify_block.h"
#include "storage/log_reach.h"
#include "storage/verify_store.h"

namespace clew::app::cli {
namespace {

/// What a server writes into its data directory, and what of it is damaged.
class DirectoryReport {
 public:
  explicit DirectoryReport(const Terminal& terminal, const std::filesystem::path& directory)
      : terminal_(terminal),
        inventory_path_((directory / storage::kInventoryFileName).string()),
        reach_((directory / storage::kReachFileName).string()) {}

  /// Before the log, which a server may write meanwhile.
  Status CheckReach() {
    ASSIGN_OR_RETURN(const auto damage, reach_.Load());
    if (damage.has_value()) Print(*damage);
    return {};
  }

  Status CheckLog(const std::string& directory) {
    ASSIGN_OR_RETURN(const log::LogVerdict verdict, log::VerifyLog(directory));
    for (const base::Damage& damage : verdict.damage) Print(damage);
    const log::Position reach =
        verdict.identity.has_value() ? reach_.Of(*verdict.identity) : log::Position();
    if (reach > verdict.end) {
      Print({.path = directory,
             .offset = verdict.end.offset,
             .size_bytes = reach.offset - verdict.end.offset,
             .what = "blocks hold the log beyond its end: a segment was removed or cut, or is an "
                     "older copy that was put back",
             .kind = base::Damage::Kind::kMissing});
    }
    summary_ += fmt::format("log: {} in {}, {}", CountText(verdict.record_count, "record"),
                            CountText(verdict.segment_count, "segment"),
                            CountText(verdict.byte_size, "byte"));
    if (verdict.unfinished_bytes > 0) {
      summary_ += fmt::format(", the last {} of an unfinished record that nobody was told is safe",
                              CountText(verdict.unfinished_bytes));
    }
    summary_ += "\n";
    return {};
  }

  void NoteLogGone(const std::string& directory) {
    Print({.path = directory,
           .what = "the log: it is gone, and with it what was in no block yet",
           .kind = base::Damage::Kind::kFile});
  }

  Status CheckBlocks(const std::string& directory) {
    const auto objects = storage::ReadLocalObjectStore(directory);
    ASSIGN_OR_RETURN(const std::vector<storage::ObjectInfo> blocks,
                     objects->List(storage::kBlockPrefix));
    std::uint64_t block_count = 0;
    std::uint64_t span_count = 0;
    std::uint64_t page_count = 0;
    std::uint64_t byte_size = 0;
    for (const storage::ObjectInfo& listed : blocks) {
      const storage::ObjectInfo block = storage::ByItsName(listed);
      if (block.name.ends_with('/')) {
        PrintUnlisted(directory, block.name);
        continue;
      }
      const auto verdict = storage::VerifyBlock(*objects, block.name);
      if (!verdict.has_value() && verdict.error().code == Code::kNotFound) {
        // A server deletes what retention is done with; a folder stays.
        if (listed.name.ends_with('/')) PrintUnlisted(directory, listed.name);
        continue;
      }
      ++block_count;
      if (!verdict.has_value()) {
        Print({.path = directory + "/" + block.name,
               .size_bytes = block.size_bytes,
               .what = "the whole block: " + verdict.error().message});
        continue;
      }
      for (const base::Damage& damage : verdict->damage) PrintBelow(directory, damage);
      span_count += verdict->span_count;
      page_count += verdict->page_count;
      byte_size += verdict->byte_size;
    }
    summary_ += fmt::format("blocks: {} in {} of {}, {}\n", CountText(span_count, "span"),
                            CountText(page_count, "page"), CountText(block_count, "block"),
                            CountText(byte_size, "byte"));
    ASSIGN_OR_RETURN(const auto damages,
                     storage::VerifyInventory(inventory_path_, *objects, blocks));
    for (const base::Damage& damage : damages) {
      if (damage.path == inventory_path_) {
        Print(damage);
      } else {
        PrintBelow(directory, damage);
      }
    }
    return {};
  }

  std::uint64_t damage_count() const { return damage_count_; }
  const std::string& summary() const { return summary_; }

 private:
  void Print(const base::Damage& damage) {
    ++damage_count_;
    // Both may hold names that are in the directory, which could steer a terminal.
    const std::string path = SafeText(damage.path);
    const std::string what = SafeText(damage.what);
    if (damage.kind == base::Damage::Kind::kFile) {
      terminal_.Print(fmt::format("{}: {}\n", path, what));
      return;
    }
    // Without separators: a place is looked up.
    terminal_.Print(fmt::format("{}: {} byte{} at {}: {}\n", path, damage.size_bytes,
                                damage.size_bytes == 1 ? "" : "s", damage.offset, what));
  }
  void PrintUnlisted(const std::string& directory, const std::string& folder) {
    Print({.path = directory + "/" + folder,
           .what = "a folder of blocks: it cannot be listed",
           .kind = base::Damage::Kind::kFile});
  }
  /// Of blocks the path is their name.
  void PrintBelow(const std::string& directory, base::Damage damage) {
    damage.path = directory + "/" + damage.path;
    Print(damage);
  }

  const Terminal& terminal_;
  const std::string inventory_path_;
  storage::LogReach reach_;
  std::string summary_;
  std::uint64_t damage_count_ = 0;
};

// Not the same as that it cannot be looked at.
Result<bool> IsThere(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return false;
  if (error) return std::unexpected(base::ErrnoError(error.value(), "looking at " + path.string()));
  return true;
}

// One part that cannot be read does not hide what is wrong with another: all errors are given.
std::vector<Error> Verify(const std::filesystem::path& path, DirectoryReport& report) {
  std::vector<Error> errors;
  const auto keep = [&](const Status& status) {
    if (!status.has_value()) errors.push_back(status.error());
  };
  const Result<bool> has_log = IsThere(path / "log");
  if (!has_log.has_value()) return {has_log.error()};
  const Result<bool> has_objects = IsThere(path / "objects");
  if (!has_objects.has_value()) return {has_objects.error()};
  const Result<bool> has_inventory = IsThere(path / storage::kInventoryFileName);
  if (!has_inventory.has_value()) return {has_inventory.error()};
  if (!*has_log && !*has_objects && !*has_inventory) {
    return {NotFound("{} holds neither log/ nor objects/: name the directory of clew_storage, e.g. "
                     "clew-data",
                     path.string())
                .error()};
  }
  keep(report.CheckReach());
  // A server makes the log before it writes an inventory.
  const std::string log = (path / "log").string();
  if (!*has_log && *has_inventory) report.NoteLogGone(log);
  if (*has_log) keep(report.CheckLog(log));
  // Also when that folder is gone: the inventory may name what was in it.
  keep(report.CheckBlocks((path / "objects").string()));
  return errors;
}

}  // namespace

int RunStorageVerify(const VerifyOptions& options, const Terminal& terminal) {
  DirectoryReport report(terminal, options.directory);
  const std::vector<Error> errors = Verify(options.directory, report);
  for (const Error& error : errors) terminal.PrintError(error.message);
  terminal.Print(report.summary());
  const std::uint64_t count = report.damage_count();
  if (count > 0) terminal.Print(CountText(count, "damaged piece") + ".\n");
  if (count > 0 || !errors.empty()) return kExitFailed;
  terminal.Print("No damage.\n");
  return kExitDone;
}

}  // namespace clew::app::cli
