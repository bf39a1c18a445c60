# Compiles SOURCE without output. One that begins with `// refused: REGEX` must fail with a diagnostic that matches;
# any other must pass.
set(flags -std=c++20 -fsyntax-only -Wall -Wextra -Werror)
foreach(dir ${INCLUDE_DIRS})
  list(APPEND flags -isystem ${dir})
endforeach()
execute_process(
  COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${COMPILER} ${flags} ${SOURCE}
  RESULT_VARIABLE status ERROR_VARIABLE said
)

file(STRINGS ${SOURCE} first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// refused: (.+)$")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${SOURCE}: must compile, but the compiler says:\n${said}")
  endif()
  return()
endif()
set(expected "${CMAKE_MATCH_1}")
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: compiles, but must be refused")
elseif(NOT said MATCHES "${expected}")
  message(FATAL_ERROR "${SOURCE}: expected a diagnostic that matches \"${expected}\", but the compiler says:\n${said}")
endif()
