#include "wire/jaeger/trace_json.h"

#include <simdjson.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/excerpt.h"
#include "base/letter_case.h"
#include "base/number.h"

namespace clew::wire::jaeger {
namespace {

namespace dom = simdjson::dom;

using base::Excerpt;
using model::Attributes;
using model::KeyValue;
using model::SpanKind;
using model::StatusCode;
using model::Value;

constexpr std::string_view kRefType = "opentracing.ref_type";
// What Jaeger calls a process whose resource had no name.
constexpr std::string_view kNoServiceName = "OTLPResourceNoServiceName";

std::unexpected<Error> Expected(const std::string& path, std::string_view what) {
  return InvalidArgument("{}: expected {}; send what Jaeger's API or UI gave", path, what);
}

// The member of this name, nothing when it is absent or null.
std::optional<dom::element> Find(const dom::object& object, std::string_view name) {
  dom::element member;
  if (object.at_key(name).get(member) != simdjson::SUCCESS || member.is_null()) return std::nullopt;
  return member;
}

// Empty when it is absent or no text.
std::string_view TextOf(const dom::object& object, std::string_view name) {
  std::string_view text;
  if (const auto member = Find(object, name)) {
    if (member->get_string().get(text) != simdjson::SUCCESS) return {};
  }
  return text;
}

// A whole number from 0 to `max`, 0 when it is absent. `path` is that of the object.
Result<std::uint64_t> CountOf(const dom::object& object, std::string_view name,
                              const std::string& path, std::uint64_t max) {
  const auto member = Find(object, name);
  if (!member) return 0;
  if (std::uint64_t number = 0; member->get_uint64().get(number) == simdjson::SUCCESS) {
    if (number <= max) return number;
  } else if (double real = 0; member->get_double().get(real) == simdjson::SUCCESS && real >= 0 &&
                              real < static_cast<double>(max)) {
    return static_cast<std::uint64_t>(real);
  }
  return Expected(fmt::format("{}.{}", path, name), fmt::format("a number from 0 to {}", max));
}

// What nanoseconds can hold.
constexpr std::uint64_t kMicrosMax = std::numeric_limits<std::uint64_t>::max() / 1000;

// Microseconds, as nanoseconds.
UnixNanos NanosOf(std::uint64_t microseconds) {
  return static_cast<UnixNanos>(microseconds * 1000);
}

// The id of this name.
template <typename Id>
Result<Id> IdOf(const dom::object& object, std::string_view name, const std::string& path) {
  if (const auto id = Id::FromHex(TextOf(object, name))) return *id;
  return Expected(fmt::format("{}.{}", path, name), "an id of hex digits");
}

// Calls `visit(object, path)` for the objects of a list, which may be absent.
template <typename Visit>
Status ForEachObject(const dom::object& parent, std::string_view name, const std::string& path,
                     Visit visit) {
  const auto member = Find(parent, name);
  if (!member) return {};
  dom::array list;
  const std::string list_path = path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  if (member->get_array().get(list) != simdjson::SUCCESS) return Expected(list_path, "a list");
  std::size_t index = 0;
  for (const dom::element element : list) {
    const std::string place = fmt::format("{}[{}]", list_path, index++);
    dom::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return Expected(place, "an object");
    TRY(visit(object, place));
  }
  return {};
}

// Spans of which the same is to be known.
class Note {
 public:
  // One more, because of this text under this name.
  void Add(const std::string& place, std::string_view name, std::string_view text) {
    if (count_++ == 0) first_ = fmt::format("{}.{} \"{}\"", place, name, Excerpt(text));
  }
  // With what is said of one, or of several.
  void Write(std::string_view of_one, std::string_view of_many,
             std::vector<std::string>& notes) const {
    if (count_ == 0) return;
    notes.push_back(
        fmt::format("{} {} (the first: {})", count_, count_ == 1 ? of_one : of_many, first_));
  }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
};

// A text under a type that is not text, e.g. an int64 beyond what JavaScript holds.
Value FromText(std::string_view type, std::string_view text) {
  if (type == "int64") {
    if (const auto number = base::ParseNumber<std::int64_t>(text)) return Value{*number};
  } else if (type == "float64") {
    if (text == "NaN") return Value{std::numeric_limits<double>::quiet_NaN()};
    if (text == "Infinity" || text == "+Inf") return Value{std::numeric_limits<double>::infinity()};
    if (text == "-Infinity" || text == "-Inf") {
      return Value{-std::numeric_limits<double>::infinity()};
    }
    if (const auto number = base::ParseNumber<double>(text)) return Value{*number};
  } else if (type == "bool") {
    if (text == "true" || text == "false") return Value{text == "true"};
  } else if (type == "binary") {
    if (auto bytes = base::Base64Decode(text)) return Value{model::ByteString{*std::move(bytes)}};
  }
  return Value{std::string(text)};
}

// The value of a tag as its type says, or else as JSON has it.
Value ValueOf(std::string_view type, const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::STRING:
      return FromText(type, std::string_view(element));
    case dom::element_type::BOOL:
      return Value{bool(element)};
    case dom::element_type::INT64:
    case dom::element_type::UINT64: {
      std::int64_t number = 0;
      if (type == "float64" || element.get_int64().get(number) != simdjson::SUCCESS) {
        return Value{double(element)};
      }
      return Value{number};
    }
    case dom::element_type::DOUBLE:
      return Value{double(element)};
    case dom::element_type::NULL_VALUE:
      return Value{};
    default:
      return Value{std::string(simdjson::minify(element))};
  }
}

Status ReadTags(const dom::object& parent, std::string_view name, const std::string& path,
                Attributes* out) {
  return ForEachObject(parent, name, path, [out](const dom::object& tag, const std::string&) {
    const auto value = Find(tag, "value");
    out->push_back(
        {std::string(TextOf(tag, "key")), value ? ValueOf(TextOf(tag, "type"), *value) : Value{}});
    return Status();
  });
}

// Takes the first text of this key out of the list.
std::optional<std::string> TakeText(Attributes& tags, std::string_view key) {
  const auto found = std::ranges::find_if(tags, [key](const KeyValue& tag) {
    return tag.key == key && tag.value.type() == model::ValueType::kString;
  });
  if (found == tags.end()) return std::nullopt;
  std::string text = std::get<std::string>(std::move(found->value.data));
  tags.erase(found);
  return text;
}

void TakeKind(Attributes& tags, model::Span* span) {
  const std::string_view name = model::FindString(tags, "span.kind");
  for (const SpanKind kind : {SpanKind::kInternal, SpanKind::kServer, SpanKind::kClient,
                              SpanKind::kProducer, SpanKind::kConsumer}) {
    if (name == model::SpanKindName(kind)) {
      span->kind = kind;
      TakeText(tags, "span.kind");
      return;
    }
  }
}

// The first rule that applies (jaeger.md section 6), but for HTTP's.
void TakeStatus(Attributes& tags, model::Span* span) {
  const auto code = TakeText(tags, "otel.status_code");
  const auto error = std::ranges::find_if(tags, [](const KeyValue& tag) {
    const auto* truth = std::get_if<bool>(&tag.value.data);
    return tag.key == "error" && truth != nullptr && *truth;
  });
  if (error != tags.end()) {
    tags.erase(error);
    span->status = StatusCode::kError;
  } else if (code && base::EqualsIgnoringCase(*code, "error")) {
    span->status = StatusCode::kError;
  } else if (code && base::EqualsIgnoringCase(*code, "ok")) {
    span->status = StatusCode::kOk;
  }
  span->status_message = TakeText(tags, "otel.status_description").value_or("");
}

struct Reference {
  model::Link link;
  bool is_child_of = false;
};

// The reference that names the parent; all others are links.
void SetParentAndLinks(std::vector<Reference> references, model::Span* span) {
  const auto first = [&](bool is_child_of) {
    return std::ranges::find_if(references, [&](const Reference& reference) {
      return reference.is_child_of == is_child_of && reference.link.trace_id == span->trace_id;
    });
  };
  if (span->parent_span_id.is_zero()) {
    auto parent = first(true);
    if (parent == references.end()) parent = first(false);
    if (parent != references.end()) span->parent_span_id = parent->link.span_id;
  }
  for (Reference& reference : references) {
    if (reference.is_child_of && reference.link.trace_id == span->trace_id &&
        reference.link.span_id == span->parent_span_id) {
      continue;
    }
    reference.link.attributes.push_back(
        {std::string(kRefType),
         Value{std::string(reference.is_child_of ? "child_of" : "follows_from")}});
    span->links.push_back(std::move(reference.link));
  }
}

// Where a number is that the parser does not take; nothing when there is none.
std::optional<std::size_t> NumberFaultOffset(std::string_view json) {
  dom::parser parser;
  bool is_in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (is_in_string) {
      is_in_string = json[i] != '"';
      if (json[i] == '\\') ++i;
      continue;
    }
    is_in_string = json[i] == '"';
    if (json[i] != '-' && (json[i] < '0' || json[i] > '9')) continue;
    const std::size_t size =
        std::min(json.find_first_not_of("+-.0123456789Ee", i), json.size()) - i;
    if (parser.parse(json.data() + i, size).error() != simdjson::SUCCESS) return i;
    i += size - 1;
  }
  return std::nullopt;
}

