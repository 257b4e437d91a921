#include "query/store_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "model/service_name.h"
#include "query/dependencies.h"
#include "query/scan.h"
#include "query/search.h"
#include "query/whole_trace.h"
#include "wire/otlp/json_text.h"

namespace clew::query {

using scan::SpanSourcePtr;

namespace {

constexpr std::size_t kCheckEvery = 1024;

// What a list of names holds at most: more are of no use to whoever reads it.
constexpr std::size_t kNamesMax = 20'000;
constexpr std::uint64_t kNamesBytesMax = 16u << 20;

const std::string& TextOf(const std::string& service) { return service; }
const std::string& TextOf(const Operation& operation) { return operation.name; }

// Names for a list, each once. When there are too many, those are kept that come first in its
// order, whatever the order in which they are found.
template <typename Name>
class NameList {
 public:
  explicit NameList(const QueryContext& context) : context_(context) {}

  Status Add(Name name) {
    if (end_ && !(name < *end_)) return {};
    const auto [entry, is_new] = names_.insert(std::move(name));
    if (!is_new) return {};
    text_bytes_ += TextOf(*entry).size();
    TRY(context_.TakeMemory(MemoryOf(*entry)));
    while (names_.size() > kNamesMax || text_bytes_ > kNamesBytesMax) {
      end_ = std::move(names_.extract(std::prev(names_.end())).value());
      text_bytes_ -= TextOf(*end_).size();
      if (context_.memory != nullptr) context_.memory->GiveBack(MemoryOf(*end_));
    }
    return {};
  }

  std::vector<Name> Take() {
    if (end_ && context_.left_out != nullptr) {
      context_.left_out->Add(fmt::format(
          "the list ends after the first {} names: it holds up to {} names, or {} MiB of them",
          names_.size(), kNamesMax, kNamesBytesMax >> 20));
    }
    std::vector<Name> names;
    names.reserve(names_.size());
    while (!names_.empty()) {
      names.push_back(std::move(names_.extract(names_.begin()).value()));
    }
    return names;
  }

 private:
  // In the set, in the list, and in a part of the text.
  static std::uint64_t MemoryOf(const Name& name) { return 250 + 2 * TextOf(name).size(); }

  const QueryContext& context_;
  std::set<Name> names_;
  std::uint64_t text_bytes_ = 0;
  std::optional<Name> end_;  // the first that is not in the list for want of room
};

// The traces that a search shows, read in the order in which it finds them.
class FoundTraces {
 public:
  FoundTraces(const Scan& scan, const SearchRequest& request, std::uint64_t bytes_max)
      : scan_(scan), request_(request), budget_{.bytes_max = bytes_max, .leaves_out = true} {}

  // No more will be read: they are as many as are wanted, or some of the first are too large. Those
  // are not made up for.
  bool IsEnough() const {
    return missing_count() == 0 || (budget_.left_out && tried_.size() >= request_.limit);
  }

  // Of `ids` those that were not tried yet, until it is enough. Many at once, since they share what
  // is read; not all, for the memory that reading takes; and no more than are missing, or where
  // most are not shown, as many as turn out to hold no more: one that would not be shown is not to
  // blame for what it takes. Those that retention took meanwhile are left out.
  Status Read(std::vector<TraceId> ids) {
    constexpr std::size_t kTracesAtOnce = 2500;
    std::erase_if(ids, [this](const TraceId& id) { return tried_.contains(id); });
    for (std::span<const TraceId> rest(ids); !rest.empty() && !IsEnough();) {
      const auto some =
          rest.first(std::min({kTracesAtOnce, std::max(missing_count(), ahead_), rest.size()}));
      const std::size_t count_before = traces_.size();
      if (some.size() <= missing_count()) {
        ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                         ReadFoundTraces(scan_, some, request_, &budget_));
        std::ranges::move(traces, std::back_inserter(traces_));
      } else {
        ASSIGN_OR_RETURN(const bool is_read, ReadAhead(some));
        if (!is_read) continue;
      }
      tried_.insert(some.begin(), some.end());
      ahead_ = 2 * (traces_.size() - count_before) < some.size() ? 2 * some.size() : 0;
      rest = rest.subspan(some.size());
    }
    return {};
  }

  // RESOURCE_EXHAUSTED when none fits.
  Result<std::vector<model::TraceData>> Take() {
    if (traces_.empty() && budget_.left_out) return std::unexpected(*budget_.left_out);
    return std::move(traces_);
  }

 private:
  std::size_t missing_count() const { return request_.limit - traces_.size(); }

