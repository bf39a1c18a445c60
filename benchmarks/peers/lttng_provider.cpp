// The probes of lttng_events.inc, as a module of their own: the library they need starts threads in every program
// that is linked with it, so a program loads them when it is to be traced.
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "benchmarks/peers/lttng_events.inc"