std::unexpected<Error> Malformed(std::string_view json, simdjson::error_code error) {
  if (error == simdjson::NUMBER_ERROR) {
    if (const auto offset = NumberFaultOffset(json)) {
      return InvalidArgument("malformed json at byte {}: not a number of at most 64 bits", *offset);
    }
  }
  return InvalidArgument("malformed json: {}", simdjson::error_message(error));
}

// Reads one trace after the other into one set of spans.
class Reader {
 public:
  Status Trace(const dom::object& trace, const std::string& path) {
    process_resources_.clear();
    processes_ = {};
    processes_path_ = path.empty() ? "processes" : path + ".processes";
    if (const auto member = Find(trace, "processes")) {
      dom::object processes;
      if (member->get_object().get(processes) != simdjson::SUCCESS) {
        return Expected(processes_path_, "an object");
      }
      processes_ = processes;
    }
    return ForEachObject(
        trace, "spans", path,
        [this](const dom::object& span, const std::string& place) { return Span(span, place); });
  }

  Download Take() {
    Download download{.traces = std::move(out_), .notes = {}};
    no_trace_id_.Write(
        "span has no trace id of up to 32 hex digits that are not all zero, and will be refused",
        "spans have no trace id of up to 32 hex digits that are not all zero, and will be refused",
        download.notes);
    no_span_id_.Write(
        "span has no span id of up to 16 hex digits that are not all zero, and will be refused",
        "spans have no span id of up to 16 hex digits that are not all zero, and will be refused",
        download.notes);
    no_process_.Write("span names a process that its trace does not hold, and has no service",
                      "spans name a process that their trace does not hold, and have no service",
                      download.notes);
    return download;
  }

