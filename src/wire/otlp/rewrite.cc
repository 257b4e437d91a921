#include "wire/otlp/rewrite.h"

#include <algorithm>
#include <protozero/exception.hpp>
#include <protozero/pbf_writer.hpp>

#include "wire/otlp/fields.h"

namespace clew::wire::otlp {
namespace {

using Keep = std::function<bool(std::uint64_t, std::string_view)>;

class ItemFilter {
 public:
  ItemFilter(const SignalShape& shape, Empty empty, const Keep& keep)
      : shape_(shape), empty_(empty), keep_(keep) {}

  /// `level`: how many levels below the request the message is.
  std::string Message(std::string_view message, const MessageSchema& schema, std::size_t level) {
    const bool uses_old = level == kScopesLevel && UsesOldScopes(message);
    return Rewrite(message, [&](Reader& reader, std::string* out) {
      const FieldSchema* const field = schema.FindByNumber(reader.tag());
      const bool leads_on = field != nullptr && IsBytes(reader) && IsLevel(level, field->number) &&
                            (reader.tag() != field->number) == uses_old;
      if (!leads_on) return false;
      const protozero::pbf_tag_type tag = reader.tag();
      const std::string_view inner = ReadView(reader);
      if (level + 1 == shape_.levels.size()) {
        Item(tag, inner, out);
      } else {
        Put(tag, out, [&] { return Message(inner, *field->message, level + 1); });
      }
      return true;
    });
  }

 private:
  /// Where a resource lists its scopes.
  static constexpr std::size_t kScopesLevel = 1;

  static bool UsesOldScopes(std::string_view resource) {
    return ScopeListOf(resource) == field::ResourceSpans::kLibrarySpans;
  }

  bool IsLevel(std::size_t level, std::uint32_t number) const {
    return std::ranges::find(shape_.levels[level], number) != shape_.levels[level].end();
  }

  void Item(protozero::pbf_tag_type tag, std::string_view item, std::string* out) {
    if (!keep_(index_++, item)) return;
    ++kept_count_;
    protozero::pbf_writer(*out).add_bytes(tag, item.data(), item.size());
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

  // Writes what `make` gives, unless it had items and lost them all.
  template <typename Make>
  void Put(protozero::pbf_tag_type tag, std::string* out, Make make) {
    const std::uint64_t index_before = index_;
    const std::uint64_t kept_before = kept_count_;
    const std::string message = make();
    const bool was_empty = index_ == index_before;
    if (was_empty ? empty_ == Empty::kDrop : kept_count_ == kept_before) return;
    protozero::pbf_writer(*out).add_message(tag, message);
  }

  const SignalShape& shape_;
  const Empty empty_;
  const Keep& keep_;
  std::uint64_t index_ = 0;
  std::uint64_t kept_count_ = 0;
};

}  // namespace

std::string KeepItems(const SignalShape& shape, std::string_view request, Empty empty,
                      const Keep& keep) {
  return ItemFilter(shape, empty, keep).Message(request, shape.request, 0);
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
