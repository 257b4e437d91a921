#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/span_columns.h"
#include "model/value.h"

/// What services and operations are called: one name for lists, searches, traces and summaries.
namespace clew::model {

inline constexpr std::string_view kServiceNameKey = "service.name";
/// Jaeger's words for what has no name (jaeger.md sections 7 and 8).
inline constexpr std::string_view kNoServiceName = "OTLPResourceNoServiceName";
inline constexpr std::string_view kNoSpanName = "empty-span-name";

/// Chooses the name of each resource of a table from the values of its `service.name`, which come
/// in any order of types: the first text, else the first bool, int, double or bytes, as text. Empty
/// values, arrays and lists name nothing.
class ServiceNames {
 public:
  explicit ServiceNames(std::size_t resource_count) : names_(resource_count) {}
  /// `text` and `number` as in a column; values of one row and type come in their order.
  void Add(std::uint32_t row, ValueType type, std::string_view text, std::int64_t number);
  /// Of each row; kNoServiceName for those without.
  std::vector<std::string> Take();

 private:
  struct Name {
    std::string text;
    ValueType type = ValueType::kEmpty;
  };
  std::vector<Name> names_;
};

/// The service of a resource with these attributes.
std::string ServiceName(const Attributes& resource);
/// The same of each row of the table of resources.
std::vector<std::string> ServiceNamesOf(const SpanColumns& columns);

/// The name itself, or kNoSpanName.
inline std::string_view OperationName(std::string_view span_name) {
  return span_name.empty() ? kNoSpanName : span_name;
}

}  // namespace clew::model
