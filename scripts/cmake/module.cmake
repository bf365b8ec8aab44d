# frostbyte_module(launcher/sandbox DEPENDS launcher/base LIBRARIES seccomp)
#
# One static library per source folder. A module sees the headers of the modules it links and of no others:
# each library exports a directory that holds one symbolic link, to its own folder, so an include of a module
# that is not a declared dependency does not compile. scripts/check proves that this still holds.
function(frostbyte_module path)
  cmake_parse_arguments(MODULE "" "" "DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  set(target frostbyte_${name})
  set(exported ${PROJECT_BINARY_DIR}/include/${name})
  get_filename_component(parent ${path} DIRECTORY)
  file(MAKE_DIRECTORY ${exported}/${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${exported}/${path} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(needs)
  foreach(dependency IN LISTS MODULE_DEPENDS)
    string(REPLACE "/" "_" dependency ${dependency})
    list(APPEND needs frostbyte_${dependency})
  endforeach()
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${exported})
    target_link_libraries(${target} PUBLIC ${needs} ${MODULE_LIBRARIES}
      PRIVATE frostbyte_settings ${MODULE_PRIVATE_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${exported})
    target_link_libraries(${target} INTERFACE ${needs} ${MODULE_LIBRARIES})
  endif()
endfunction()
