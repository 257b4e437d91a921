#include "pipeline/testing/fake_host.h"

namespace clew::pipeline::testing {

std::shared_ptr<Extension> FakeHost::FindExtension(std::string_view id) {
  const auto found = extensions.find(id);
  if (found == extensions.end()) return nullptr;
  return {std::shared_ptr<void>(), found->second};
}

void FakeHost::ReportFatalError(const Error& error) {
  const std::scoped_lock lock(mutex_);
  fatal_errors_.push_back(error);
}

std::vector<Error> FakeHost::fatal_errors() const {
  const std::scoped_lock lock(mutex_);
  return fatal_errors_;
}

}  // namespace clew::pipeline::testing
