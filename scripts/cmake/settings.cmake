# How our own code is compiled. Nothing here reaches the bundled functions: each of them states its own flags.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(FROSTBYTE_CCACHE ccache)
if(FROSTBYTE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FROSTBYTE_CCACHE})
endif()

add_library(frostbyte_settings INTERFACE)
target_compile_options(frostbyte_settings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Wvla
  -Wno-missing-field-initializers # designated initialisers leave members at their defaults on purpose
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> # GCC 12 warns inside std::string (its bug 105329)
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-maybe-uninitialized> # and inside std::expected
  $<$<BOOL:${FROSTBYTE_WERROR}>:-Werror>)
target_compile_definitions(frostbyte_settings INTERFACE _GNU_SOURCE)
if(FROSTBYTE_SANITIZE)
  target_compile_options(frostbyte_settings INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(frostbyte_settings INTERFACE -fsanitize=address,undefined)
endif()
