#include "api/endpoint.h"

namespace clew::api {
namespace {

/// Cuts the first segment off `path`, which begins with '/'.
std::string_view TakeSegment(std::string_view* path) {
  path->remove_prefix(1);
  const std::string_view segment = path->substr(0, path->find('/'));
  path->remove_prefix(segment.size());
  return segment;
}

bool MatchPath(std::string_view pattern, std::string_view path,
               std::vector<std::string_view>* captures) {
  captures->clear();
  while (!pattern.empty() && path.starts_with('/')) {
    const std::string_view expected = TakeSegment(&pattern);
    const std::string_view segment = TakeSegment(&path);
    if (expected.starts_with('{')) {
      if (segment.empty()) {
        return false;
      }
      captures->push_back(segment);
    } else if (segment != expected) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

/// The same for a pattern whose only capture may hold several segments.
bool MatchAround(std::string_view pattern, std::string_view path,
                 std::vector<std::string_view>* captures) {
  captures->clear();
  const std::string_view before = pattern.substr(0, pattern.find('{'));
  const std::string_view behind = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) ||
      !path.ends_with(behind)) {
    return false;
  }
  captures->push_back(path.substr(before.size(), path.size() - before.size() - behind.size()));
  return true;
}

}  // namespace

std::optional<EndpointMatch> FindEndpoint(std::span<const Endpoint> endpoints,
                                          std::string_view method, std::string_view path) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::optional<EndpointMatch> found;
  std::vector<std::string_view> captures;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const auto match = endpoints[i].may_hold_slash ? MatchAround : MatchPath;
    if (!match(endpoints[i].path, path, &captures)) {
      continue;
    }
    const bool is_method_served = endpoints[i].method == wanted;
    if (!found || is_method_served) {
      found = EndpointMatch{i, captures, is_method_served};
    }
    if (is_method_served) {
      break;
    }
  }
  return found;
}

std::optional<std::string_view> StripPrefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) {
    return std::nullopt;
  }
  const std::string_view rest = path.substr(prefix.size());
  if (rest.empty()) {
    return "/";
  }
  return rest.starts_with('/') ? std::optional(rest) : std::nullopt;
}

}  // namespace clew::api
