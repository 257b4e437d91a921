#include "api/tempo/params.h"

#include <charconv>

#include "base/excerpt.h"
#include "traceql/number.h"

namespace clew::api::tempo {

std::string_view Param(const net::HttpRequest& request, std::string_view name) {
  return request.Param(name).value_or(std::string_view());
}

Result<std::optional<std::uint64_t>> WholeNumber(const net::HttpRequest& request,
                                                 std::string_view name) {
  const std::string_view text = Param(request, name);
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && end == text.data() + text.size()) return number;
  return base::InvalidArgument("invalid {}: \"{}\" is not a number from 0 on", name,
                               base::Excerpt(text));
}

Result<std::optional<Nanos>> Since(const net::HttpRequest& request) {
  const std::string_view since = Param(request, "since");
  if (since.empty()) return std::nullopt;
  const auto duration = traceql::ParseNumber(since);
  const bool is_duration = duration.has_value() && duration->type == traceql::Type::kDuration;
  if (is_duration && duration->number > 0) return Nanos(duration->number);
  return base::InvalidArgument("invalid since: \"{}\" is no time to go back, as 15m or 1d",
                               base::Excerpt(since));
}

}  // namespace clew::api::tempo