 private:
  Status Span(const dom::object& object, const std::string& path) {
    model::Span span;
    span.trace_id = OwnId<TraceId>(object, "traceID", path, no_trace_id_);
    span.span_id = OwnId<SpanId>(object, "spanID", path, no_span_id_);
    span.name = TextOf(object, "operationName");
    TRY(Numbers(object, path, &span));
    TRY(ReadTags(object, "tags", path, &span.attributes));
    model::Scope scope;
    scope.name = TakeText(span.attributes, "otel.scope.name").value_or("");
    scope.version = TakeText(span.attributes, "otel.scope.version").value_or("");
    span.trace_state = TakeText(span.attributes, "w3c.tracestate").value_or("");
    TakeKind(span.attributes, &span);
    TakeStatus(span.attributes, &span);
    TRY(Logs(object, path, &span));
    TRY(References(object, path, &span));
    ASSIGN_OR_RETURN(span.resource, Resource(object, path));
    span.scope = Scope(std::move(scope));
    out_.spans.push_back(std::move(span));
    return {};
  }

  // Zero, and noted, when it is none.
  template <typename Id>
  static Id OwnId(const dom::object& object, std::string_view name, const std::string& path,
                  Note& note) {
    const std::string_view text = TextOf(object, name);
    const Id id = Id::FromHex(text).value_or(Id{});
    if (id.is_zero()) note.Add(path, name, text);
    return id;
  }

  static Status Numbers(const dom::object& object, const std::string& path, model::Span* span) {
    constexpr auto kFlagsMax = std::numeric_limits<std::uint32_t>::max();
    ASSIGN_OR_RETURN(const std::uint64_t flags, CountOf(object, "flags", path, kFlagsMax));
    ASSIGN_OR_RETURN(const std::uint64_t start, CountOf(object, "startTime", path, kMicrosMax));
    ASSIGN_OR_RETURN(const std::uint64_t duration, CountOf(object, "duration", path, kMicrosMax));
    span->flags = static_cast<std::uint32_t>(flags);
    span->start = NanosOf(start);
    span->end = NanosOf(std::min(start + duration, kMicrosMax));
    return {};
  }

