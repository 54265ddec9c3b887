# The functions every room is built with.
#
#   lvx_room(NAME [DEPS ...])          library lvx_NAME of all *.cc of the folder that are not tests, fuzzers or benches
#   lvx_room_tests(NAME [OPTIMIZED] [DEPS ...])
#                                      one GoogleTest program of all *_test.cc of the folder (RapidCheck is linked).
#                                      OPTIMIZED: code under test is in headers, and the tests are long
#   lvx_quick_to_compile(TARGET)       for other programs of tests: what lvx_room_tests does without OPTIMIZED
#   lvx_room_fuzzers([DEPS ...])       one libFuzzer program per *_fuzz.cc, in the preset `fuzz` only; elsewhere the
#                                      same file is built with a main that replays its corpus once, as a test

add_library(lvx_flags INTERFACE)
target_compile_options(lvx_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wimplicit-fallthrough -Werror
    -Wno-gnu-statement-expression-from-macro-expansion -Wno-missing-designated-field-initializers -fno-omit-frame-pointer)
target_include_directories(lvx_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})

set(LVX_SANITIZE "" CACHE STRING "address,undefined or thread")
if(LVX_SANITIZE)
    target_compile_options(lvx_flags INTERFACE -fsanitize=${LVX_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(lvx_flags INTERFACE -fsanitize=${LVX_SANITIZE})
endif()
option(LVX_FUZZ "build *_fuzz.cc with libFuzzer" OFF)
if(LVX_FUZZ)
    target_compile_options(lvx_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(lvx_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_package(Threads REQUIRED)

# What ./dev builds for its suites: programs of tests labelled unit, and those that also run under ThreadSanitizer; and
# the fuzzers.
add_custom_target(unit_tests)
add_custom_target(thread_tests)
add_custom_target(fuzzers)

# Half of all compiling is tests, and most of that is templates of GoogleTest and RapidCheck: their code is not
# optimized and their headers are compiled once (4 times faster: 1.7 s for 7 s).  The rooms under test are as shipped.
add_library(lvx_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/test_pch.cc)
target_link_libraries(lvx_test_pch PRIVATE lvx_flags fmt rapidcheck gmock gtest Threads::Threads)
target_compile_options(lvx_test_pch PRIVATE -O0 -g1 "SHELL:-Xclang -fno-pch-timestamp")
target_precompile_headers(lvx_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.hh)

function(lvx_quick_to_compile target)
    target_compile_options(${target} PRIVATE -O0 -g1 "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(${target} REUSE_FROM lvx_test_pch)
endfunction()

# The same for the rooms themselves, where a whole build is made (./dev): a third less.  Off where a person rebuilds one
# room, since every header here would be everybody's.
option(LVX_ROOM_PCH "compile rooms with a precompiled header of the standard library and fmt" OFF)
if(LVX_ROOM_PCH)
    add_library(lvx_room_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/room_pch.cc)
    target_link_libraries(lvx_room_pch PRIVATE lvx_flags fmt)
    target_compile_options(lvx_room_pch PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    target_precompile_headers(lvx_room_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/room_pch.hh)
endif()

function(lvx_sources_of folder out)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${folder}/*.cc)
    list(FILTER found EXCLUDE REGEX "_(test|fuzz|bench|main)\\.cc$")
    set(${out} ${found} PARENT_SCOPE)
endfunction()

function(lvx_room name)
    cmake_parse_arguments(ROOM "" "" "DEPS" ${ARGN})
    lvx_sources_of(${CMAKE_CURRENT_SOURCE_DIR} sources)
    if(sources)
        add_library(lvx_${name} STATIC ${sources})
        target_link_libraries(lvx_${name} PUBLIC lvx_flags ${ROOM_DEPS})
        if(LVX_ROOM_PCH)
            target_compile_options(lvx_${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
            target_precompile_headers(lvx_${name} REUSE_FROM lvx_room_pch)
        endif()
    else()
        add_library(lvx_${name} INTERFACE)
        target_link_libraries(lvx_${name} INTERFACE lvx_flags ${ROOM_DEPS})
    endif()
endfunction()

function(lvx_room_tests name)
    cmake_parse_arguments(ROOM "OPTIMIZED" "" "DEPS" ${ARGN})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
    if(found)
        add_executable(${name}_test ${found})
        target_link_libraries(${name}_test PRIVATE lvx_flags ${ROOM_DEPS} rapidcheck gmock gtest gtest_main
                              Threads::Threads)
        if(NOT ROOM_OPTIMIZED)
            lvx_quick_to_compile(${name}_test)
        elseif(LVX_SANITIZE)
            target_compile_options(${name}_test PRIVATE -O1)
        endif()
        add_test(NAME ${name} COMMAND ${name}_test)
        set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 300)
        add_dependencies(unit_tests ${name}_test)
    endif()
endfunction()

function(lvx_room_fuzzers)
    cmake_parse_arguments(ROOM "" "" "DEPS" ${ARGN})
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_fuzz.cc)
    foreach(source ${found})
        get_filename_component(target ${source} NAME_WE)
        if(LVX_FUZZ)
            add_executable(${target} ${source})
            target_link_options(${target} PRIVATE -fsanitize=fuzzer)
            add_dependencies(fuzzers ${target})
        else()
            add_executable(${target} ${source} ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cc)
            add_test(NAME ${target}_corpus COMMAND ${target} ${CMAKE_SOURCE_DIR}/fuzz/corpus/${target})
            set_tests_properties(${target}_corpus PROPERTIES LABELS unit TIMEOUT 120)
            add_dependencies(unit_tests ${target})
        endif()
        target_link_libraries(${target} PRIVATE lvx_flags ${ROOM_DEPS})
    endforeach()
endfunction()
