#include "pipeline/receivers/otlp/content_type.h"

#include "base/letter_case.h"

namespace clew::pipeline::receivers::otlp {

std::string MediaType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) {
    type.remove_suffix(1);
  }
  return base::LowerCase(type);
}

std::string ForeignCharset(std::string_view content_type) {
  if (MediaType(content_type) != kJsonType) return "";
  for (std::size_t end = content_type.find(';'); end != std::string_view::npos;
       end = content_type.find(';')) {
    content_type.remove_prefix(end + 1);
    std::string parameter = base::LowerCase(content_type.substr(0, content_type.find(';')));
    std::erase_if(parameter, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
    constexpr std::string_view kName = "charset=";
    if (!parameter.starts_with(kName)) continue;
    const std::string charset = parameter.substr(kName.size(), 64);
    // What the rest of these is beyond ASCII shows when it is read: JSON has to be UTF-8.
    const bool has_other_units = charset.starts_with("utf-16") || charset.starts_with("utf-32") ||
                                 charset.starts_with("ucs-") ||
                                 charset.starts_with("iso-10646-ucs");
    if (has_other_units) return charset;
  }
  return "";
}

}  // namespace clew::pipeline::receivers::otlp
