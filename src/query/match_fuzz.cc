#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "query/match.h"
#include "query/search_terms.h"
#include "storage/format/column_schema.h"
#include "storage/format/row_group_source.h"
#include "wire/otlp/materialize.h"

// Searches in a row group that is well checksummed and hostile. Input: u8 number of patches (low 3
// bits) and part of the searches (high 5 bits), each patch u8 what, u8 column, u8 page, u32 value;
// u32 length of a directory, the directory, the pages. The patches are applied to the directory, so
// that one change reaches behind its own checks. It is read in each form that directories have.
namespace {

using namespace clew;
using storage::ColumnEntry;
using storage::RowGroupDirectory;

class Input {
 public:
  explicit Input(std::string_view rest) : rest_(rest) {}

  template <typename Number>
  Number Take() {
    Number number{};
    const std::size_t size = std::min(sizeof(number), rest_.size());
    std::memcpy(&number, rest_.data(), size);
    rest_.remove_prefix(size);
    return number;
  }
  std::string_view Text(std::size_t length) {
    const std::string_view text = rest_.substr(0, length);
    rest_.remove_prefix(text.size());
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Patch {
  std::uint8_t what;
  std::uint8_t column;
  std::uint8_t page;
  std::uint32_t value;
};

void ApplyToCounts(const Patch& patch, RowGroupDirectory* directory) {
  scan::SourceStats& stats = directory->stats;
  std::uint32_t* const counts[] = {
      &stats.span_count, &stats.resource_count,   &stats.scope_count,         &stats.event_count,
      &stats.link_count, &directory->trace_count, &directory->operation_count};
  *counts[patch.page % std::size(counts)] = patch.value;
}

void ApplyToColumn(const Patch& patch, std::vector<ColumnEntry>* columns) {
  if (columns->empty()) return;
  const std::size_t index = patch.column % columns->size();
  ColumnEntry& column = (*columns)[index];
  switch (patch.what % 12) {
    case 1:
      column.value_count = patch.value;
      break;
    case 2:
      column.rows = static_cast<storage::RowsEncoding>(patch.value % 4);
      break;
    case 3:
      column.values = static_cast<storage::ValuesEncoding>(patch.value % 8);
      break;
    case 4:
      column.type = static_cast<model::ValueType>(patch.value % 9);
      break;
    case 5:
      column.owner = static_cast<model::Owner>(patch.value % 6);
      break;
    case 6:
      column.field = static_cast<storage::ColumnField>(patch.value);
      break;
    case 7:
      columns->erase(columns->begin() + static_cast<std::ptrdiff_t>(index));
      break;
    case 8:
      column.pages.resize(patch.value % 16);
      break;
    case 9: {
      if (column.zones.empty()) break;
      storage::ZoneRange& zone = column.zones[patch.page % column.zones.size()];
      (patch.value % 2 == 0 ? zone.min : zone.max) = patch.value >> 1;
      break;
    }
    case 10: {
      auto& counts = patch.value % 2 == 0 ? column.chunk_ends : column.row_counts;
      if (!counts.empty()) counts[patch.page % counts.size()] = patch.value >> 1;
      break;
    }
    default:
      if (column.pages.empty()) break;
      auto& page = column.pages[patch.page % column.pages.size()];
      (patch.value % 2 == 0 ? page.length : column.value_count) = patch.value >> 1;
  }
}

// A source, and a part of the searches that are made in it: all take a dozen times as long as
// reading the source, so that an input which makes one in 31 (part 0 is all) lets more be tried.
class Target {
 public:
  static constexpr unsigned kPartCount = 31;

  Target(const scan::SpanSource& source, unsigned part) : source_(source), part_(part) {}

  void Search(const query::SearchRequest& request) {
    const unsigned turn = turn_++ % kPartCount + 1;
    if (part_ == 0 || part_ == turn) (void)query::MatchSpans(source_, request.spans());
  }

 private:
  const scan::SpanSource& source_;
  const unsigned part_;
  unsigned turn_ = 0;
};

void SearchReference(Target& target, const expr::Reference& reference) {
  static const auto kPattern = *expr::Pattern::Compile("a|1");
  const auto one = expr::Literal::Untyped("1");
  const auto equal = expr::Compare(expr::Op::kEqual, reference, one);
  target.Search({.condition = expr::Exists(reference)});
  target.Search({.condition = expr::HasOdd(reference)});
  target.Search({.condition = expr::Differs(equal)});
  target.Search({.condition = expr::Matches(reference, kPattern)});
  target.Search({.condition = expr::Compare(expr::Op::kGreater, reference, one)});
  target.Search(
      {.condition = expr::Compare(expr::Op::kEqual, reference, expr::Of(expr::Field::kName))});
  for (const auto owner : {model::Owner::kEvent, model::Owner::kLink}) {
    target.Search({.condition = expr::Some(owner, equal)});
  }
}

void SearchKey(Target& target, const std::string& key) {
  for (const char* value : {"", "1", "true", "a"}) {
    target.Search({.condition = query::ConditionOf({.tags = {{.key = key, .value = value}}})});
  }
  target.Search(
      {.condition = query::ConditionOf({.tags = {{.key = "resource." + key, .value = "1"}}})});
  for (const auto scope : {expr::Scope::kSpanOrResource, expr::Scope::kScope, expr::Scope::kEvent,
                           expr::Scope::kLink}) {
    SearchReference(target, expr::Attribute(scope, key));
  }
}

void SearchFields(Target& target) {
  for (const expr::FieldInfo& info : expr::AllFields()) {
    SearchReference(target, expr::Of(info.field));
  }
  target.Search({.condition = query::ConditionOf({.service = "front", .operation = "GET /"}),
                 .start_min = 1});
  target.Search({.condition = query::ConditionOf({.service = "", .duration_min = Nanos(1)})});
  for (const auto& [key, value] :
       {std::pair("error", "true"), std::pair("error", "false"), std::pair("span.status", "ok"),
        std::pair("span.kind", "server"), std::pair("scope.name", "s")}) {
    target.Search({.condition = query::ConditionOf({.tags = {{.key = key, .value = value}}})});
  }
}

void Read(const scan::SpanSource& source) {
  for (const auto extent : {scan::ReadExtent::kAll, scan::ReadExtent::kTree}) {
    const auto all = source.ReadAll(extent);
    if (!all.has_value()) continue;
    wire::otlp::MaterializeSpans(**all);
    std::vector<TraceId> ids((*all)->trace_ids.begin(), (*all)->trace_ids.end());
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    std::vector<TraceId> some;
    for (std::size_t i = 0; i < ids.size(); i += 2) some.push_back(ids[i]);
    const auto read = source.ReadTraces(some, extent);
    if (read.has_value() && *read != nullptr) wire::otlp::MaterializeSpans(**read);
    (void)source.TraceStarts(some);
  }
  for (const expr::FieldInfo& info : expr::AllFields()) (void)source.Field(info.field);
  for (const auto owner :
       {model::Owner::kResource, model::Owner::kScope, model::Owner::kEvent, model::Owner::kLink}) {
    (void)source.Ties(owner);
  }
  (void)source.Operations();
  (void)source.Attributes();
  (void)source.Starts();
  (void)source.Traces();
  for (const bool has_all : {false, true}) {
    (void)source.Trees({.span_ids = has_all, .starts = has_all, .calls = has_all});
  }
  (void)source.TraceIds({0, source.stats().span_count - 1});
}

/// The directory of a block of `version` after the patches, when readers take it.
std::optional<RowGroupDirectory> Patched(std::string_view stored, std::uint32_t version,
                                         const std::vector<Patch>& patches) {
  auto directory = storage::ReadDirectory(stored, version);
  if (!directory.has_value()) return std::nullopt;
  for (const Patch& patch : patches) {
    if (patch.what % 12 == 0) {
      ApplyToCounts(patch, &*directory);
    } else {
      ApplyToColumn(patch, &directory->columns);
    }
  }
  if (version < storage::kZonedVersion) {
    // Nobody writes that form any more.
    const bool is_sound = storage::CheckCounts(*directory, false).has_value() &&
                          storage::CheckDirectory(*directory).has_value();
    return is_sound ? std::optional(*std::move(directory)) : std::nullopt;
  }
  std::string patched;
  storage::WriteDirectory(*directory, &patched);
  directory = storage::ReadDirectory(patched, version);
  return directory.has_value() ? std::optional(*std::move(directory)) : std::nullopt;
}

void SearchAll(RowGroupDirectory directory, const std::string& pages, unsigned part) {
  std::vector<std::string> keys = {"absent"};
  for (const ColumnEntry& column : directory.columns) {
    const bool is_new = column.field == storage::ColumnField::kAttribute &&
                        std::ranges::find(keys, column.key) == keys.end();
    if (is_new && keys.size() < 12) keys.push_back(column.key);
  }
  base::Metrics metrics;
  storage::ScanCache cache(1u << 20, metrics);
  const storage::RowGroupSource strict(
      std::make_shared<const RowGroupDirectory>(std::move(directory)),
      std::make_shared<storage::MemoryPages>(Bytes(pages)), cache);
  const auto past_damage = strict.PastDamage({.report = [](const Error&) {}});
  for (const scan::SpanSource* source :
       {static_cast<const scan::SpanSource*>(&strict), past_damage.get()}) {
    Read(*source);
    Target target(*source, part);
    SearchFields(target);
    for (const std::string& key : keys) SearchKey(target, key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({reinterpret_cast<const char*>(data), size});
  const auto first = input.Take<std::uint8_t>();
  std::vector<Patch> patches(first % 8);
  for (Patch& patch : patches) {
    patch.what = input.Take<std::uint8_t>();
    patch.column = input.Take<std::uint8_t>();
    patch.page = input.Take<std::uint8_t>();
    patch.value = input.Take<std::uint32_t>();
  }
  const auto length = input.Take<std::uint32_t>();
  const std::string_view stored = input.Text(length);
  const std::string pages(input.rest());
  for (const std::uint32_t version : {2u, 3u}) {
    auto directory = Patched(stored, version, patches);
    if (!directory || directory->byte_size != pages.size()) continue;
    SearchAll(*std::move(directory), pages, first / 8u);
  }
  return 0;
}
