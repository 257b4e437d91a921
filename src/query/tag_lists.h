#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "query/query_service.h"
#include "query/scan.h"

namespace clew::query {

/// What a list of tags or values holds at most.
inline constexpr std::size_t kTagsMax = 20'000;
inline constexpr std::uint64_t kTagsBytesMax = 16u << 20;

/// The values of a tag while they are found, each once, in whatever order. When there are too many,
/// those are kept that were found first. The context outlives it. One thread.
class TagValueCounts {
 public:
  explicit TagValueCounts(const QueryContext& context) : context_(context) {}

  /// A text as it is stored, or a number as in columns of that type. An empty text is none.
  Status Add(model::ValueType type, std::string_view text, std::int64_t number,
             std::uint64_t count);

  std::size_t size() const { return counts_.size(); }
  /// Some are missing.
  bool is_cut() const { return is_cut_; }
  /// The most frequent first, then by type and text.
  std::vector<TagValue> Take();

 private:
  struct Key {
    model::ValueType type;
    std::string text;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.text) ^ static_cast<std::size_t>(key.type);
    }
  };

  const QueryContext& context_;
  std::unordered_map<Key, std::uint64_t, Hash> counts_;
  std::uint64_t text_bytes_ = 0;
  bool is_cut_ = false;
};

/// INVALID_ARGUMENT for a field whose values are not listed.
Status CheckTag(const expr::Reference& tag);

/// A value that a roll-up has of `tag`.
Status AddRolled(const expr::Reference& tag, const storage::TagName& name,
                 const storage::TagValue& value, TagValueCounts& values);

/// See query::ListTags and query::ListTagValues; `place` is that of the list in QueryStats, that of
/// its input the next one. `values` has those that roll-ups tell.
Status RunListTags(const Scan& scan, const ListTags& list, const ReadTags& input, std::size_t place,
                   Sink& sink);
Status RunListTagValues(const Scan& scan, const ListTagValues& list, const ReadTagValues& input,
                        TagValueCounts& values, std::size_t place, Sink& sink);

}  // namespace clew::query
