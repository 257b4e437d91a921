#include "query/name_lists.h"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/service_name.h"
#include "scan/filter_question.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
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

using OperationVisitor = std::function<Status(const scan::OperationCount&)>;

Status Visit(const Scan& scan, const std::vector<scan::OperationCount>& operations,
             const OperationVisitor& visit) {
  std::size_t visited_count = 0;
  for (scan::OperationCount operation : operations) {
    if (++visited_count % kCheckEvery == 0) TRY(scan.Check());
    // So older blocks name the service of resources without one.
    if (operation.service.empty()) operation.service = model::kNoServiceName;
    operation.service = wire::otlp::RepairUtf8(operation.service);
    TRY(visit(operation));
  }
  return {};
}

// Those of blocks and row groups in which a span may meet the condition.
Status ForEachOperation(const Scan& scan, const CountOperations& count, std::size_t place,
                        const OperationVisitor& visit) {
  const OperatorWork work(scan, place);
  OperatorStats& stats = scan.stats.At(place);
  for (const RollUpPtr& operations : scan.rolled_up) {
    stats.rows += operations->size();
    TRY(Visit(scan, *operations, visit));
  }
  const scan::FilterQuestion filter_question(count.condition);
  for (const scan::SpanSourcePtr& source : scan.sources) {
    TRY(scan.Check());
    if (!source->MayHold(filter_question)) {
      ++stats.row_groups_skipped;
      ++stats.row_groups_filtered;
      continue;
    }
    ++stats.row_groups_read;
    PassingMemory memory(scan.context);
    ASSIGN_OR_RETURN(const std::vector<scan::OperationCount> operations,
                     OperationsOf(scan, *source, &memory));
    stats.rows += operations.size();
    TRY(Visit(scan, operations, visit));
  }
  return {};
}

template <typename Name>
Status Give(const Scan& scan, NameList<Name> names, std::size_t place, Sink& sink) {
  std::vector<Name> all = names.Take();
  scan.stats.At(place).rows = all.size();
  for (Name& name : all) TRY(sink.Take(std::move(name)));
  return {};
}

}  // namespace

Status RunListServices(const Scan& scan, const CountOperations& input, std::size_t place,
                       Sink& sink) {
  NameList<std::string> services(scan.context);
  TRY(ForEachOperation(scan, input, place + 1, [&](const scan::OperationCount& operation) {
    return services.Add(operation.service);
  }));
  return Give(scan, std::move(services), place, sink);
}

Status RunListOperations(const Scan& scan, const ListOperations& list, const CountOperations& input,
                         std::size_t place, Sink& sink) {
  NameList<Operation> found(scan.context);
  TRY(ForEachOperation(scan, input, place + 1, [&](const scan::OperationCount& operation) {
    if (operation.service != list.service) return Status();
    const auto kind = static_cast<model::SpanKind>(operation.kind);
    return found.Add({wire::otlp::RepairUtf8(model::OperationName(operation.name)),
                      model::SpanKindName(kind).empty() ? model::SpanKind::kUnspecified : kind});
  }));
  return Give(scan, std::move(found), place, sink);
}

}  // namespace clew::query
