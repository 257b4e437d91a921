# clew_module(<name> [SRCS a.cc …] [DEPS module …] [LIBS library …] [TESTS a_test.cc …] [APART a_test.cc …] [FUZZERS a_fuzz.cc …])
#
# One folder = one target = one namespace. <name> is the folder below src/ with '/' as '_'.
#   DEPS   other clew modules (names as here); they are public
#   LIBS   third-party libraries this folder owns; private
#   TESTS  sources of the one gtest executable <name>_test
#   APART  sources of TESTS that share no unit of a unity build, because names of theirs would clash
#   FUZZERS one libFuzzer executable each, only with CLEW_FUZZ; else each becomes a test that
#           replays its corpus tests/fuzz/<fuzzer>/*
function(clew_module NAME)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;LIBS;TESTS;TEST_LIBS;APART;FUZZERS" ${ARGN})
  set(TARGET clew_${NAME})
  list(TRANSFORM ARG_DEPS PREPEND clew_)
  if(ARG_SRCS)
    add_library(${TARGET} STATIC ${ARG_SRCS})
    set(SCOPE PUBLIC)
    target_link_libraries(${TARGET} PRIVATE ${ARG_LIBS} clew_options)
  else()
    add_library(${TARGET} INTERFACE)
    set(SCOPE INTERFACE)
    target_link_libraries(${TARGET} INTERFACE ${ARG_LIBS})
  endif()
  target_include_directories(${TARGET} ${SCOPE} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${TARGET} ${SCOPE} ${ARG_DEPS} fmt::fmt)
  if(ARG_APART)
    set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  if(ARG_TESTS)
    add_executable(${TARGET}_test ${ARG_TESTS})
    target_link_libraries(${TARGET}_test PRIVATE ${TARGET} ${ARG_TEST_LIBS} clew_options
                          GTest::gmock GTest::gtest_main)
    add_test(NAME ${NAME} COMMAND ${TARGET}_test --gtest_shuffle
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${NAME} PROPERTIES ENVIRONMENT "${CLEW_SANITIZER_ENVIRONMENT}")
  endif()
  foreach(FUZZER ${ARG_FUZZERS})
    get_filename_component(STEM ${FUZZER} NAME_WE)
    add_executable(${STEM} ${FUZZER})
    target_link_libraries(${STEM} PRIVATE ${TARGET} clew_options)
    if(CLEW_FUZZ)
      target_link_options(${STEM} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${STEM} PRIVATE ${CMAKE_SOURCE_DIR}/tests/fuzz/replay_main.cc)
      add_test(NAME ${STEM} COMMAND ${STEM} ${CMAKE_SOURCE_DIR}/tests/fuzz/${STEM})
    endif()
  endforeach()
endfunction()
