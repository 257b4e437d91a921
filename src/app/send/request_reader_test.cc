#include "app/send/request_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/compression.h"

namespace clew::app::send {
namespace {

constexpr const char* kLine =
    R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
    R"("spanId":"b7ad6b7169203331","name":"n"}]}]}]})";

/// What is to be sent of it.
Result<std::string> BytesOf(RawRequest raw) {
  ASSIGN_OR_RETURN(EncodedRequest request, ToProtobuf(std::move(raw)));
  return std::move(request.bytes);
}

/// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) {
    char name[] = "/tmp/clew-reader-XXXXXX";
    const int file = mkstemp(name);
    path_ = name;
    EXPECT_EQ(write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    close(file);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Framed(std::string_view content) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(content.size() >> shift);
  }
  return out.append(content);
}

/// Every request of a file with this content, as protobuf.
Result<std::vector<std::string>> ReadAll(std::string_view content) {
  const TemporaryFile file(content);
  ASSIGN_OR_RETURN(const auto reader, RequestReader::Open(file.path()));
  std::vector<std::string> requests;
  while (true) {
    ASSIGN_OR_RETURN(auto next, reader->Next());
    if (!next.has_value()) {
      return requests;
    }
    ASSIGN_OR_RETURN(std::string protobuf, BytesOf(std::move(*next)));
    requests.push_back(std::move(protobuf));
  }
}

std::string Protobuf() { return *BytesOf({kLine, "test"}); }

TEST(RequestReader, EveryFormGivesTheSameRequests) {
  const std::string line = kLine;
  const std::string protobuf = Protobuf();
  const std::string zstd = *base::Compress(base::Compression::kZstd, protobuf);
  const std::string json_zstd = *base::Compress(base::Compression::kZstd, line);
  const std::string lines = line + "\n" + line + "\r\n\n" + line;
  const std::string frames = Framed(protobuf) + Framed(protobuf) + Framed(protobuf);
  const std::string compressed_frames = Framed(zstd) + Framed(json_zstd) + Framed(zstd);

  for (const std::string& content : {lines, lines + "\n", "\n" + lines, frames, compressed_frames,
                                     *base::Compress(base::Compression::kGzip, lines),
                                     *base::Compress(base::Compression::kZstd, lines),
                                     *base::Compress(base::Compression::kGzip, frames)}) {
    const auto requests = ReadAll(content);

    ASSERT_TRUE(requests.has_value()) << requests.error().message;
    EXPECT_EQ(*requests, std::vector<std::string>(3, protobuf));
  }
}

TEST(RequestReader, AFileMayBeOneRequest) {
  const std::string protobuf = Protobuf();

  const auto plain = ReadAll(protobuf);
  const auto zstd = ReadAll(*base::Compress(base::Compression::kZstd, protobuf));

  ASSERT_TRUE(plain.has_value()) << plain.error().message;
  ASSERT_TRUE(zstd.has_value()) << zstd.error().message;
  EXPECT_EQ(*plain, std::vector<std::string>{protobuf});
  EXPECT_EQ(*zstd, std::vector<std::string>{protobuf});
}

TEST(RequestReader, AFileMayBeOneJsonDocumentOverManyLines) {
  const std::string written = std::string(kLine).insert(1, "\n  ") + "\n";

  for (const std::string& content : {written, "\n" + written, "\xEF\xBB\xBF" + written}) {
    const auto requests = ReadAll(content);

    ASSERT_TRUE(requests.has_value()) << requests.error().message;
    EXPECT_EQ(*requests, std::vector<std::string>{Protobuf()});
  }
}

/// What is read of a file, as the places of its requests and which of them are understood.
std::vector<std::string> PlacesOf(std::string_view content) {
  const TemporaryFile file(content);
  const auto reader = RequestReader::Open(file.path());
  EXPECT_TRUE(reader.has_value());
  std::vector<std::string> places;
  while (true) {
    auto next = (*reader)->Next();
    EXPECT_TRUE(next.has_value());
    if (!next.has_value() || !next->has_value()) return places;
    const std::string place = (*next)->where.substr(file.path().size() + 2);
    const auto request = BytesOf(std::move(**next));
    places.push_back(request == Protobuf() ? place : "not " + place);
  }
}

TEST(RequestReader, DocumentsOverManyLinesFollowEachOther) {
  const std::string line = kLine;
  std::string pretty = line;
  for (std::size_t at = 0; (at = pretty.find_first_of("{[", at)) != std::string::npos; at += 2) {
    pretty.insert(at + 1, "\n");
  }
  std::string in_one_line_first = line;
  in_one_line_first.insert(in_one_line_first.find("[{") + 1, "\n");
  const auto places = [](const std::string& content) { return PlacesOf(content); };

  EXPECT_EQ(places(pretty + "\n" + pretty + "\n"),
            (std::vector<std::string>{"lines 1 to 8", "lines 9 to 16"}));
  EXPECT_EQ(places(in_one_line_first + "\n\n" + pretty),
            (std::vector<std::string>{"lines 1 to 2", "lines 4 to 11"}));
  EXPECT_EQ(places(line + "\n" + pretty + "\n" + line),
            (std::vector<std::string>{"line 1", "lines 2 to 9", "line 10"}));
  EXPECT_EQ(places(" " + line + line + " " + pretty + line),
            (std::vector<std::string>{
                "line 1", fmt::format("line 1 from column {}", line.size() + 2),
                fmt::format("lines 1 to 8 from column {}", 2 * line.size() + 3),
                fmt::format("line 8 from column {}", pretty.size() - pretty.rfind('\n'))}));
  // What was cut has one name and not one for each of its lines.
  EXPECT_EQ(places(pretty.substr(0, pretty.size() - 2)),
            (std::vector<std::string>{"not lines 1 to 8"}));
}

TEST(RequestReader, ABrokenLineCostsNoOther) {
  const std::string line = std::string(kLine) + "\n";
  const std::string cut = line.substr(0, line.find("\"0af")) + "\n";
  const std::string cut_text = line.substr(0, line.find("af7651")) + "\n";

  EXPECT_EQ(PlacesOf(cut + line + line),
            (std::vector<std::string>{"not line 1", "line 2", "line 3"}));
  EXPECT_EQ(PlacesOf(line + cut + line + cut_text + line),
            (std::vector<std::string>{"line 1", "not line 2", "line 3", "not line 4", "line 5"}));
  EXPECT_EQ(
      PlacesOf(line + cut + cut + "word\n" + line),
      (std::vector<std::string>{"line 1", "not line 2", "not line 3", "not line 4", "line 5"}));
  EXPECT_EQ(PlacesOf(line + cut), (std::vector<std::string>{"line 1", "not line 2"}));
}

TEST(RequestReader, ARequestWhoseLengthIsALetterOfJsonIsProtobuf) {
  const std::string pad(123 - (Protobuf().size() - 2) - 2, 'x');
  const std::string json = std::string(R"({"resourceSpans":[{"schemaUrl":")") + pad + "\"," +
                           std::string(kLine).substr(std::string(R"({"resourceSpans":[{)").size());
  const std::string protobuf = *BytesOf({json, "test"});
  ASSERT_TRUE(protobuf.starts_with("\n{"));

  const auto requests = ReadAll(protobuf);

  ASSERT_TRUE(requests.has_value()) << requests.error().message;
  EXPECT_EQ(*requests, std::vector<std::string>{protobuf});
}

TEST(RequestReader, ALineThatIsNoJsonIsNotTakenForProtobuf) {
  const auto requests = ReadAll(std::string(kLine) + "\ngarbage\n" + kLine);

  ASSERT_FALSE(requests.has_value());
  EXPECT_NE(requests.error().message.find(
                "line 2: begins with \"garbage\", which is no JSON object: send OTLP's JSON"),
            std::string::npos)
      << requests.error().message;
}

TEST(RequestReader, WhatFollowsADocumentIsNamedWithItsPlace) {
  const std::string line = kLine;
  const std::string column = std::to_string(line.size() + 2);
  std::string pretty = line;
  pretty.insert(1, "\n");
  for (const auto& [content, message] : std::vector<std::pair<std::string, std::string>>{
           {line + " xyz\n", ", line 1 from column " + column + ": begins with \"xyz\""},
           {line + "\n  xyz", ", line 2: begins with \"xyz\""},
           {pretty + " xyz {}", ", line 2 from column " + std::to_string(line.size() + 1) +
                                    ": begins with \"xyz {}\", which is no JSON object"},
           {line + " {\"resourceSpans\":[}",
            ", line 1 from column " + column +
                ": resourceSpans[0]: malformed json at byte 18: a comma, colon, bracket"},
           {line + " {\"resourceSpans\":[{",
            ", line 1 from column " + column +
                ": malformed json at byte 18: the object that is the body does not end"},
           {line + " ]", ", line 1 from column " + column + ": begins with \"]\""}}) {
    const auto requests = ReadAll(content);

    ASSERT_FALSE(requests.has_value()) << content;
    EXPECT_NE(requests.error().message.find(message), std::string::npos)
        << requests.error().message;
  }
}

TEST(RequestReader, WhatComesThroughAPipeIsGivenAtOnce) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string line = std::string(kLine) + "\n";
  ASSERT_EQ(write(ends[1], line.data(), line.size()), static_cast<ssize_t>(line.size()));

