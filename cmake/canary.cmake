# Refuses a compiler that miscompiles coroutines.  g++-12 destroys a temporary of a co_await expression twice
# (seen under AddressSanitizer); health checks and the API server are coroutines, so such a build would be a lie.
if(NOT DEFINED LVX_COROUTINES_WORK)
    try_run(canary_status canary_compiled ${CMAKE_BINARY_DIR}/canary ${CMAKE_SOURCE_DIR}/cmake/coroutine_canary.cc
            CXX_STANDARD 23 CXX_STANDARD_REQUIRED ON
            COMPILE_OUTPUT_VARIABLE canary_output)
    if(NOT canary_compiled)
        message(FATAL_ERROR "the coroutine canary does not compile:\n${canary_output}")
    endif()
    if(NOT canary_status EQUAL 0)
        message(FATAL_ERROR "this compiler miscompiles coroutines (cmake/coroutine_canary.cc ended with "
                            "${canary_status}); use clang-19")
    endif()
    set(LVX_COROUTINES_WORK ON CACHE INTERNAL "the coroutine canary sang")
endif()