  // More than are missing. False, and nothing is kept, when more of them would be shown, or they
  // take more than there is: then fewer are to be read.
  Result<bool> ReadAhead(std::span<const TraceId> ids) {
    AnswerBudget budget{.bytes_max = budget_.bytes_max - budget_.bytes};
    Result<std::vector<model::TraceData>> traces = ReadFoundTraces(scan_, ids, request_, &budget);
    if (traces.has_value() && traces->size() <= missing_count()) {
      std::ranges::move(*traces, std::back_inserter(traces_));
      budget_.bytes += budget.bytes;
      budget_.memory_bytes += budget.memory_bytes;
      return true;
    }
    ahead_ = traces.has_value() ? ids.size() / 2 : 0;
    if (traces.has_value()) traces->clear();
    if (scan_.context.memory != nullptr) scan_.context.memory->GiveBack(budget.memory_bytes);
    const bool is_for_size = traces.has_value() ||
                             traces.error().code == Code::kResourceExhausted ||
                             traces.error().code == Code::kUnavailable;
    if (!is_for_size) return std::unexpected(std::move(traces).error());
    return false;
  }

  const Scan& scan_;
  const SearchRequest& request_;
  AnswerBudget budget_;
  std::unordered_set<TraceId> tried_;
  std::size_t ahead_ = 0;  // how many to read even if fewer are missing
  std::vector<model::TraceData> traces_;
};

// None when they cannot be read, which is noted. As long as they are kept `memory` counts them.
Result<std::vector<scan::OperationCount>> OperationsOf(const Scan& scan,
                                                       const scan::SpanSource& source,
                                                       PassingMemory* memory) {
  using Counts = std::vector<scan::OperationCount>;
  const auto read = [&]() -> Result<Counts> {
    Result<Counts> operations = source.Operations();
    if (!operations.has_value()) {
      TRY(scan.Tolerate(source, operations.error()));
      return Counts();
    }
    return operations;
  };
  ASSIGN_OR_RETURN(Counts operations, read());
  std::uint64_t bytes = 0;
  for (const scan::OperationCount& operation : operations) {
    bytes += sizeof(operation) + operation.service.size() + operation.name.size();
  }
  bool is_let_go = false;
  TRY(memory->Take(bytes, [&] {
    operations = Counts();
    is_let_go = true;
  }));
  if (is_let_go) return read();
  return operations;
}

}  // namespace

Status StoreQuery::Begin(const QueryContext& context) const {
  if (!storage_.is_ready()) {
    Error error{Code::kUnavailable, "the log is still being replayed: ask again in a moment"};
    error.retry_after = std::chrono::seconds(1);
    return std::unexpected(std::move(error));
  }
  if (context.left_out != nullptr) {
    std::uint64_t unnamed_count = 0;
    for (std::string& text : storage_.LeftOut(context.tenant, &unnamed_count)) {
      context.left_out->Add(std::move(text));
    }
    context.left_out->AddUnnamed(unnamed_count);
  }
  return {};
}

std::vector<SpanSourcePtr> StoreQuery::PastDamage(const QueryContext& context,
                                                  std::vector<SpanSourcePtr> sources) const {
  const auto check = [&context] { return context.Check(); };
  // The sources of a store keep their blocks.
  using Kept = std::pair<SpanSourcePtr, SpanSourcePtr>;
  for (SpanSourcePtr& source : sources) {
    // What it is called by keeps its source.
    const auto report = [this, &context, &part = *source](const Error& error) {
      NoteLeftOut(storage_, context, part, error);
    };
    const auto kept = std::make_shared<Kept>(source, source->PastDamage(report, check));
    source = SpanSourcePtr(kept, kept->second.get());
  }
  return sources;
}

Result<std::vector<SpanSourcePtr>> StoreQuery::Sources(const QueryContext& context) const {
  TRY(Begin(context));
  return PastDamage(context, storage_.Sources(context.tenant));
}

Result<std::vector<SpanSourcePtr>> StoreQuery::SourcesOf(const QueryContext& context,
                                                         std::span<const TraceId> ids) const {
  TRY(Begin(context));
  return PastDamage(context, storage_.SourcesOf(context.tenant, ids));
}

Result<model::TraceData> StoreQuery::FindTrace(const QueryContext& context, const TraceId& id) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, SourcesOf(context, {&id, 1}));
  AnswerBudget budget{.bytes_max = answer_bytes_max_};
  ASSIGN_OR_RETURN(std::vector<model::TraceData> traces,
                   ReadWholeTraces({storage_, context, sources}, {&id, 1}, &budget));
  if (traces.empty()) return NotFound("trace {} not found", id.ToHex());
  return std::move(traces.front());
}

