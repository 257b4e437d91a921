#include "api/explainer.h"

namespace clew::api {

Result<std::optional<Explainer::Mode>> Explainer::ModeOf(const net::HttpRequest& request) {
  const auto wish = request.Param("explain");
  if (!wish) return std::nullopt;
  if (*wish == "plan") return Mode::kPlan;
  if (*wish == "run") return Mode::kRun;
  return base::InvalidArgument(
      "explain={} is not known: plan says what would be done, run does it and says what it took",
      *wish);
}

Status Explainer::Run(const query::Plan& plan, const query::QueryContext& context,
                      query::Sink& sink) {
  if (mode_ == Mode::kPlan) {
    text_ += query::Explain(plan, nullptr);
    return MakeError(Code::kAborted, "the plan is only shown");
  }
  query::QueryStats stats;
  query::QueryContext counted = context;
  counted.stats = &stats;
  TRY(query_.Run(plan, counted, sink));
  text_ += query::Explain(plan, &stats);
  return {};
}

}  // namespace clew::api
