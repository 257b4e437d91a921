#include "app/bench/made_data.h"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace clew::app::bench {

Status ReplaceMadeData(const std::string& folder, const std::string& mark) {
  std::error_code ignored;
  if (!std::filesystem::exists(mark, ignored) && std::filesystem::exists(folder, ignored)) {
    return MakeError(Code::kFailedPrecondition,
                     "{} is there, and no bench has made it ({} is missing): choose another folder "
                     "with --data, or remove it",
                     folder, mark);
  }
  std::filesystem::remove_all(folder, ignored);
  std::filesystem::create_directories(std::filesystem::path(mark).parent_path(), ignored);
  std::ofstream file(mark, std::ios::trunc);
  file.close();
  return file.good() ? Status() : Unavailable("cannot write {}", mark);
}

}  // namespace clew::app::bench
