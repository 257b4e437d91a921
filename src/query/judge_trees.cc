#include "query/judge_trees.h"

#include <algorithm>

#include "query/whole_trace.h"
#include "traceql/evaluate/evaluation.h"

namespace clew::query {
namespace {

using traceql::Intrinsic;
using traceql::evaluate::Evaluation;
using traceql::evaluate::Spanset;

bool IsOfTree(const traceql::Attribute& attribute) {
  switch (attribute.intrinsic) {
    case Intrinsic::kNone:
      return attribute.scope == traceql::Scope::kResource;
    case Intrinsic::kDuration:
    case Intrinsic::kStatus:
    case Intrinsic::kKind:
    case Intrinsic::kSpanId:
    case Intrinsic::kParentId:
    case Intrinsic::kChildCount:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootService:
    case Intrinsic::kTraceId:
    case Intrinsic::kNestedSetLeft:
    case Intrinsic::kNestedSetRight:
    case Intrinsic::kNestedSetParent:
    case Intrinsic::kParent:
      return true;
    default:
      return false;
  }
}

// Of a whole trace some of these may not be there, or others stand for them.
bool RepeatsIds(const model::SpanColumns& spans) {
  std::vector<SpanId> ids(spans.span_ids.begin(), spans.span_ids.end());
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) != ids.end();
}

}  // namespace

bool AsksTreesAlone(const traceql::evaluate::Program& program) {
  return std::ranges::all_of(program.fields().sources(),
                             [](const auto& source) { return IsOfTree(source.attribute); });
}

Result<std::vector<TraceId>> JudgeTrees(const Scan& scan, const traceql::evaluate::Program& program,
                                        std::span<const TraceId> ids, std::uint64_t bytes_max) {
  const model::StopCheck check = [&scan] { return scan.Check(); };
  AnswerBudget budget{.bytes_max = bytes_max, .leaves_out = true};
  ASSIGN_OR_RETURN(const std::vector<model::SpanColumnsPtr> trees,
                   ReadWholeTrees(scan, ids, &budget));
  std::vector<TraceId> left;
  for (const model::SpanColumnsPtr& tree : trees) {
    TRY(scan.Check());
    bool may_match = RepeatsIds(*tree);
    if (!may_match) {
      Evaluation evaluation(program, *tree, check);
      ASSIGN_OR_RETURN(const std::vector<Spanset> found, evaluation.Run());
      may_match = !found.empty();
    }
    if (may_match) left.push_back(tree->trace_ids[0]);
  }
  if (scan.context.memory != nullptr) scan.context.memory->GiveBack(budget.memory_bytes);
  return left;
}

}  // namespace clew::query
