# Language level, warnings and the accelerators (ccache, mold) that are used when present.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(CLEW_FUZZ "Build the libFuzzer targets (clang only)" OFF)
set(CLEW_SANITIZE "" CACHE STRING "Sanitizers for every target, as -fsanitize takes them")

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the checkout count as relative, so that another checkout finds the same objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(clew_options INTERFACE)
target_compile_options(clew_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Wundef -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside its own std::string and std::expected when inlining; clang-tidy
  # covers the real cases.
  target_compile_options(clew_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 calls its own deprecated get_temporary_buffer from std::stable_sort. Captures that
  # move a structured binding shadow it for clang only, and names of one source may shadow those of
  # the next in a unity build. GCC builds the product and keeps these warnings.
  target_compile_options(clew_options INTERFACE -Wno-deprecated-declarations -Wno-shadow
    -Wno-missing-braces)
endif()
if(CLEW_SANITIZE)
  add_compile_options(-fsanitize=${CLEW_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CLEW_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Whether an object can be read clang's run-time finds out by opening a pipe: a test that has used
    # up all descriptors finds it take any object for none.
    add_compile_options(-fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/tests/ubsan.ignore
                        -fno-sanitize=vptr)
    if(CLEW_SANITIZE MATCHES "thread")
      # Tests that count allocations replace operators that its run-time has, too, which only goes
      # where that is a library apart.
      execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libclang_rt.tsan-x86_64.so
                      OUTPUT_VARIABLE RUNTIME OUTPUT_STRIP_TRAILING_WHITESPACE)
      get_filename_component(RUNTIME_DIRECTORY ${RUNTIME} DIRECTORY)
      add_link_options(-shared-libsan -Wl,-rpath,${RUNTIME_DIRECTORY})
    endif()
  endif()
  # What is suppressed goes by names of functions, which clang's run-time has from a program apart.
  find_program(SYMBOLIZER llvm-symbolizer-19 REQUIRED)
  set(CLEW_SANITIZER_ENVIRONMENT
      ASAN_SYMBOLIZER_PATH=${SYMBOLIZER}
      LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp
      "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp:external_symbolizer_path=${SYMBOLIZER}")
endif()
