// format/entry_text.h
//
// The text of a trace's entries, as write_json lays them out.
//
// Cost     What is the same for many entries is made once and copied: names, and the shapes of traces that have far
//          fewer signatures than rows. Everything else is written through a pointer.
// Threads  append: any, each with a text of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "format/text_buffer.h"
#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

class EntryText {
 public:
  // The trace must outlive this, unchanged.
  explicit EntryText(const Trace& trace);

  // Appends the entry of a row with the comma and line break before it.
  void append(std::size_t row, TextBuffer& out) const;

 private:
  void append_shapes(ShapesId id, TextBuffer& out) const;

  const Trace& trace_;
  std::vector<std::string> operations_;  // by id, from the key on; those past the end are made when needed
  std::vector<std::string> devices_;     // by id
  std::vector<std::string> shapes_;      // by id; empty: made when needed
};

}  // namespace ringtail::inline v1
