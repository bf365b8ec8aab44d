# How a function becomes a folder with its program and its function.toml, and nothing else, since that folder is what a
# launch and an image get to see. Used for the bundled functions and for those of the tests.
#
# frostbyte_place(TARGET SOURCE DESTINATION): DESTINATION is a copy of SOURCE from when ${FUNCTIONS_TARGET} is built.
function(frostbyte_place target source destination)
  add_custom_command(OUTPUT ${destination} DEPENDS ${source}
    COMMAND ${CMAKE_COMMAND} -E copy ${source} ${destination} VERBATIM)
  add_custom_target(${target} DEPENDS ${destination})
  add_dependencies(${FUNCTIONS_TARGET} ${target})
endfunction()

# frostbyte_skip_function(NAME REASON): said now, and kept for scripts/quickstart; a failure where everything is required.
function(frostbyte_skip_function name reason)
  if("$ENV{FROSTBYTE_REQUIRE_ALL}" STREQUAL "1")
    message(FATAL_ERROR "function ${name}: ${reason} (FROSTBYTE_REQUIRE_ALL=1 forbids skipping)")
  endif()
  message(STATUS "skipped function ${name}: ${reason}")
  file(APPEND ${CMAKE_BINARY_DIR}/functions.skipped "${name}: ${reason}\n")
endfunction()

# frostbyte_describe(NAME FOLDER): a function that is built. Its function.toml goes beside its program, and the tests learn
# of it by the global property ${FUNCTIONS_TARGET}_described.
function(frostbyte_describe name folder)
  frostbyte_place(function_${name}_toml ${folder}/function.toml ${FUNCTIONS_OUTPUT}/${name}/function.toml)
  set_property(GLOBAL APPEND PROPERTY ${FUNCTIONS_TARGET}_described ${name})
endfunction()

# frostbyte_function(NAME PROGRAM SOURCES … COMPILE … LINK … LIBRARIES … [FOLDER …]): built into
# ${FUNCTIONS_OUTPUT}/NAME/PROGRAM with the flags given and no others: a figure must not depend on how frostbyte itself was
# configured. FOLDER holds function.toml; by default it is the one whose CMakeLists.txt this stands in.
function(frostbyte_function name program)
  cmake_parse_arguments(ARG "" "FOLDER" "SOURCES;COMPILE;LINK;LIBRARIES" ${ARGN})
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  set(target function_${name})
  set(output ${FUNCTIONS_OUTPUT}/${name})
  add_executable(${target} ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${program} RUNTIME_OUTPUT_DIRECTORY ${output}
    POSITION_INDEPENDENT_CODE OFF C_STANDARD 17 C_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow $<$<BOOL:${FROSTBYTE_WERROR}>:-Werror> -g0 ${ARG_COMPILE})
  target_link_options(${target} PRIVATE ${ARG_LINK})
  target_link_libraries(${target} PRIVATE ${ARG_LIBRARIES})
  add_dependencies(${FUNCTIONS_TARGET} ${target})
  frostbyte_describe(${name} ${ARG_FOLDER})
endfunction()

# What "an optimised static program" means for every function that is one.
set(FROSTBYTE_FUNCTION_COMPILE -O2 -DNDEBUG -ffunction-sections -fdata-sections)
set(FROSTBYTE_FUNCTION_LINK -Wl,--gc-sections -s)

# frostbyte_function_folders(FOLDER…): their CMakeLists.txt, with CMake's own files kept out of the built folders.
macro(frostbyte_function_folders)
  foreach(folder ${ARGN})
    get_filename_component(name ${folder} NAME)
    add_subdirectory(${folder} ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name})
  endforeach()
endmacro()
