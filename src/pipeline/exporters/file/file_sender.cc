#include "pipeline/exporters/file/file_sender.h"

#include <utility>

namespace clew::pipeline::exporters::file {

FileSender::FileSender(std::shared_ptr<SharedFile> file, const ExporterCounters& counters)
    : file_(std::move(file)), counters_(counters) {}

Result<Receipt> FileSender::Send(const model::BatchPtr& batch, const Context& context, Deadline) {
  std::shared_ptr<SharedFile> file;
  {
    const std::scoped_lock lock(mutex_);
    file = file_;
  }
  if (file == nullptr) return base::Unavailable("the file is closed");
  TRY(file->Append(*batch, context.delivery, counters_));
  return Receipt{};
}

void FileSender::Close() {
  std::shared_ptr<SharedFile> file;
  {
    const std::scoped_lock lock(mutex_);
    file.swap(file_);
  }
  if (file != nullptr && file.use_count() > 1) file->Flush();
}

}  // namespace clew::pipeline::exporters::file