  const auto reader = RequestReader::Open(fmt::format("/dev/fd/{}", ends[0]));
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  // The other end stays open: whoever waits for more waits for ever.
  const auto next = (*reader)->Next();

  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ((*next)->bytes, kLine);
  close(ends[0]);
  close(ends[1]);
}

TEST(RequestReader, AnEmptyFileHasNoRequest) {
  const auto requests = ReadAll("");

  ASSERT_TRUE(requests.has_value());
  EXPECT_TRUE(requests->empty());
}

TEST(RequestReader, LongLinesAreReadWhole) {
  std::string line = kLine;
  line.insert(1, std::string(3u << 20, ' '));

  const auto requests = ReadAll(line + "\n" + line);

  ASSERT_TRUE(requests.has_value()) << requests.error().message;
  EXPECT_EQ(requests->size(), 2u);
}

TEST(RequestReader, DamageIsNamed) {
  const std::string frame = Framed(Protobuf());
  for (const std::string& content :
       {frame.substr(0, frame.size() - 1), frame + frame.substr(0, 2),
        std::string("\x7f\xff\xff\xff and more"), std::string("\x1f\x8b is no gzip")}) {
    const auto requests = ReadAll(content);

    ASSERT_FALSE(requests.has_value());
    EXPECT_NE(requests.error().message.find("/tmp/clew-reader-"), std::string::npos)
        << requests.error().message;
  }
}

