//! View 1: the C texts of a batch of programs in one file, and a small OpenMP runtime.
//!
//! The runtime that code of view 4 finds is this file's: it runs the threads' shares one after
//! another in the opposite order, in the calling thread, so that a run costs microseconds and is the
//! same every time. Where a thread has to wait at a barrier, the next one goes on, so that each goes as
//! far ahead of the others as it may. One pair in eight is handed on to the real one.
//!
//! What allocates local copies is this file's, too: they end where a page begins that nobody may touch, and hold no zeros
//! before they are filled.

use crate::subject::Subject;
use loopwright_ir::{Affine, Program, Variable};
use std::fmt::Write;

/// The function that says how many threads the next parallel loops have, and whether they are real.
pub const THREADS: &str = "fuzz_threads";

/// The functions of the C library that code of view 4 calls and finds in this file, for the linker.
pub const WRAPPED: [&str; 2] = ["aligned_alloc", "free"];

/// The text of all programs.
pub fn text(subjects: &[&Subject]) -> String {
    let mut text = PREAMBLE.to_owned();
    for subject in subjects {
        write_program(&mut text, subject);
    }
    text
}

/// The symbol of a program's own text.
pub fn symbol(index: u64) -> String {
    format!("fuzz_original_{index}")
}

const PREAMBLE: &str = r#"#include <ucontext.h>
double sqrt(double); float sqrtf(float); double fabs(double); float fabsf(float);
void *malloc(unsigned long); void __real_free(void *);
void *mmap(void *, unsigned long, int, int, int, long);
int mprotect(void *, unsigned long, int), munmap(void *, unsigned long);
void *memset(void *, int, unsigned long);
void *dlopen(const char *, int); void *dlsym(void *, const char *);

enum { PAGE = 4096 };
void *__wrap_aligned_alloc(unsigned long alignment, unsigned long size) {
  if (size > 1ul << 40) return 0;
  unsigned long inside = (size + !size + PAGE - 1) / PAGE * PAGE, all = inside + 3 * PAGE;
  char *memory = mmap(0, all, 0, 0x22, -1, 0);
  if (memory == (void *)-1) return 0;
  mprotect(memory, PAGE, 3);
  *(unsigned long *)memory = all;
  mprotect(memory + 2 * PAGE, inside, 3);
  memset(memory + 2 * PAGE, 0xA5, inside);
  return memory + 2 * PAGE + (inside - size) / alignment * alignment;
}
void __wrap_free(void *start) {
  if (!start) return;
  char *memory = (char *)((unsigned long)start / PAGE * PAGE) - 2 * PAGE;
  munmap(memory, *(unsigned long *)memory);
}

static _Thread_local int thread, threads = 1, real;
static int (*real_number)(void), (*real_count)(void), (*real_global)(void *);
static void (*real_fork)(void *, int, void *, ...);
static void (*real_barrier)(void *, int), (*real_release)(void *, int);
static int (*real_gather)(void *, int);

static void find(void) {
  static const char *names[] = {"libomp.so.5", "/usr/lib/llvm-19/lib/libomp.so.5", "libomp.so"};
  for (int i = 0; i < 3 && !real_fork; i++) {
    void *library = dlopen(names[i], 2);
    if (!library) continue;
    real_number = dlsym(library, "omp_get_thread_num");
    real_count = dlsym(library, "omp_get_num_threads");
    real_global = dlsym(library, "__kmpc_global_thread_num");
    real_barrier = dlsym(library, "__kmpc_barrier");
    real_gather = dlsym(library, "__kmpc_barrier_master");
    real_release = dlsym(library, "__kmpc_end_barrier_master");
    real_fork = dlsym(library, "__kmpc_fork_call");
  }
}

void fuzz_threads(void **buffers, const long *values) {
  threads = values[0];
  if (values[1]) find();
  real = values[1] && real_fork;
}
static int forked;
int omp_get_thread_num(void) { return forked ? real_number() : thread; }
int omp_get_num_threads(void) { return forked ? real_count() : threads; }
int __kmpc_global_thread_num(void *place) { return forked ? real_global(place) : thread; }

