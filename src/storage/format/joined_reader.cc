#include "storage/format/joined_reader.h"

#include <utility>

namespace clew::storage {

scan::Reader Joined(scan::Reader reader, const scan::Reader& before) {
  if (before.report) {
    reader.report = [report = std::move(reader.report),
                     told_before = before.report](const Error& error) {
      report(error);
      told_before(error);
    };
  }
  if (!reader.check) reader.check = before.check;
  if (!reader.counts) reader.counts = before.counts;
  return reader;
}

}  // namespace clew::storage
