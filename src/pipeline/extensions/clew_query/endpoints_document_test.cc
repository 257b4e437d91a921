#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "api/jaeger/jaeger_api.h"
#include "api/tempo/tempo_api.h"

namespace clew::pipeline::extensions::clew_query {
namespace {

/// The part of the document below the heading `title`, up to the next of the same level.
std::string Section(const std::string& document, const std::string& title) {
  const std::size_t begin = document.find("\n## " + title);
  if (begin == std::string::npos) {
    return "";
  }
  return document.substr(begin, document.find("\n## ", begin + 1) - begin);
}

/// "### `GET /api/x`" headings with what stands below each.
std::map<std::string, std::string> Entries(const std::string& section) {
  static const std::string kHeading = "\n### `";
  std::map<std::string, std::string> entries;
  std::size_t at = section.find(kHeading);
  while (at != std::string::npos) {
    const std::size_t name = at + kHeading.size();
    const std::size_t end = section.find(kHeading, name);
    entries[section.substr(name, section.find('`', name) - name)] =
        section.substr(name, end - name);
    at = end;
  }
  return entries;
}

/// The names in the first column of an entry's table of parameters.
std::set<std::string> Parameters(const std::string& entry) {
  std::set<std::string> names;
  std::istringstream lines(entry);
  for (std::string line; std::getline(lines, line);) {
    const std::string cell = line.starts_with("| `") ? line.substr(1, line.find('|', 1) - 1) : "";
    for (std::size_t at = cell.find('`'); at != std::string::npos;) {
      const std::size_t end = cell.find('`', at + 1);
      names.insert(cell.substr(at + 1, end - at - 1));
      at = cell.find('`', end + 1);
    }
  }
  return names;
}

TEST(HttpEndpointsDocument, NamesEveryEndpointWithItsParametersAndNoOther) {
  std::ostringstream document;
  document << std::ifstream("docs/reference/http-endpoints.md").rdbuf();
  const std::vector<std::pair<std::string, std::vector<api::Endpoint>>> apis = {
      {"Jaeger", api::jaeger::JaegerApi::Endpoints()},
      {"Tempo", api::tempo::TempoApi::Endpoints()}};
  for (const auto& [title, endpoints] : apis) {
    const auto entries = Entries(Section(document.str(), title));
    EXPECT_EQ(entries.size(), endpoints.size()) << title;
    for (const api::Endpoint& endpoint : endpoints) {
      const std::string name = fmt::format("{} {}", endpoint.method, endpoint.path);
      ASSERT_TRUE(entries.contains(name)) << name;
      const std::set<std::string> expected(endpoint.parameters.begin(), endpoint.parameters.end());
      EXPECT_EQ(Parameters(entries.at(name)), expected) << name;
    }
  }
}

}  // namespace
}  // namespace clew::pipeline::extensions::clew_query
