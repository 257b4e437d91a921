#include "wire/tempo/requests.h"

#include <fmt/format.h>

#include <optional>
#include <protozero/pbf_reader.hpp>

namespace clew::wire::tempo {
namespace {

namespace search {
enum : protozero::pbf_tag_type {
  kTags = 1,
  kMinDurationMs = 2,
  kMaxDurationMs = 3,
  kLimit = 4,
  kStart = 5,
  kEnd = 6,
  kQuery = 8,
  kSpansPerSet = 9
};
}  // namespace search

namespace tags {
enum : protozero::pbf_tag_type {
  kScope = 1,
  kQuery = 2,
  kStart = 3,
  kEnd = 4,
  kMax = 5,
  kStale = 6
};
}  // namespace tags

namespace values {
enum : protozero::pbf_tag_type {
  kTagName = 1,
  kQuery = 2,
  kStart = 4,
  kEnd = 5,
  kMax = 6,
  kStale = 7
};
}  // namespace values

/// Those of an instant are the first three.
namespace metrics {
enum : protozero::pbf_tag_type {
  kQuery = 1,
  kStart = 2,
  kEnd = 3,
  kStep = 4,
  kExemplars = 16,
  kMaxSeries = 17
};
}  // namespace metrics

/// A field of a request, and the parameter that says the same.
struct Known {
  enum class Form { kText, kNumber, kMillis, kNanos, kNanosTime };

  protozero::pbf_tag_type number;
  const char* parameter;
  Form form;
};

std::string NumberText(Known::Form form, std::uint64_t number) {
  switch (form) {
    case Known::Form::kMillis:
      return fmt::format("{}ms", number);
    case Known::Form::kNanos:
      return fmt::format("{}ns", number);
    case Known::Form::kNanosTime:
      return fmt::format("{:011}", number);
    default:
      return fmt::format("{}", number);
  }
}

void ReadField(protozero::pbf_reader& reader, const Known& field, Parameters* parameters) {
  std::string value;
  if (field.form == Known::Form::kText) {
    value = reader.get_string();
  } else if (const std::uint64_t number = reader.get_uint64(); number != 0) {
    value = NumberText(field.form, number);
  }
  if (value.empty()) return;
  // The last of several counts, as in all messages.
  std::erase_if(*parameters, [&](const auto& known) { return known.first == field.parameter; });
  parameters->emplace_back(field.parameter, std::move(value));
}

// Reads all fields that are in the table; those that are not are handed to `other`, which reads or
// skips them.
template <typename Other>
Result<Parameters> Read(std::string_view message, std::initializer_list<Known> fields,
                        const Other& other) {
  Parameters parameters;
  try {
    protozero::pbf_reader reader(message.data(), message.size());
    while (reader.next()) {
      const Known* known = nullptr;
      for (const Known& field : fields) {
        const auto type = field.form == Known::Form::kText
                              ? protozero::pbf_wire_type::length_delimited
                              : protozero::pbf_wire_type::varint;
        if (reader.tag_and_type() == protozero::tag_and_type(field.number, type)) known = &field;
      }
      if (known != nullptr) {
        ReadField(reader, *known, &parameters);
      } else {
        other(reader);
      }
    }
  } catch (const protozero::exception& error) {
    return base::InvalidArgument("the request is no protobuf message: {}", error.what());
  }
  return parameters;
}

void Skip(protozero::pbf_reader& reader) { reader.skip(); }

// Also a message.
bool IsText(const protozero::pbf_reader& reader, protozero::pbf_tag_type number) {
  return reader.tag_and_type() ==
         protozero::tag_and_type(number, protozero::pbf_wire_type::length_delimited);
}

// `key="value"`, as the parameter `tags` has it.
std::string TagText(protozero::pbf_reader entry) {
  std::string key;
  std::string value;
  while (entry.next()) {
    if (IsText(entry, 1)) {
      key = entry.get_string();
    } else if (IsText(entry, 2)) {
      value = entry.get_string();
    } else {
      entry.skip();
    }
  }
  std::string text = key + "=\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

Result<Parameters> ReadSearchRequest(std::string_view message) {
  using enum Known::Form;
  std::string text;
  const auto read_tags = [&text](protozero::pbf_reader& reader) {
    if (!IsText(reader, search::kTags)) return reader.skip();
    if (!text.empty()) text += ' ';
    text += TagText(reader.get_message());
  };
  ASSIGN_OR_RETURN(Parameters parameters, Read(message,
                                               {{search::kMinDurationMs, "minDuration", kMillis},
                                                {search::kMaxDurationMs, "maxDuration", kMillis},
                                                {search::kLimit, "limit", kNumber},
                                                {search::kStart, "start", kNumber},
                                                {search::kEnd, "end", kNumber},
                                                {search::kQuery, "q", kText},
                                                {search::kSpansPerSet, "spss", kNumber}},
                                               read_tags));
  if (!text.empty()) parameters.emplace_back("tags", std::move(text));
  return parameters;
}

Result<Parameters> ReadTagsRequest(std::string_view message) {
  using enum Known::Form;
  return Read(message,
              {{tags::kScope, "scope", kText},
               {tags::kQuery, "q", kText},
               {tags::kStart, "start", kNumber},
               {tags::kEnd, "end", kNumber},
               {tags::kMax, "limit", kNumber},
               {tags::kStale, "maxStaleValues", kNumber}},
              Skip);
}

Result<TagValuesRequest> ReadTagValuesRequest(std::string_view message) {
  using enum Known::Form;
  TagValuesRequest request;
  const auto read_tag = [&request](protozero::pbf_reader& reader) {
    if (!IsText(reader, values::kTagName)) return reader.skip();
    request.tag = reader.get_string();
  };
  ASSIGN_OR_RETURN(request.parameters, Read(message,
                                            {{values::kQuery, "q", kText},
                                             {values::kStart, "start", kNumber},
                                             {values::kEnd, "end", kNumber},
                                             {values::kMax, "limit", kNumber},
                                             {values::kStale, "maxStaleValues", kNumber}},
                                            read_tag));
  return request;
}

Result<Parameters> ReadQueryRangeRequest(std::string_view message) {
  using enum Known::Form;
  return Read(message,
              {{metrics::kQuery, "q", kText},
               {metrics::kStart, "start", kNanosTime},
               {metrics::kEnd, "end", kNanosTime},
               {metrics::kStep, "step", kNanos},
               {metrics::kExemplars, "exemplars", kNumber},
               {metrics::kMaxSeries, "maxSeries", kNumber}},
              Skip);
}

Result<Parameters> ReadQueryInstantRequest(std::string_view message) {
  using enum Known::Form;
  return Read(message,
              {{metrics::kQuery, "q", kText},
               {metrics::kStart, "start", kNanosTime},
               {metrics::kEnd, "end", kNanosTime}},
              Skip);
}

}  // namespace clew::wire::tempo
