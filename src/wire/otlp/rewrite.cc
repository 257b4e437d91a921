#include "wire/otlp/rewrite.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/fields.h"

namespace clew::wire::otlp {
namespace {

using Keep = std::function<bool(std::uint64_t, std::string_view)>;

class SpanFilter {
 public:
  explicit SpanFilter(const Keep& keep) : keep_(keep) {}

  std::string Request(std::string_view request) {
    constexpr auto kTag = static_cast<protozero::pbf_tag_type>(field::Request::kResourceSpans);
    return Rewrite(request, [this](Reader& reader, std::string* out) {
      if (reader.tag() != kTag || !IsBytes(reader)) return false;
      Put(kTag, out, [&] { return ResourceSpans(ReadView(reader)); });
      return true;
    });
  }

 private:
  std::string ResourceSpans(std::string_view resource_spans) {
    const field::ResourceSpans list = ScopeListOf(resource_spans);
    return Rewrite(resource_spans, [this, list](Reader& reader, std::string* out) {
      if (TagOf<field::ResourceSpans>(reader) != list || !IsBytes(reader)) return false;
      Put(static_cast<protozero::pbf_tag_type>(list), out,
          [&] { return ScopeSpans(ReadView(reader)); });
      return true;
    });
  }

  std::string ScopeSpans(std::string_view scope_spans) {
    constexpr auto kTag = static_cast<protozero::pbf_tag_type>(field::ScopeSpans::kSpans);
    return Rewrite(scope_spans, [this](Reader& reader, std::string* out) {
      if (reader.tag() != kTag || !IsBytes(reader)) return false;
      const std::string_view span = ReadView(reader);
      if (keep_(index_++, span)) {
        ++kept_count_;
        protozero::pbf_writer(*out).add_bytes(kTag, span.data(), span.size());
      }
      return true;
    });
  }

  // Copies the fields of `message`, except those that `replace` writes itself.
  template <typename Replace>
  static std::string Rewrite(std::string_view message, Replace replace) {
    std::string out;
    out.reserve(message.size());
    Reader reader = ReaderOf(message);
    const char* begin = message.data();
    while (reader.next()) {
      if (!replace(reader, &out)) {
        reader.skip();
        out.append(begin, reader.data().data());
      }
      begin = reader.data().data();
    }
    return out;
  }

  // Writes what `make` gives, unless it had spans and lost them all.
  template <typename Make>
  void Put(protozero::pbf_tag_type tag, std::string* out, Make make) {
    const std::uint64_t index_before = index_;
    const std::uint64_t kept_before = kept_count_;
    const std::string message = make();
    if (index_ != index_before && kept_count_ == kept_before) return;
    protozero::pbf_writer(*out).add_message(tag, message);
  }

  const Keep& keep_;
  std::uint64_t index_ = 0;
  std::uint64_t kept_count_ = 0;
};

}  // namespace

std::string KeepSpans(std::string_view request, const Keep& keep) {
  return SpanFilter(keep).Request(request);
}

std::string TracesFromAnswer(std::string_view answer) {
  std::string traces;
  try {
    Reader reader = ReaderOf(answer);
    while (reader.next()) {
      if (reader.tag() == 1 && IsBytes(reader)) {
        traces.append(ReadView(reader));
      } else {
        reader.skip();
      }
    }
  } catch (const protozero::exception&) {
    traces.clear();
  }
  return traces;
}

}  // namespace clew::wire::otlp