enum { MOST = 8, STACK = 1 << 20 };
static _Thread_local struct {
  ucontext_t caller, contexts[MOST];
  int ended[MOST], arrived;
  long barriers;
  void (*task)(int *, int *, void *);
  void *slots;
} team;
static void run(void) {
  int number = thread;
  team.task(&number, &number, team.slots);
  team.ended[thread] = 1;
}
static void others(void) { swapcontext(&team.contexts[thread], &team.caller); }
static void wait(long barrier) {
  while (team.barriers == barrier) others();
}
void __kmpc_fork_call(void *place, int count, void (*task)(int *, int *, void *), void *slots) {
  if (real) {
    forked = 1;
    real_fork(place, count, task, slots);
    forked = 0;
    return;
  }
  char *stacks = malloc((long)threads * STACK);
  team.task = task, team.slots = slots, team.arrived = 0;
  for (int i = 0; i < threads; i++) {
    ucontext_t *context = &team.contexts[i];
    getcontext(context);
    context->uc_stack.ss_sp = stacks + (long)i * STACK;
    context->uc_stack.ss_size = STACK;
    context->uc_link = &team.caller;
    makecontext(context, run, 0);
    team.ended[i] = 0;
  }
  for (int left = 1; left;) {
    left = 0;
    for (thread = threads - 1; thread >= 0; thread--) {
      if (!team.ended[thread]) swapcontext(&team.caller, &team.contexts[thread]);
      left |= !team.ended[thread];
    }
  }
  thread = 0;
  __real_free(stacks);
}
void __kmpc_barrier(void *place, int number) {
  if (forked) return real_barrier(place, number);
  long barrier = team.barriers;
  if (++team.arrived == threads) team.arrived = 0, team.barriers++;
  others();
  wait(barrier);
}
int __kmpc_barrier_master(void *place, int number) {
  if (forked) return real_gather(place, number);
  long barrier = team.barriers;
  team.arrived++;
  if (thread) return wait(barrier), 0;
  while (team.arrived < threads) others();
  return 1;
}
void __kmpc_end_barrier_master(void *place, int number) {
  if (forked) return real_release(place, number);
  team.arrived = 0, team.barriers++;
}
"#;

/// `void fuzz_original_K(void **buffers, const long *values)` with the region's text in its body.
fn write_program(text: &mut String, subject: &Subject) {
    let program = &subject.synthetic.program;
    let symbol = symbol(subject.index);
    let _ = writeln!(text, "\nvoid {symbol}(void **buffers, const long *values) {{");
    for (position, parameter) in program.parameters.iter().enumerate() {
        let _ = writeln!(text, "  int {} = values[{position}];", parameter.name);
    }
    for (position, array) in program.arrays.iter().enumerate() {
        let (element, name) = (array.element.c_name(), &array.name);
        let _ = match array.extents.as_slice() {
            [] => writeln!(text, "  {element} {name} = *({element} *)buffers[{position}];"),
            [_, inner @ ..] => {
                let inner: String = inner.iter().map(|extent| bracket(program, extent)).collect();
                writeln!(text, "  {element} (*{name}){inner} = buffers[{position}];")
            }
        };
    }
    text.push_str(region(&subject.synthetic.source_c));
    for (position, array) in program.arrays.iter().enumerate() {
        let seen = subject.program.arrays.get(position).is_none_or(|array| array.live_outside);
        if array.extents.is_empty() && seen {
            let (element, name) = (array.element.c_name(), &array.name);
            let _ = writeln!(text, "  *({element} *)buffers[{position}] = {name};");
        }
    }
    text.push_str("}\n");
}

fn bracket(program: &Program, extent: &Affine) -> String {
    let names = |variable: Variable| program.parameter_name(variable);
    format!("[{}]", extent.display_with(&names))
}

/// What stands between the pragmas.
fn region(source: &str) -> &str {
    let start = source.find("#pragma scop\n").map_or(0, |at| at + "#pragma scop\n".len());
    let end = source.find("#pragma endscop").unwrap_or(source.len());
    source.get(start..end).unwrap_or("")
}
