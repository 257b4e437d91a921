#include "api/json_indent.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>

namespace clew::api {
namespace {

/// RapidJSON would put quotes around numbers that were read as text.
class Indenter : public rapidjson::PrettyWriter<rapidjson::StringBuffer> {
 public:
  using PrettyWriter::PrettyWriter;
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return RawValue(text, size, rapidjson::kNumberType);
  }
};

}  // namespace

std::string IndentJson(const std::string& json, unsigned width) {
  rapidjson::Reader reader;
  rapidjson::StringStream stream(json.c_str());
  rapidjson::StringBuffer buffer;
  Indenter indenter(buffer);
  indenter.SetIndent(' ', width);
  reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream,
                                                                                       indenter);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace clew::api
