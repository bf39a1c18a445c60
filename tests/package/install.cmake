# Installs BUILD_DIR, moves what was installed to STAGE, and checks that it can be used there: nothing in it may name
# the directories it came from, nor what only the developers of this project need.
file(REMOVE_RECURSE ${STAGE} ${STAGE}.before_the_move)
execute_process(
  COMMAND ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${STAGE}.before_the_move
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY
)
file(RENAME ${STAGE}.before_the_move ${STAGE})

file(GLOB_RECURSE package_files ${STAGE}/*.cmake)
if(NOT package_files)
  message(FATAL_ERROR "no CMake package under ${STAGE}")
endif()
foreach(file ${package_files})
  file(READ ${file} text)
  foreach(word ${BUILD_DIR} ${SOURCE_DIR} ${STAGE} GTest benchmark build_flags -Werror -fsanitize)
    string(FIND "${text}" "${word}" at)
    if(NOT at EQUAL -1)
      message(SEND_ERROR "${file}: names ${word}")
    endif()
  endforeach()
endforeach()

file(GLOB_RECURSE wanted RELATIVE ${SOURCE_DIR}/include ${SOURCE_DIR}/include/*.h)
file(GLOB_RECURSE found RELATIVE ${STAGE}/include ${STAGE}/include/*.h)
if(NOT "${wanted}" STREQUAL "${found}")
  message(SEND_ERROR "public headers: expected ${wanted}, installed ${found}")
endif()
