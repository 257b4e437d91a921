#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <set>

#include "model/edit_attributes.h"
#include "model/select_rows.h"
#include "wire/otlp/materialize.h"
#include "wire/otlp/scatter_objects.h"
#include "wire/otlp/testing/describe.h"
#include "wire/otlp/testing/random_request.h"

/// Edits of columns do what the same edits of objects do, and nothing to the columns that they are
/// shared with. Each holds for every seed; a failure names its seed.
namespace clew::wire::otlp {
namespace {

using model::Attributes;
using model::Owner;
using model::SpanColumns;
using model::Value;
using model::ValueType;
using testing::DescribeSpans;
using testing::RandomTraceData;
using testing::TextKind;

constexpr std::uint64_t kSeedCount = 100;

std::vector<std::string> Describe(const SpanColumns& columns) {
  return DescribeSpans(MaterializeSpans(columns));
}

/// The attributes of each row of the owner's table.
std::vector<Attributes*> RowsOf(Owner owner, model::TraceData* data) {
  std::vector<Attributes*> rows;
  const auto add = [&](auto& objects) {
    for (auto& object : objects) rows.push_back(&object.attributes);
  };
  if (owner == Owner::kResource) add(data->resources);
  if (owner == Owner::kScope) add(data->scopes);
  if (owner == Owner::kSpan) add(data->spans);
  for (model::Span& span : data->spans) {
    if (owner == Owner::kEvent) add(span.events);
    if (owner == Owner::kLink) add(span.links);
  }
  return rows;
}

class RandomEdits {
 public:
  explicit RandomEdits(std::uint64_t seed) : random_(seed) {}

  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  /// Ascending; none, some, most or all.
  std::vector<std::uint32_t> Rows(std::size_t row_count) {
    constexpr std::array<std::size_t, 5> kPercent = {0, 10, 50, 95, 100};
    const std::size_t percent = kPercent[Below(5)];
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < row_count; ++row) {
      if (Below(100) < percent) rows.push_back(row);
    }
    return rows;
  }

  /// Mostly one that is there.
  std::string Key(const std::vector<Attributes*>& rows) {
    std::vector<std::string> keys = {"new"};
    for (const Attributes* attributes : rows) {
      for (const model::KeyValue& attribute : *attributes) keys.push_back(attribute.key);
    }
    return keys[Below(keys.size())];
  }

  Value AnyValue() {
    switch (Below(6)) {
      case 0:
        return {};
      case 1:
        return {Below(2) == 1};
      case 2:
        return {static_cast<std::int64_t>(random_())};
      case 3:
        return {static_cast<double>(Below(1'000)) / 8};
      case 4:
        return {model::ByteString{std::string(Below(20), 'b')}};
      default:
        return {std::string(Below(20), 's')};
    }
  }

 private:
  std::mt19937_64 random_;
};

model::ColumnValue InColumn(const Value& value) {
  model::ColumnValue out{.type = value.type()};
  if (const auto* text = std::get_if<std::string>(&value.data)) out.text = *text;
  if (const auto* bytes = std::get_if<model::ByteString>(&value.data)) out.text = bytes->bytes;
  if (const auto* truth = std::get_if<bool>(&value.data)) out.number = *truth ? 1 : 0;
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) out.number = *number;
  if (const auto* real = std::get_if<double>(&value.data)) {
    out.number = std::bit_cast<std::int64_t>(*real);
  }
  return out;
}

/// Sets or removes the same in both.
void EditBoth(RandomEdits& random, model::TraceData* data, SpanColumns* columns) {
  const auto owner = static_cast<Owner>(random.Below(5));
  const std::vector<Attributes*> attributes = RowsOf(owner, data);
  const std::string key = random.Key(attributes);
  const std::vector<std::uint32_t> rows = random.Rows(attributes.size());
  const bool is_set = random.Below(3) != 0;
  const Value value = random.AnyValue();
  for (const std::uint32_t row : rows) {
    std::erase_if(*attributes[row], [&](const auto& attribute) { return attribute.key == key; });
    if (is_set) attributes[row]->push_back({key, value});
  }
  if (is_set) {
    // Neither key nor text need to live longer than the call.
    const std::string short_lived = key;
    const Value copy = value;
    SetAttribute(owner, short_lived, InColumn(copy), rows, columns);
  } else {
    RemoveAttribute(owner, key, rows, columns);
  }
}

TEST(EditProperty, AttributesAreWhatTheyAreAfterTheSameEditsOfObjects) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    RandomEdits random(seed);
    const model::TraceData before = RandomTraceData(seed, TextKind::kAnyOctets);
    model::TraceData data = before;
    const SpanColumns original = ScatterSpans(before);
    SpanColumns edited = original;

    for (int i = 0; i < 6; ++i) {
      EditBoth(random, &data, &edited);
      ASSERT_EQ(Describe(edited), DescribeSpans(data)) << "seed " << seed << ", edit " << i;
    }

    ASSERT_EQ(Describe(original), DescribeSpans(before)) << "seed " << seed;
  }
}

TEST(EditProperty, SelectedSpansAreWhatTheyAre) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    RandomEdits random(seed);
    const model::TraceData data = RandomTraceData(seed, TextKind::kAnyOctets);
    const SpanColumns original = ScatterSpans(data);
    const std::vector<std::uint32_t> rows = random.Rows(data.spans.size());
    model::TraceData expected = {.resources = data.resources, .scopes = data.scopes, .spans = {}};
    std::set<std::uint32_t> resources;
    std::set<std::uint32_t> scopes;
    for (const std::uint32_t row : rows) {
      expected.spans.push_back(data.spans[row]);
      resources.insert(data.spans[row].resource);
      scopes.insert(data.spans[row].scope);
    }

    SpanColumns selected = model::SelectSpans(original, rows);

    ASSERT_EQ(Describe(selected), DescribeSpans(expected)) << "seed " << seed;
    ASSERT_EQ(selected.resources.count(), resources.size()) << "seed " << seed;
    ASSERT_EQ(selected.scopes.count(), scopes.size()) << "seed " << seed;
    // What is shared stays the original's when the selection is edited.
    for (const Owner owner : {Owner::kResource, Owner::kSpan}) {
      const std::vector<std::uint32_t> all = [&] {
        std::vector<std::uint32_t> every(RowCount(selected, owner));
        for (std::uint32_t row = 0; row < every.size(); ++row) every[row] = row;
        return every;
      }();
      SetAttribute(owner, "new", {.type = ValueType::kInt, .number = 1}, all, &selected);
    }
    for (std::size_t i = 0; i < selected.span_count(); ++i) selected.names.Set(i, "renamed");
    ASSERT_EQ(Describe(original), DescribeSpans(data)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace clew::wire::otlp