  static Status Logs(const dom::object& object, const std::string& path, model::Span* span) {
    return ForEachObject(
        object, "logs", path, [span](const dom::object& log, const std::string& place) -> Status {
          model::Event& event = span->events.emplace_back();
          ASSIGN_OR_RETURN(const std::uint64_t time, CountOf(log, "timestamp", place, kMicrosMax));
          event.time = NanosOf(time);
          TRY(ReadTags(log, "fields", place, &event.attributes));
          event.name = TakeText(event.attributes, "event").value_or("");
          return {};
        });
  }

  static Status References(const dom::object& object, const std::string& path, model::Span* span) {
    if (!TextOf(object, "parentSpanID").empty()) {
      ASSIGN_OR_RETURN(span->parent_span_id, IdOf<SpanId>(object, "parentSpanID", path));
    }
    std::vector<Reference> references;
    TRY(ForEachObject(
        object, "references", path,
        [&references](const dom::object& item, const std::string& place) -> Status {
          Reference& reference = references.emplace_back();
          reference.is_child_of = TextOf(item, "refType") == "CHILD_OF";
          ASSIGN_OR_RETURN(reference.link.trace_id, IdOf<TraceId>(item, "traceID", place));
          ASSIGN_OR_RETURN(reference.link.span_id, IdOf<SpanId>(item, "spanID", place));
          return {};
        }));
    SetParentAndLinks(std::move(references), span);
    return {};
  }

  // The place of the span's process, which it has itself or names.
  Result<std::uint32_t> Resource(const dom::object& span, const std::string& path) {
    if (const auto own = Find(span, "process")) return AddResource(*own, path + ".process");
    const std::string id(TextOf(span, "processID"));
    auto known = process_resources_.find(id);
    if (known == process_resources_.end()) {
      const auto process = processes_ ? Find(*processes_, id) : std::nullopt;
      auto place = static_cast<std::uint32_t>(out_.resources.size());
      if (process) {
        const std::string process_path = fmt::format("{}[\"{}\"]", processes_path_, Excerpt(id));
        ASSIGN_OR_RETURN(place, AddResource(*process, process_path));
      } else {
        out_.resources.emplace_back();
      }
      known = process_resources_.emplace(id, ProcessResource{place, process.has_value()}).first;
    }
    if (!known->second.is_held) no_process_.Add(path, "processID", id);
    return known->second.place;
  }

  Result<std::uint32_t> AddResource(const dom::element& process, const std::string& path) {
    dom::object object;
    if (process.get_object().get(object) != simdjson::SUCCESS) return Expected(path, "an object");
    model::Resource resource;
    const std::string_view name = TextOf(object, "serviceName");
    if (!name.empty() && name != kNoServiceName) {
      resource.attributes.push_back({"service.name", Value{std::string(name)}});
    }
    TRY(ReadTags(object, "tags", path, &resource.attributes));
    out_.resources.push_back(std::move(resource));
    return static_cast<std::uint32_t>(out_.resources.size() - 1);
  }

  std::uint32_t Scope(model::Scope scope) {
    const auto [place, is_new] = scopes_.try_emplace(
        {scope.name, scope.version}, static_cast<std::uint32_t>(out_.scopes.size()));
    if (is_new) out_.scopes.push_back(std::move(scope));
    return place->second;
  }

  struct ProcessResource {
    std::uint32_t place;
    bool is_held;  // whether the trace holds the process
  };

  model::TraceData out_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> scopes_;
  Note no_trace_id_;
  Note no_span_id_;
  Note no_process_;
  // Of the trace that is read.
  std::optional<dom::object> processes_;
  std::string processes_path_;
  std::map<std::string, ProcessResource> process_resources_;
};

}  // namespace

Result<Download> TracesFromJson(std::string_view json) {
  dom::parser parser;
  dom::element document;
  if (const auto error = parser.parse(json.data(), json.size()).get(document);
      error != simdjson::SUCCESS) {
    return Malformed(json, error);
  }
  dom::object root;
  if (document.get_object().get(root) != simdjson::SUCCESS) return Expected("body", "an object");
  Reader reader;
  if (Find(root, "data")) {
    TRY(ForEachObject(root, "data", "", [&](const dom::object& trace, const std::string& path) {
      return reader.Trace(trace, path);
    }));
  } else {
    TRY(reader.Trace(root, ""));
  }
  return reader.Take();
}

}  // namespace clew::wire::jaeger
