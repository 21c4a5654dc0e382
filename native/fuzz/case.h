/* One call of the entry program, as the fuzzer makes it up. */
#include <stddef.h>
#include <stdint.h>

/*
 * SCRIPT: what the kernel decides, a byte each time; behind its end all goes well.
 * WORDS and VARIABLES: texts, each with a zero at its end. INPUT: stdin. REPLY: what the daemon
 * sends.
 */
enum part_name { SCRIPT, WORDS, VARIABLES, INPUT, REPLY, PARTS };

struct part { uint8_t *bytes; size_t length; };
struct call { struct part parts[PARTS]; };

/* How calls end. */
enum end { FULL, RECOVERED, ANSWERED, VERSIONED, ABOUT, GAVE_UP, FAILED, ENDS };

/* Runs the entry program on a call; what must not be ends the process. */
enum end run_call(const struct call *call);

/* Ends the process, with the number of the run. */
void report(const char *what);