TEST(RequestReader, TextThatIsNoJsonIsQuoted) {
  for (const auto& [content, quoted] : {std::pair<std::string, std::string>("null", "null"),
                                        {"1234567\n", "1234567"},
                                        {"time=1 level=info\nx", "time=1 level=info"},
                                        {std::string(5000, 'a'), std::string(100, 'a') + "…"}}) {
    const auto requests = ReadAll(content);

    ASSERT_FALSE(requests.has_value());
    EXPECT_NE(requests.error().message.find(" begins with \"" + quoted +
                                            "\", which is no JSON object: send OTLP's JSON"),
              std::string::npos)
        << requests.error().message;
  }
}

TEST(RequestReader, CompressedFilesSayWhereTheyEndTooEarlyOrTooLate) {
  for (const auto& [compression, cut] :
       {std::pair(base::Compression::kGzip, "damaged or cut short"),
        {base::Compression::kZstd, "cut short"}}) {
    const std::string whole = *base::Compress(compression, kLine);

    const auto longer = ReadAll(whole + "garbage");
    const auto shorter = ReadAll(whole.substr(0, whole.size() / 2));

    ASSERT_FALSE(longer.has_value());
    EXPECT_NE(longer.error().message.find(fmt::format(
                  "it ends at byte {}, and what follows is none: cut it off", whole.size())),
              std::string::npos)
        << longer.error().message;
    ASSERT_FALSE(shorter.has_value());
    EXPECT_NE(shorter.error().message.find(fmt::format("it is {}", cut)), std::string::npos)
        << shorter.error().message;
  }
}

