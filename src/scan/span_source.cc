#include "scan/span_source.h"

#include <algorithm>

namespace clew::scan {

std::size_t Column::count() const {
  if (is_coded) return codes.size();
  return std::max({rows.size(), texts.size(), numbers.size()});
}

std::size_t Column::byte_size() const {
  std::size_t size = (rows.size() + codes.size() + lost.size()) * 4 + numbers.size() * 8 +
                     (dictionary.size() + texts.size()) * sizeof(std::string_view);
  for (const std::string_view text : texts) size += text.size();
  for (const std::string_view text : dictionary) size += text.size();
  return size + sizeof(Column);
}

}  // namespace clew::scan
