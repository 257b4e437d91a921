#include "query/shown_places.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/service_name.h"
#include "model/shown_keys.h"

namespace clew::query {

expr::Expression WhereShown(const expr::Reference& reference,
                            const std::function<expr::Expression(expr::Reference)>& make) {
  std::vector<expr::Expression> places;
  places.push_back(make(reference));
  if (reference.field) return expr::Or(std::move(places));
  const auto owners = expr::OwnersOf(reference.scope);
  const bool is_of_resource = std::ranges::find(owners, model::Owner::kResource) != owners.end();
  if (is_of_resource && reference.key == model::kServiceNameKey) {
    places.push_back(make(expr::Of(expr::Field::kService)));
  }
  if (reference.scope == expr::Scope::kResource && model::IsTelemetryKey(reference.key)) {
    places.push_back(expr::And({expr::Not(expr::Exists(reference)),
                                make(expr::Attribute(expr::Scope::kSpan, reference.key))}));
  }
  return expr::Or(std::move(places));
}

}  // namespace clew::query
