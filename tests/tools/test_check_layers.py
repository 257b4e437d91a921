import pytest


def test_this_project_keeps_its_layers(run_tool):
    assert run_tool("check_layers") == (0, "")


@pytest.mark.parametrize(
    "name, include",
    [
        ("base/a.cc", "<vector>"),
        ("base/a.cc", "<sys/stat.h>"),
        ("base/a.cc", "<prometheus/counter.h>"),
        ("model/a.h", '"base/b.h"'),
        ("model/a_test.cc", "<gtest/gtest.h>"),
        ("pipeline/testing/a.h", "<gmock/gmock.h>"),
        ("net/test_socket.h", "<gtest/gtest.h>"),
        ("storage/a_test.cc", '"tests/conformance/b.h"'),
        ("pipeline/settings/a.h", '"net/b.h"'),
        ("wire/otlp/a.cc", "<protozero/pbf_reader.hpp>"),
        ("net/a.cc", "<boost/asio.hpp>"),
        ("storage/a.cc", '"wire/otlp/b.h"'),
        ("query/a.cc", '"storage/b.h"'),
        ("api/jaeger/a.cc", '"query/b.h"'),
        ("pipeline/receivers/otlp/a.cc", '"net/b.h"'),
        ("pipeline/receivers/otlp/a.cc", '"pipeline/receivers/otlp/b.h"'),
        ("pipeline/extensions/clew_query/a.cc", '"api/jaeger/b.h"'),
        ("app/a.cc", '"pipeline/receivers/otlp/b.h"'),
    ],
)
def test_takes_what_the_rules_allow(run_tool, tree, name, include):
    root = tree({f"src/{name}": f"#include {include}\n"})

    assert run_tool("check_layers", "--root", root) == (0, "")


@pytest.mark.parametrize(
    "name, include, reason",
    [
        ("base/a.cc", '"model/b.h"', "base may not include model"),
        ("model/a.cc", '"wire/otlp/b.h"', "model may not include wire"),
        ("net/a.cc", '"model/b.h"', "net may not include model"),
        ("storage/a.cc", '"traceql/b.h"', "storage may not include traceql"),
        ("traceql/a.cc", '"storage/b.h"', "traceql may not include storage"),
        ("log/a.cc", '"storage/b.h"', "log may not include storage"),
        ("storage/format/a.cc", '"storage/b.h"', "storage/format may not include storage"),
        ("query/a.cc", '"api/jaeger/b.h"', "query may not include api"),
        ("pipeline/a.cc", '"storage/b.h"', "pipeline may not include storage"),
        ("storage/a.cc", '"pipeline/exporters/file/b.h"', "may not include pipeline/exporters"),
        ("pipeline/receivers/otlp/a.cc", '"app/b.h"', "may not include app"),
        ("pipeline/receivers/otlp/a.cc", '"pipeline/receivers/jaeger/b.h"', "siblings"),
        ("pipeline/receivers/otlp/a.cc", '"pipeline/exporters/otlp/b.h"', "may not include"),
        ("api/tempo/a.cc", '"api/jaeger/b.h"', "siblings in api"),
        ("wire/zipkin/a.cc", '"wire/otlp/b.h"', "siblings in wire"),
        ("storage/a.cc", '"tests/conformance/b.h"', "is for tests only"),
        ("pipeline/a.cc", '"net/b.h"', "pipeline may not include net"),
        ("nowhere/a.cc", '"base/b.h"', "has no rule"),
        ("base/a.cc", '"b.h"', "lies in no folder"),
        ("model/a.cc", "<prometheus/counter.h>", "belongs to base"),
        ("query/a.cc", "<boost/asio.hpp>", "belongs to net"),
        ("model/a.cc", "<gtest/gtest.h>", "belongs to tests"),
        ("base/a.cc", "<absl/strings/str_cat.h>", "has no owner"),
    ],
)
def test_refuses_what_the_rules_forbid(run_tool, tree, name, include, reason):
    root = tree({f"src/{name}": f"#pragma once\n#include {include}\n"})

    status, output = run_tool("check_layers", "--root", root)

    assert status == 1
    assert output.startswith(f"src/{name}:2: ")
    assert reason in output


@pytest.mark.parametrize("code", ["std::chrono::steady_clock::now()", "Deadline::clock::now()", "std::time(nullptr)"])
def test_refuses_whoever_reads_the_time(run_tool, tree, code):
    root = tree({"src/net/a.cc": f"\nauto now = {code};\n"})

    assert run_tool("check_layers", "--root", root) == (
        1,
        "src/net/a.cc:2: time is handed in, as a Clock of base/clock.h\n",
    )


@pytest.mark.parametrize(
    "code",
    ["const auto begin = base::SystemTime().Time();", "const base::SystemClock clock;", "wake_.wait_for(lock, limit);", "done->wait_until(deadline);", "std::this_thread::sleep_for(pause);"],
)
def test_refuses_whoever_goes_by_the_clock_of_the_machine(run_tool, tree, code):
    root = tree({"src/net/a.cc": f"{code}\n", "src/app/a.cc": f"{code}\n", "src/base/a.cc": f"{code}\n"})

    assert run_tool("check_layers", "--root", root) == (
        1,
        "src/net/a.cc:1: whoever asks for the time, or waits, does so by a clock handed in\n",
    )


def test_lets_an_option_name_the_clock_of_whoever_is_handed_no_other(run_tool, tree):
    root = tree({"src/net/a.h": "const Clock* clock = &base::SystemTime();\n"})

    assert run_tool("check_layers", "--root", root) == (0, "")


@pytest.mark.parametrize("name", ["base/clock.h", "net/a_test.cc", "pipeline/testing/a.h"])
def test_lets_base_and_tests_read_the_time(run_tool, tree, name):
    root = tree({f"src/{name}": "auto now = std::chrono::steady_clock::now();\n"})

    assert run_tool("check_layers", "--root", root) == (0, "")


def test_refuses_a_header_where_it_is_kept_out(run_tool, tree):
    include = '#include "model/trace_data.h"\n'
    root = tree({f"src/{name}": include for name in ("scan/a.cc", "scan/a_test.cc", "wire/a.cc")})

    assert run_tool("check_layers", "--root", root) == (
        1,
        'src/scan/a.cc:1: "model/trace_data.h" is kept out of this folder by tools/layers.txt\n',
    )


@pytest.mark.parametrize(
    "name, text, line",
    [
        ("query/tag_match.h", "", 1),
        ("query/a.cc", "\n// As FilterLevel was.\n", 2),
        ("pipeline/a.h", '#include "pipeline/blocks/a.h"\n', 1),
    ],
)
def test_refuses_what_is_gone(run_tool, tree, name, text, line):
    root = tree({f"src/{name}": text})

    status, output = run_tool("check_layers", "--root", root)

    assert status == 1
    assert output.startswith(f"src/{name}:{line}: ")
    assert output.splitlines()[0].endswith("is gone, and does not come back")


def test_takes_words_that_only_hold_one_that_is_gone(run_tool, tree):
    root = tree({"src/wire/otlp/a.cc": "struct SpanFields {};\nint tag_matches;\n"})

    assert run_tool("check_layers", "--root", root) == (0, "")
