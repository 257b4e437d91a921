#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/span_columns.h"
#include "wire/otlp/limits.h"

namespace clew::wire::otlp {

/// Text that is not a view of the received body (cut or joined values), kept alive by a batch.
/// Small texts share chunks, so that many of them take little more than their bytes.
class BatchMemory {
 public:
  explicit BatchMemory(model::SpanColumns* out) : out_(out) {}
  std::string_view Keep(std::string text);

 private:
  model::SpanColumns* out_;
  std::shared_ptr<char[]> chunk_;
  std::size_t chunk_left_ = 0;
};

/// Views of one body put one after the other: no copy as long as they are neighbours.
class JoinedViews {
 public:
  void Add(std::string_view view);
  /// All of them; lives as long as the body and `memory`'s batch. Empties this.
  std::string_view Take(BatchMemory& memory);

 private:
  std::string_view view_;
  std::string copy_;  // of all views, once two were no neighbours; then view_ is not used
};

/// The text up to `bytes_max`, cut between characters; `counter` counts what was cut.
std::string_view CutText(std::string_view text, std::uint64_t bytes_max,
                         std::atomic<std::uint64_t>& counter);

/// Distributes KeyValue messages over the attribute columns of a batch.
///
/// SDK traffic repeats itself: the column of an attribute is looked for first where the attribute
/// at the same position was last put, so that keys need no hashing (performance.md 2.3, lesson 5).
class AttributeScatter {
 public:
  AttributeScatter(const DecodeLimits& limits, DecodeCounts& counts, model::SpanColumns* out);

  /// The attribute list of one span, event, link, scope or resource.
  struct Row {
    model::Owner owner;
    std::uint32_t index;
    std::uint32_t position = 0;
    std::uint32_t dropped = 0;
  };
  /// From here on the attributes of another request follow.
  void BeginRequest() { keys_left_ = limits_.attribute_keys_max; }
  static Row Begin(model::Owner owner, std::uint32_t index) { return {owner, index}; }

  /// Adds one encoded KeyValue. Over the limits it is cut or dropped, and counted. Throws
  /// protozero's exceptions on malformed bytes.
  void Add(Row& row, std::string_view key_value);

  BatchMemory& memory() { return memory_; }

 private:
  struct ReadValue {
    model::ValueType type = model::ValueType::kEmpty;
    std::string_view text;
    std::int64_t number = 0;
  };
  static ReadValue Read(std::string_view any_value);
  void ApplyLimits(ReadValue* value);
  /// Null when the key would be one too many.
  model::AttributeColumn* ColumnFor(const Row& row, std::string_view key, model::ValueType type);
  std::uint32_t FindOrAdd(model::Owner owner, std::string_view key, model::ValueType type);

  static constexpr std::uint32_t kNoColumn = 0xffffffff;
  static constexpr std::size_t kValueTypeCount = 8;

  const DecodeLimits& limits_;
  DecodeCounts& counts_;
  model::SpanColumns* out_;
  BatchMemory memory_;
  std::uint64_t keys_left_;
  // For each owner and position the two columns last seen there.
  std::array<std::vector<std::array<std::uint32_t, 2>>, model::kOwnerCount> recent_;
  // By owner and type, then key.
  std::array<std::unordered_map<std::string_view, std::uint32_t>,
             model::kOwnerCount * kValueTypeCount>
      columns_;
};

}  // namespace clew::wire::otlp
