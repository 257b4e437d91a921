#include "model/semantic_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace clew::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Names = std::vector<std::string_view>;

Names OthersOf(std::string_view key) {
  const auto others = SameNamesAs(key);
  return {others.begin(), others.end()};
}

std::set<std::string_view> AllNames() {
  std::set<std::string_view> names;
  for (const SemanticRename& rename : SemanticRenames()) {
    names.insert({rename.older, rename.newer});
  }
  return names;
}

/// Found without the index: whatever is reached over renames, in whichever direction.
std::map<std::string_view, std::set<std::string_view>> Groups() {
  std::map<std::string_view, std::set<std::string_view>> groups;
  for (const std::string_view name : AllNames()) groups[name] = {name};
  for (const SemanticRename& rename : SemanticRenames()) {
    std::set<std::string_view> all = groups[rename.older];
    all.merge(std::set(groups[rename.newer]));
    for (const std::string_view name : all) groups[name] = all;
  }
  return groups;
}

TEST(SemanticNames, OldAndNewOnesFindEachOther) {
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {"http.method", "http.request.method"},
      {"db.statement", "db.query.text"},
      {"db.system", "db.system.name"},
      {"messaging.destination", "messaging.destination.name"},
      {"http.url", "url.full"},
      {"db.operation", "db.operation.name"},
      {"deployment.environment", "deployment.environment.name"},
      {"http.status_code", "http.response.status_code"},
      {"rpc.system", "rpc.system.name"},
      {"messaging.operation", "messaging.operation.type"},
  };
  for (const auto& [older, newer] : pairs) {
    EXPECT_THAT(OthersOf(older), ElementsAre(newer));
    EXPECT_THAT(OthersOf(newer), ElementsAre(older));
  }
}

TEST(SemanticNames, ThoseOfAChainAreOneGroupNewestFirst) {
  EXPECT_THAT(OthersOf("http.retry_count"),
              ElementsAre("http.request.resend_count", "http.resend_count"));
  EXPECT_THAT(OthersOf("http.resend_count"),
              ElementsAre("http.request.resend_count", "http.retry_count"));
  EXPECT_THAT(OthersOf("http.request.resend_count"),
              ElementsAre("http.resend_count", "http.retry_count"));
  EXPECT_THAT(OthersOf("net.protocol.name"),
              ElementsAre("network.protocol.name", "net.app.protocol.name", "messaging.protocol"));
}

TEST(SemanticNames, SeveralThatBecameOneAreOneGroup) {
  EXPECT_THAT(OthersOf("db.name"), ElementsAre("db.namespace", "db.elasticsearch.cluster.name",
                                               "db.cassandra.keyspace", "db.hbase.namespace"));
  EXPECT_THAT(OthersOf("server.port"), ElementsAre("net.peer.port", "net.host.port"));
}

TEST(SemanticNames, OfOtherKeysThereAreNone) {
  for (const std::string_view key :
       {"", "http", "http.methods", "HTTP.METHOD", " http.method", "service.name", "http.target",
        "db.redis.database_index", "enduser.id", "k8s.pod.labels", "system.cpu.state"}) {
    EXPECT_THAT(OthersOf(key), IsEmpty()) << key;
  }
  EXPECT_THAT(OthersOf(std::string_view("http.method\0", 12)), IsEmpty());
  EXPECT_THAT(OthersOf(std::string(100'000, 'h')), IsEmpty());
}

TEST(SemanticNames, EachHasAllOthersThatRenamesLeadToOnce) {
  const auto groups = Groups();
  ASSERT_GT(groups.size(), 200u);
  for (const auto& [name, group] : groups) {
    Names all = OthersOf(name);
    all.push_back(name);
    EXPECT_EQ(all.size(), group.size()) << name;
    EXPECT_EQ(std::set(all.begin(), all.end()), group) << name;
  }
}

TEST(SemanticNames, AnOlderOneHasOneSuccessorBeforeIt) {
  std::set<std::string_view> older;
  std::set<std::string_view> seen;
  for (const SemanticRename& rename : SemanticRenames()) {
    EXPECT_TRUE(older.insert(rename.older).second) << rename.older;
    EXPECT_NE(rename.older, rename.newer);
    EXPECT_FALSE(seen.contains(rename.older)) << rename.older << " stands behind its older name";
    seen.insert(rename.newer);
  }
}

TEST(SemanticNames, ReleasesOfAnAttributeFallFromTheNewest) {
  std::map<std::string_view, std::uint8_t> release_of;
  for (const SemanticRename& rename : SemanticRenames()) release_of[rename.older] = rename.release;
  for (const std::string_view name : AllNames()) {
    // 0 of the newest name, which is not old.
    int last = 255;
    for (const std::string_view other : OthersOf(name)) {
      const auto found = release_of.find(other);
      const int release = found == release_of.end() ? 255 : found->second;
      EXPECT_LE(release, last) << name << " before " << other;
      last = release;
    }
  }
}

TEST(SemanticNames, AreKeysAsTheyAreSent) {
  for (const SemanticRename& rename : SemanticRenames()) {
    for (const std::string_view name : {rename.older, rename.newer}) {
      EXPECT_TRUE(std::ranges::all_of(name, [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '.' ||
               byte == '_';
      })) << name;
    }
    EXPECT_GE(rename.release, 8) << rename.older;
    EXPECT_LE(rename.release, 44) << rename.older;
  }
}

}  // namespace
}  // namespace clew::model
