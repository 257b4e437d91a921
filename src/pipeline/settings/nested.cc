#include "pipeline/settings/nested.h"

#include <string>
#include <utility>

namespace clew::pipeline::settings {
namespace {

class ProblemsBelow final : public Problems {
 public:
  ProblemsBelow(std::string_view name, Problems& outer) : name_(name), outer_(outer) {}
  void Add(std::string_view path, std::string message) override {
    outer_.Add(path.empty() ? std::string(name_) : fmt::format("{}::{}", name_, path),
               std::move(message));
  }

 private:
  std::string_view name_;
  Problems& outer_;
};

}  // namespace

void ValidateNested(std::string_view name, const Section& section, Problems& problems) {
  ProblemsBelow below(name, problems);
  section.Validate(below);
}

}  // namespace clew::pipeline::settings