TEST(RequestReader, WhatUnpacksToTooMuchIsRefusedWhileItIsUnpacked) {
  for (const auto compression : {base::Compression::kGzip, base::Compression::kZstd}) {
    const TemporaryFile file(*base::Compress(compression, std::string(64u << 20, ' ')));

    const auto refused = RequestReader::Open(file.path(), {.unpacked = (64u << 20) - 1});

    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_EQ(refused.error().message,
              fmt::format("{} unpacks to more than 67108863 bytes: unpack it and send what comes "
                          "out, which is read piece by piece, as in gzip -dc FILE | clew send -",
                          file.path()));
    EXPECT_TRUE(RequestReader::Open(file.path(), {.unpacked = 64u << 20}).has_value());
  }
}

TEST(RequestReader, TooLargeARequestIsRefusedInWhateverForm) {
  const std::string spaces(4u << 20, ' ');
  const std::pair<std::string, std::string> cases[] = {
      {"{" + spaces + "}", ", line 1 is larger than "},
      {"{\n" + spaces + "\n" + spaces + "}", " is larger than "},
      {"\x0A" + std::string(4u << 20, '\x01'), ", which is one request, is larger than "},
      {Framed(spaces), ", request 1 claims 4194304 bytes"},
      {*base::Compress(base::Compression::kGzip, "{" + spaces + "}"),
       ": the document that begins in line 1 is larger than "},
      {*base::Compress(base::Compression::kGzip, "\x0A" + std::string(4u << 20, '\x01')),
       ", which is one request, is larger than "},
  };
  for (const auto& [content, expected] : cases) {
    const TemporaryFile file(content);
    const auto reader = RequestReader::Open(file.path(), {.request = 1u << 20});
    ASSERT_TRUE(reader.has_value());

    const auto refused = (*reader)->Next();

    ASSERT_FALSE(refused.has_value()) << expected;
    EXPECT_NE(refused.error().message.find(expected), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("1048576 bytes"), std::string::npos);
    // What was read besides is what one read gives.
    EXPECT_LE((*reader)->bytes_read(), 6u << 20);
  }
  EXPECT_NE(BytesOf({*base::Compress(base::Compression::kZstd, std::string(129u << 20, ' ')),
                     "f, request 1"})
                .error()
                .message.find("f, request 1, unpacked, is larger than 134217728 bytes: split it"),
            std::string::npos);
}

TEST(RequestReader, TooLargeACompressedFileIsRefusedBeforeAllOfItIsRead) {
  const std::string bytes = *base::Compress(base::Compression::kGzip, kLine);
  const std::string more = bytes + std::string(8u << 20, 'x');
  const TemporaryFile fitting(bytes);
  const TemporaryFile endless(more);

  EXPECT_TRUE(RequestReader::Open(fitting.path(), {.compressed = bytes.size()}).has_value());
  for (const TemporaryFile* file : {&fitting, &endless}) {
    const auto refused = RequestReader::Open(file->path(), {.compressed = bytes.size() - 1});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_EQ(
        refused.error().message,
        fmt::format("{} is compressed and larger than {} bytes: unpack it and send what comes "
                    "out, which is read piece by piece, as in gzip -dc FILE | clew send -",
                    file->path(), bytes.size() - 1));
  }
}

TEST(RequestReader, AnAbsentFileIsNotFound) {
  const auto reader = RequestReader::Open("/does/not/exist");

  ASSERT_FALSE(reader.has_value());
  EXPECT_EQ(reader.error().code, Code::kNotFound);
}

TEST(ToProtobuf, TakesDownloadsOfJaegerAndTempo) {
  const auto expected = BytesOf(
      {R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
       R"({"stringValue":"shop"}}]},"scopeSpans":[{"scope":{},"spans":[)"
       R"({"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"op",)"
       R"("startTimeUnixNano":"1000","endTimeUnixNano":"3000"}]}]}]})",
       "otlp"});
  ASSERT_TRUE(expected.has_value());
  const auto jaeger = BytesOf(
      {R"({"data":[{"traceID":"5b8efff798038103d269b633813fc60c","spans":[)"
       R"({"traceID":"5b8efff798038103d269b633813fc60c","spanID":"eee19b7ec3c1b174",)"
       R"("operationName":"op","references":[],"startTime":1,"duration":2,"tags":[],"logs":[],)"
       R"("processID":"p1"}],"processes":{"p1":{"serviceName":"shop","tags":[]}}}]})",
       "jaeger"});
  const auto tempo =
      BytesOf({R"({"batches":[{"resource":{"attributes":[{"key":"service.name","value":)"
               R"({"stringValue":"shop"}}]},"scopeSpans":[{"scope":{},"spans":[)"
               R"({"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ=","name":"op",)"
               R"("startTimeUnixNano":"1000","endTimeUnixNano":"3000"}]}]}]})",
               "tempo"});

  EXPECT_EQ(jaeger, *expected);
  EXPECT_EQ(tempo, *expected);
}

