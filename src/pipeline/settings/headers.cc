#include "pipeline/settings/headers.h"

#include "net/http_header.h"

namespace clew::pipeline::settings {

void CheckHeaders(std::string_view key, const std::map<std::string, Secret>& headers,
                  Problems& problems) {
  for (const auto& [name, value] : headers) {
    if (const Status checked = net::CheckHeader(name, value.value); !checked.has_value()) {
      problems.Add(key, checked.error().message);
    }
  }
}

}  // namespace clew::pipeline::settings
