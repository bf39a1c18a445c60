#include "tests/support/hostile_names.h"

#include "format/utf8.h"
#include "tests/support/trace_builder.h"

namespace ringtail::inline v1 {
namespace {

using namespace std::chrono_literals;

const char* const kNames[] = {
    // Terminals: escape sequences of seven and eight bits, and what overwrites.
    "\x1b[2J",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[?1049h",
    "\x1b"
    "c",
    "\x1b[6n",
    "\x1bP+q\x1b\\",
    "\x9b"
    "2J",
    "\x9d"
    "0;title\x9c",
    "\xC2\x9B"
    "2J",
    "safe\roverwritten",
    "a\b\b\b",
    "\a\a",
    "\x1b[1000D\x1b[K",
    "\x0e"
    "a\x0f",
    // Text that turns around, cannot be seen, or breaks a line.
    "a\u202Ab",
    "a\u202Bb",
    "a\u202Cb",
    "a\u202Db",
    "a\u202Ecod.exe",
    "a\u2066b",
    "a\u2067b",
    "a\u2068b",
    "a\u2069b",
    "a\u200Eb",
    "a\u200Fb",
    "a\u061Cb",
    "a\u2028b",
    "a\u2029b",
    "a\u200Bb",
    "a\u200Cb",
    "a\u2060b",
    "\uFEFFa",
    "a\u00ADb",
    "a\u180Eb",
    "a\uFFF9b\uFFFAc\uFFFB",
    "a\U000E0041b\U000E007F",
    // What is no UTF-8: bytes alone, overlong forms, surrogates, past U+10FFFF, cut short.
    "\x80",
    "\xBF",
    "\xFF",
    "\xFE",
    "\xFF\xFE"
    "a",
    "a\xC3",
    "a\xE2\x82",
    "a\xF0\x9F\x98",
    "\xC0\xAF",
    "\xC1\xBF",
    "\xE0\x80\xAF",
    "\xE0\x9F\xBF",
    "\xF0\x80\x80\xAF",
    "\xF0\x8F\xBF\xBF",
    "\xED\xA0\x80",
    "\xED\xBF\xBF",
    "\xED\xA0\xBD\xED\xB8\x80",
    "\xF4\x90\x80\x80",
    "\xF5\x80\x80\x80",
    "\xF8\x88\x80\x80\x80",
    "\xFC\x84\x80\x80\x80\x80",
    "\xE2\x28\xA1",
    "\xC3\x28",
    "\xF0\x28\x8C\xBC",
    "\xC3\xC3\xA9",
    "caf\xE9",
    "\xE2\x82\xC3\xA9",
    // Formulas, and what stands before them.
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://a\";\"b\")",
    "+1",
    "-1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "'=1",
    "'",
    "''",
    "\"=1",
    " =1",
    ";=1",
    ",=1",
    "\uFF1D1",
    "\uFF0B1",
    "\uFF0D1",
    "\uFF201",
    "DDE(\"a\")",
    "=",
    "+",
    "@",
    // Markup.
    "</script>",
    "</script><script>alert(1)</script>",
    "</SCRIPT >",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "&lt;script&gt;",
    "&#0;",
    "\" onload=\"alert(1)",
    "</title><svg/onload=alert(1)>",
    "<?xml version=\"1.0\"?>",
    // Separators and escapes of the formats.
    ";",
    ";;",
    "a;b",
    "a;b 5",
    " ",
    "  ",
    " a",
    "a ",
    "a 5",
    "trace;gpu:0;a 9",
    "%",
    "%3B",
    "%3b",
    "%25",
    "%0A%",
    ",",
    ",,",
    "\"",
    "\"\"",
    "\"\"\"",
    "a\"b",
    "`",
    "\\",
    "\\\\",
    "\\n",
    "\\u0000",
    "\\x1b",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "a\r\nb,c\"d",
    "a\tb",
    "\"},{\"ph\":\"X\"",
    "{\"a\":1}",
    "],[",
    "}}",
    "# comment",
    "a:b",
    "a=b",
    // Paths, options, shells, formats, look-ups.
    "../../etc/passwd",
    "/dev/null",
    "..",
    ".",
    "-",
    "--help",
    "--",
    "-rf",
    "~",
    "$HOME",
    "$(reboot)",
    "`id`",
    "a|b",
    "a&&b",
    "*",
    "C:\\con",
    "nul",
    "file:///etc/passwd",
    "%s",
    "%n",
    "%s%s%s%s%n",
    "%1$n",
    "%99999999d",
    "{}",
    "{0}",
    "{:>99999999}",
    "${jndi:ldap://a}",
    "' OR 1=1 --",
    // Words and numbers that readers take for something else.
    "NaN",
    "Infinity",
    "-Infinity",
    "null",
    "true",
    "undefined",
    "0",
    "-0",
    "1e999",
    "00012",
    "1/2",
    "2026-11-21",
    "18446744073709551616",
    "__proto__",
    "constructor",
    "unknown",
    "trace",
    "(other)",
    "no device",
    // Writing of all kinds, and the edges of Unicode.
    "\u00E9",
    "e\u0301",
    "\u884C\u5217",
    "\u0645\u0631\u062D\u0628\u0627",
    "\u05E9\u05DC\u05D5\u05DD",
    "\u0E01\u0E33",
    "\u0915\u094D\u0937",
    "\U0001F600",
    "\U0001F468\u200D\U0001F469\u200D\U0001F467",
    "\U0001F1E9\U0001F1EA",
    "1\uFE0F\u20E3",
    "\uE000",
    "\uFFFD",
    "\uFFFE",
    "\uFFFF",
    "\uFDD0",
    "\U0010FFFF",
    "\u3000",
    "\u00A0",
    "\u1160",
    "\uFF07",
    "\u037E",
};

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (; times > 0; --times) all += text;
  return all;
}

}  // namespace

std::vector<std::string> hostile_names() {
  std::vector<std::string> names(std::begin(kNames), std::end(kNames));
  for (int c = 0; c < 0x20; ++c) names.push_back(std::string("c0") + static_cast<char>(c) + "x");
  for (int c = 0x80; c < 0xA0; ++c) names.push_back(std::string("c1\xC2") + static_cast<char>(c) + "x");
  names.emplace_back("del\x7F");
  names.emplace_back();
  names.emplace_back("\0", 1);
  names.emplace_back("=\0=", 3);
  names.emplace_back("a\0\0", 3);
  names.push_back("storm" + repeated("\u0301\u0489", 300));
  names.push_back(repeated("\"", 70'000));
  names.push_back(repeated("\xFF", 5'000));
  names.push_back(repeated("%", 5'000));
  names.push_back(repeated("long", 262'144));
  return names;
}

Trace hostile_named_trace(const std::vector<std::string>& names) {
  TraceBuilder builder;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Nanoseconds begin = 1us * static_cast<int>(i);
    builder.on(names[i]).thread(names[i]).shapes({{2, 3}, {}}, {i}).span(names[i], begin, begin + 1us);
    if (i % 3 == 0) builder.folded(names[i], i + 1, 5us);
  }
  Trace trace = builder.build();
  for (std::uint32_t i = 0; i < names.size(); i += 3) {
    trace.open_spans.push_back({ThreadId{i}, OpId{i}, DeviceId{i}, 0, 1us * static_cast<int>(i)});
    ++trace.threads[i].attempted;
  }
  for (const std::string& name : names) {
    if (is_utf8(name)) trace.metadata[name] = name;
    trace.categories.push_back({.name = name, .one_in = 2});
  }
  trace.origin = Origin{1ns, 2ns, names.front()};
  return trace;
}

}  // namespace ringtail::inline v1
