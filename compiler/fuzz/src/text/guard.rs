//! The C around the texts: checks of clang's for undefined behaviour, and calls under guard.

/// In front of a batch of regions.
pub const HEADER: &str = "#include <math.h>\n#include <stddef.h>\n";

/// The function that calls another one and catches what it dies of; see
/// [`InsideLibraries::call_guarded`](loopwright_runtime::InsideLibraries::call_guarded).
pub const GUARD: &str = r#"
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static sigjmp_buf fuzz_return;
static pid_t fuzz_thread;
static void fuzz_caught(int signal) {
  if (gettid() != fuzz_thread) abort();
  siglongjmp(fuzz_return, signal);
}
struct fuzz_record {
  void (*function)(void **, const long *);
  void **buffers;
  const long *values;
  long milliseconds, signal;
};
void fuzz_guarded(void **argument, const long *unused) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGVTALRM, SIGTRAP};
  enum { COUNT = sizeof signals / sizeof *signals };
  struct sigaction before[COUNT], action;
  struct fuzz_record *record = argument[0];
  memset(&action, 0, sizeof action);
  action.sa_handler = fuzz_caught;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_NODEFER | SA_ONSTACK;
  // A stack of its own, because what dies may have used up the other one.
  static char stack[64 << 10];
  stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack}, other;
  sigaltstack(&alternative, &other);
  fuzz_thread = gettid();
  for (int i = 0; i < COUNT; i++) sigaction(signals[i], &action, &before[i]);
  struct itimerval timer = {{0, 0}, {record->milliseconds / 1000, record->milliseconds % 1000 * 1000}}, none = {{0, 0}, {0, 0}};
  int signal = sigsetjmp(fuzz_return, 1);
  if (signal == 0) {
    setitimer(ITIMER_VIRTUAL, &timer, 0);
    record->function(record->buffers, record->values);
  }
  setitimer(ITIMER_VIRTUAL, &none, 0);
  for (int i = 0; i < COUNT; i++) sigaction(signals[i], &before[i], 0);
  sigaltstack(&other, 0);
  record->signal = signal;
}
"#;

/// The checks of clang's that are looked at: its group of undefined behaviour without what concerns pointers, and
/// conversions of floating point. What is undefined ends the run before it does harm.
pub const SANITIZERS: &str = "-fsanitize=signed-integer-overflow,shift,integer-divide-by-zero,bounds,vla-bound,\
bool,float-cast-overflow,null,unreachable";
