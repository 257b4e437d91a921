#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/jaeger/json_writer.h"
#include "api/text_source.h"
#include "query/answer_memory.h"

namespace clew::api::jaeger {

/// A JSON list of `items`, each written by `write`, some KiB at a time. `memory` is what they were
/// taken from: held until all is written.
template <typename Item>
TextSource ListSource(std::shared_ptr<query::AnswerMemory> memory, std::vector<Item> items,
                      void (*write)(JsonWriter& json, const Item& item)) {
  constexpr std::size_t kPartBytes = 16u << 10;
  auto next = [memory = std::move(memory), items = std::move(items), write,
               place = std::size_t{0}](std::string* out) mutable -> Result<bool> {
    rapidjson::StringBuffer buffer;
    JsonWriter json(buffer);
    for (; place < items.size() && buffer.GetSize() < kPartBytes; ++place) {
      if (place > 0) buffer.Put(',');
      json.Reset(buffer);
      write(json, std::exchange(items[place], {}));
    }
    out->append(buffer.GetString(), buffer.GetSize());
    return place < items.size();
  };
  return Surround("[", std::move(next), "]");
}

}  // namespace clew::api::jaeger
