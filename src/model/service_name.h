#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
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

/// The same of each row of the table of resources, without copies: names are views of the columns'
/// text, and what is no text there is made once for all rows that share it. The columns outlive it.
class ServiceNameViews {
 public:
  explicit ServiceNameViews(const SpanColumns& columns);
  ServiceNameViews(ServiceNameViews&&) = default;
  ServiceNameViews& operator=(ServiceNameViews&&) = default;
  ServiceNameViews(const ServiceNameViews&) = delete;
  ServiceNameViews& operator=(const ServiceNameViews&) = delete;

  std::string_view operator[](std::size_t row) const { return names_[row]; }
  std::size_t size() const { return names_.size(); }
  /// What it takes at most, with what it takes on its way.
  static std::uint64_t BytesMax(const SpanColumns& columns);

 private:
  std::string_view NameOf(const AttributeColumn& column, std::size_t value);

  std::vector<std::string_view> names_;
  /// By where the octets lie: columns that were read through a dictionary view the same many times.
  std::map<std::pair<const char*, std::size_t>, std::string> of_bytes_;
  std::forward_list<std::string> of_numbers_;
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
