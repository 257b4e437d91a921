#include "analysis/trace_tree.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/testing/trace_builder.h"

namespace clew::analysis {
namespace {

using model::TraceBuilder;

/// "name" indented by depth, "!" for orphans, "." for last children.
std::string Draw(const model::TraceData& trace) {
  std::string text;
  for (const TraceTree::Node& node : BuildTraceTree(trace).nodes) {
    text += fmt::format("{:>{}}{}{}{}\n", "", node.depth, trace.spans[node.span].name,
                        node.is_orphan ? "!" : "", node.is_last_child ? "." : "");
  }
  return text;
}

TEST(TraceTree, IsDepthFirstWithSiblingsByStart) {
  TraceBuilder builder;
  builder.Add({.id = "3", .parent = "1", .start = 30, .name = "late"});
  builder.Add({.id = "4", .parent = "2", .start = 25, .name = "leaf"});
  builder.Add({.id = "1", .start = 10, .name = "root"});
  builder.Add({.id = "2", .parent = "1", .start = 20, .name = "early"});
  builder.Add({.id = "9", .parent = "8", .start = 5, .name = "lost"});

  EXPECT_EQ(Draw(builder.trace()), "lost!\nroot.\n early\n  leaf.\n late.\n");
  EXPECT_EQ(BuildTraceTree(builder.trace()).nodes[1].child_count, 2u);
}

TEST(TraceTree, OpensRingsAtTheirEarliestSpan) {
  TraceBuilder builder;
  builder.Add({.id = "1", .parent = "3", .start = 2, .name = "b"});
  builder.Add({.id = "2", .parent = "1", .start = 3, .name = "c"});
  builder.Add({.id = "3", .parent = "2", .start = 1, .name = "a"});
  builder.Add({.id = "5", .parent = "5", .start = 4, .name = "self"});

  EXPECT_EQ(Draw(builder.trace()), "self!\na!.\n b.\n  c.\n");
}

TEST(TraceTree, HoldsSpansThatShareAnIdOnce) {
  TraceBuilder builder;
  builder.Add({.id = "1", .name = "client"});
  builder.Add({.id = "1", .start = 1, .name = "server"});
  builder.Add({.id = "2", .parent = "1", .start = 2, .name = "child"});

  EXPECT_EQ(Draw(builder.trace()), "client\n child.\nserver.\n");
}

TEST(TraceTree, TakesNothingAndAVeryDeepChain) {
  EXPECT_TRUE(BuildTraceTree({}).nodes.empty());

  TraceBuilder builder;
  for (int i = 200'000; i > 0; --i) {
    const std::string id = fmt::format("{:x}", i);
    const std::string parent = fmt::format("{:x}", i - 1);
    builder.Add({.id = id, .parent = parent, .start = i});
  }
  const TraceTree tree = BuildTraceTree(builder.trace());
  ASSERT_EQ(tree.nodes.size(), 200'000u);
  EXPECT_EQ(tree.nodes.back().depth, 199'999u);
}

}  // namespace
}  // namespace clew::analysis
