//! Answers about one row are too short to share among threads.

use rayon::ThreadPoolBuilder;

/// Makes parallel loops that this thread begins run on this thread. Handing the few microseconds of one bar to a pool costs more
/// than they take: a stream of bars needs a third of the CPU time without. Many symbols and requests still run side by side, on
/// threads of their own; results are the same at any number of threads.
pub(crate) fn compute_here() {
    let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    if let Ok(pool) = pool {
        // It has to last as long as its thread.
        std::mem::forget(pool);
    }
}
