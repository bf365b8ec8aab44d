# `cmake --install` and the Debian package. The manual page and the completions are printed by the program itself, so they
# cannot differ from what it accepts.
if(TARGET frostbyte)
  set(generated ${PROJECT_BINARY_DIR}/share)
  set(completions completion-bash completion-zsh completion-fish)
  set(manual ${generated}/frostbyte.1)
  set(generated_files ${manual})

  function(frostbyte_generate what output)
    add_custom_command(OUTPUT ${output} DEPENDS frostbyte VERBATIM
      COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
      COMMAND sh -c "\"$1\" --generate \"$2\" > \"$3.new\" && mv \"$3.new\" \"$3\""
              generate $<TARGET_FILE:frostbyte> ${what} ${output})
  endfunction()

  frostbyte_generate(man ${manual})
  foreach(completion IN LISTS completions)
    frostbyte_generate(${completion} ${generated}/${completion})
    list(APPEND generated_files ${generated}/${completion})
  endforeach()

  # gzip without name and time: the same sources give the same package. Debian policy wants the manual page, and in a
  # package of its own the changelog, compressed.
  add_custom_command(OUTPUT ${manual}.gz DEPENDS ${manual} VERBATIM
    COMMAND gzip -9 -n -k -f ${manual})
  add_custom_command(OUTPUT ${generated}/changelog.gz DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md VERBATIM
    COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${generated}/changelog
    COMMAND gzip -9 -n -f ${generated}/changelog)
  list(APPEND generated_files ${manual}.gz ${generated}/changelog.gz)
  add_custom_target(generated_documents ALL DEPENDS ${generated_files})

  install(TARGETS frostbyte RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${manual}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${generated}/completion-bash RENAME frostbyte
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${generated}/completion-zsh RENAME _frostbyte
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${generated}/completion-fish RENAME frostbyte.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(FILES ${generated}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
  foreach(document README METHOD ARCHITECTURE)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${document}.md)
      install(FILES ${PROJECT_SOURCE_DIR}/${document}.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
    endif()
  endforeach()

  # Not architecture-dependent in Debian's sense of lib/TRIPLET: no other package links them. They are copied as they
  # were built, never stripped: their bytes are what is measured.
  if(FROSTBYTE_FUNCTIONS)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/functions/ DESTINATION lib/frostbyte/functions USE_SOURCE_PERMISSIONS
      PATTERN CMakeFiles EXCLUDE PATTERN symbols EXCLUDE PATTERN "*.cmake" EXCLUDE)
  endif()

  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME frostbyte)
  set(CPACK_PACKAGE_VENDOR frostbyte)
  set(CPACK_PACKAGE_CONTACT "frostbyte maintainers <frostbyte@localhost>")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION devel)
  set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
  set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"frostbyte starts an unmodified HTTP function in a fresh sandbox, thousands of
times, and reports what it costs before it does any work: the time from exec
to its first response, the bytes of its binary, and the memory it holds. The
bundled functions are included, so that a first sweep needs nothing else.")
  include(CPack)
endif()
