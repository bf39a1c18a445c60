# Builds the first ```cpp block of README against the installed package and compares what it prints with the ```text
# block that follows. Times differ from run to run: a number with a unit of time matches any other, and so does the
# width of the space around it.

# The text between the first OPENING line at or after `rest` and its closing fence; `rest` becomes what follows.
function(take_block opening result)
  string(FIND "\n${rest}" "\n${opening}\n" at)
  if(at EQUAL -1)
    message(FATAL_ERROR "${README}: expected a block that opens with ${opening}")
  endif()
  string(LENGTH "${opening}\n" length)
  math(EXPR at "${at} + ${length}")
  string(SUBSTRING "${rest}" ${at} -1 text)
  string(FIND "${text}" "```" end)
  string(SUBSTRING "${text}" 0 ${end} block)
  string(SUBSTRING "${text}" ${end} -1 text)
  set(${result} "${block}" PARENT_SCOPE)
  set(rest "${text}" PARENT_SCOPE)
endfunction()

function(without_times text result)
  string(REGEX REPLACE "[0-9][0-9.]* *(ns|us|ms|s)([^a-z])" "TIME\\2" text "${text}")
  string(REGEX REPLACE " +" " " text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

file(READ ${README} rest)
take_block("```cpp" code)
take_block("```text" promised)
set(PROGRAM ${DIR}/main.cpp)
file(WRITE ${PROGRAM} "${code}")
include(${CMAKE_CURRENT_LIST_DIR}/../package/consume.cmake)

without_times("${output}" found)
without_times("${promised}" expected)
if(NOT "${found}" STREQUAL "${expected}")
  message(FATAL_ERROR "${README} promises:\n${promised}\nits program printed:\n${output}")
endif()
