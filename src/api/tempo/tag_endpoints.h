#pragma once

#include <string>
#include <string_view>

#include "api/query_call.h"
#include "api/tempo/answer_form.h"
#include "base/vocabulary.h"
#include "net/http_server.h"
#include "query/query_service.h"

namespace clew::api::tempo {

/// Lists end where they would have more bytes of names or values; that they do is noted as any
/// other part that an answer lacks.
inline constexpr std::size_t kTagListBytesMax = 1'000'000;

/// The two forms of an answer: v1 knows neither scopes nor types.
enum class TagForm { kV1, kV2 };

/// Tempo's tag names and tag values (tempo-api.md sections 5 and 6). `call` is of `request`; `tag`
/// is what stands for it in the path, decoded once. Any thread.
Result<Written> ServeTagNames(query::QueryService& query, const QueryCall& call,
                              const net::HttpRequest& request, TagForm form);
Result<Written> ServeTagValues(query::QueryService& query, const QueryCall& call,
                               const net::HttpRequest& request, const std::string& tag,
                               TagForm form);

}  // namespace clew::api::tempo
