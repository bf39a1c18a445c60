# Configures, builds and runs a project that uses ringtail, in DIR, with the compiler of this project.
#   INSTALLED      where the package is, or
#   SUBDIRECTORY   the source tree to take with add_subdirectory
#   PROGRAM        its main file; the consumer's own when empty
# Leaves what the program printed in `output`. One configuration without optimization: what is tested is that it builds.
set(options)
foreach(name IN ITEMS INSTALLED SUBDIRECTORY PROGRAM Boost_DIR)
  if(${name})
    list(APPEND options -D ${name}=${${name}})
  endif()
endforeach()

file(REMOVE_RECURSE ${DIR}/build)
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${CONSUMER} -B ${DIR}/build -G ${GENERATOR} -D CMAKE_MAKE_PROGRAM=${MAKE_PROGRAM}
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -D CMAKE_BUILD_TYPE=Debug
    -D CMAKE_CXX_FLAGS_DEBUG=-O0 ${options}
  COMMAND_ERROR_IS_FATAL ANY
)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${DIR}/build --parallel 2 COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${DIR}/build/consumer OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
message(STATUS "It printed:\n${output}")
