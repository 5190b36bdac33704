//! A worker process by itself: what `loopwright worker` is inside the compiler's binary.

fn main() {
    loopwright_runtime::worker_main()
}
