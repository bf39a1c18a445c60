// Two traces whose fields contradict each other, as the reference wrote them, built by hand.
#pragma once

#include "ringtail/trace/trace.h"

namespace ringtail::inline v1 {

// Elements, bytes, steps and the total are not what the shapes, the order and the rows give.
[[nodiscard]] Trace inconsistent_trace();

// Durations from 5e-324 us to 1.2e18 us, in a trace that says it took 1500 us.
[[nodiscard]] Trace number_forms_trace();

}  // namespace ringtail::inline v1