Result<TraceList> StoreQuery::FindTraces(const QueryContext& context,
                                         std::span<const TraceId> ids) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, SourcesOf(context, ids));
  std::unordered_set<TraceId> known;
  std::vector<TraceId> wanted;
  std::ranges::copy_if(ids, std::back_inserter(wanted),
                       [&known](const TraceId& id) { return known.insert(id).second; });
  AnswerBudget budget{.bytes_max = answer_bytes_max_, .leaves_out = true};
  TraceList list;
  ASSIGN_OR_RETURN(list.traces, ReadWholeTraces({storage_, context, sources}, wanted, &budget));
  if (list.traces.empty() && budget.left_out) return std::unexpected(*budget.left_out);
  for (const model::TraceData& trace : list.traces) known.erase(trace.spans.front().trace_id);
  for (const TraceId& id : budget.left_out_ids) known.erase(id);
  std::ranges::copy_if(wanted, std::back_inserter(list.not_found),
                       [&known](const TraceId& id) { return known.contains(id); });
  return list;
}

Result<SearchResult> StoreQuery::Search(const QueryContext& context, const SearchRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  const Scan scan{storage_, context, sources};
  SearchResult result;
  FoundTraces found(scan, request, answer_bytes_max_);
  // Those that are not shown for what they were found by are made up for by the next ones.
  const std::size_t looked_at_max = request.limit + more_looked_at_max_;
  SearchRequest wider = request;
  for (;;) {
    ASSIGN_OR_RETURN(std::vector<TraceId> ids, FindTraceIds(scan, wider, &result.stats));
    const bool is_all = ids.size() < wider.limit;
    const bool is_too_many = ids.size() > looked_at_max;
    if (is_too_many) ids.resize(looked_at_max);
    TRY(found.Read(ids));
    if (is_all || found.IsEnough()) break;
    if (is_too_many) {
      if (context.left_out != nullptr) {
        context.left_out->Add(fmt::format(
            "of the traces found only {} were looked at: most of them were found by the unfinished "
            "form of a span, which has been replaced",
            looked_at_max));
      }
      break;
    }
    // One more than are looked at tells whether there are more.
    wider.limit = std::min(2 * wider.limit, looked_at_max + 1);
  }
  ASSIGN_OR_RETURN(result.traces, found.Take());
  return result;
}

namespace {

using OperationVisitor = std::function<Status(const scan::OperationCount&)>;

Status Visit(const QueryContext& context, const std::vector<scan::OperationCount>& operations,
             const OperationVisitor& visit) {
  std::size_t visited_count = 0;
  for (scan::OperationCount operation : operations) {
    if (++visited_count % kCheckEvery == 0) TRY(context.Check());
    // So older blocks name the service of resources without one.
    if (operation.service.empty()) operation.service = model::kNoServiceName;
    operation.service = wire::otlp::RepairUtf8(operation.service);
    TRY(visit(operation));
  }
  return {};
}

}  // namespace

Status StoreQuery::ForEachOperation(
    const QueryContext& context, const expr::Expression& condition,
    const std::function<Status(const scan::OperationCount&)>& visit) {
  TRY(Begin(context));
  storage::Names names = storage_.OperationNames(context.tenant);
  TRY(Visit(context, *names.merged, visit));
  const std::vector<SpanSourcePtr> sources = PastDamage(context, std::move(names.others));
  const Scan scan{storage_, context, sources};
  const scan::FilterQuestion filter_question(condition);
  for (const SpanSourcePtr& source : sources) {
    TRY(scan.Check());
    if (!source->MayHold(filter_question)) continue;
    PassingMemory memory(context);
    ASSIGN_OR_RETURN(std::vector<scan::OperationCount> operations,
                     OperationsOf(scan, *source, &memory));
    TRY(Visit(context, operations, visit));
  }
  return {};
}

Result<std::vector<std::string>> StoreQuery::Services(const QueryContext& context) {
  NameList<std::string> services(context);
  TRY(ForEachOperation(context, expr::True(), [&](const scan::OperationCount& operation) {
    return services.Add(operation.service);
  }));
  return services.Take();
}

Result<std::vector<Operation>> StoreQuery::Operations(const QueryContext& context,
                                                      const std::string& service) {
  NameList<Operation> found(context);
  const auto is_of_service = expr::Compare(expr::Op::kEqual, expr::Of(expr::Field::kService),
                                           expr::Literal::String(service));
  TRY(ForEachOperation(context, is_of_service, [&](const scan::OperationCount& operation) {
    if (operation.service != service) return Status();
    const auto kind = static_cast<model::SpanKind>(operation.kind);
    return found.Add({wire::otlp::RepairUtf8(model::OperationName(operation.name)),
                      model::SpanKindName(kind).empty() ? model::SpanKind::kUnspecified : kind});
  }));
  return found.Take();
}

Result<std::vector<DependencyLink>> StoreQuery::Dependencies(const QueryContext& context,
                                                             UnixNanos start_min,
                                                             UnixNanos start_max) {
  ASSIGN_OR_RETURN(const std::vector<SpanSourcePtr> sources, Sources(context));
  return FindDependencies({storage_, context, sources}, start_min, start_max, answer_bytes_max_);
}

}  // namespace clew::query