TEST(ToProtobuf, HandsOnWhatIsNotedOfADownload) {
  const auto request = ToProtobuf({R"({"spans":[{"traceID":"a1","spanID":"1"}]})", "a.json"});

  ASSERT_TRUE(request.has_value());
  ASSERT_EQ(request->notes.size(), 1u);
  EXPECT_TRUE(request->notes[0].ends_with("(the first: spans[0].processID \"\")"))
      << request->notes[0];
}

TEST(ToProtobuf, SaysWhereADownloadCeasesToBeJson) {
  const auto request = ToProtobuf({R"({"data":[{"traceID":"a1","spans":[5,]}]})", "a.json"});

  ASSERT_FALSE(request.has_value());
  EXPECT_EQ(request.error().message,
            "a.json: malformed json at byte 36: a comma, colon, bracket or value is missing");
}

TEST(ToProtobuf, SaysThatThereAreNoSpansInLogs) {
  const auto logs = BytesOf({R"({"resourceLogs":[{"scopeLogs":[]}]})", "logs.json, line 1"});

  ASSERT_FALSE(logs.has_value());
  EXPECT_TRUE(logs.error().message.starts_with("logs.json, line 1: holds no spans"))
      << logs.error().message;
}

TEST(ToProtobuf, TakesWhatTempoGivesAsProtobuf) {
  const std::string request = *BytesOf({kLine, "line"});
  // /api/v2/traces: the trace is field 1, metrics of the query are field 2.
  const std::string answer =
      "\x0a" + std::string(1, static_cast<char>(request.size())) + request + "\x12\x02\x08\x01";
  ASSERT_LT(request.size(), 128u);

  EXPECT_EQ(BytesOf({request, "tempo"}), request);
  EXPECT_EQ(BytesOf({answer, "tempo v2"}), request);
}

TEST(ToProtobuf, SaysOfEveryFormThatThereAreNoSpans) {
  const std::string resource_without_spans("\x0a\x02\x0a\x00", 4);
  for (const auto& [bytes, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "holds no spans"},
           {resource_without_spans, "holds no spans"},
           {R"([{"traceId":"5b8efff798038103d269b633813fc60c","id":"eee19b7ec3c1b174"}])",
            "holds no spans"},
           {R"({"data":null,"errors":[{"code":404,"msg":"trace not found"}]})", "is an answer"},
           {R"({"data":[],"total":0})", "is an answer without a trace"},
           {R"({"trace":{},"metrics":{}})", "is an answer without a trace"},
           {"{}", "is a request without spans"},
           {R"({"resourceSpans":[{"resource":{}}]})", "is a request without spans"}}) {
    const auto request = BytesOf({bytes, "file"});
    ASSERT_FALSE(request.has_value()) << bytes;
    EXPECT_TRUE(request.error().message.starts_with("file: " + message)) << request.error().message;
  }
}

TEST(RequestReader, AListOfJsonIsNoFrame) {
  const auto requests = ReadAll(R"([{"traceId":"5b8efff798038103d269b633813fc60c"}])");
  ASSERT_FALSE(requests.has_value());
  EXPECT_NE(requests.error().message.find("holds no spans in a form that is known"),
            std::string::npos)
      << requests.error().message;
}

TEST(ToProtobuf, ErrorsSayWhere) {
  const auto protobuf = BytesOf({R"({"resourceSpans":5})", "a.jsonl, line 7"});

  ASSERT_FALSE(protobuf.has_value());
  EXPECT_TRUE(protobuf.error().message.starts_with("a.jsonl, line 7")) << protobuf.error().message;
}

}  // namespace
}  // namespace clew::app::send
