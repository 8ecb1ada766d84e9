//! Any bytes as saved trees, also with a hash made to fit: an error, or a model that answers with probabilities and can
//! be explained; never a panic, and never more memory than a small multiple of the bytes.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use libfuzzer_sys::fuzz_target;
use trees::{GradientBoosting, RandomForest, Table, with_fresh_hash};

/// Counts what is held, and the most that was.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What loading may hold beside the bytes: the model is about as large as its file, and so is what checks it.
fn within_bounds<T>(bytes: &[u8], load: impl Fn(&[u8]) -> T) -> T {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let loaded = load(bytes);
    let held = MOST.load(Ordering::Relaxed) - before;
    assert!(held <= 8 * bytes.len() + 65_536, "{held} bytes held for a file of {}", bytes.len());
    loaded
}

fuzz_target!(|bytes: &[u8]| {
    let fresh = with_fresh_hash(bytes);
    for bytes in [Some(bytes), fresh.as_deref()].into_iter().flatten() {
        if let Ok(forest) = within_bounds(bytes, RandomForest::from_safetensors) {
            let row = vec![0.5; forest.n_columns()];
            let mut probabilities = vec![0.0; forest.n_classes()];
            forest.predict_row(&row, &mut probabilities);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-3);
            if forest.n_nodes() < 1000 {
                let table = Table::new(&row, forest.n_columns()).expect("a row");
                drop(forest.tree_shap().explain(&table, &[0]));
            }
        }
        if let Ok(model) = within_bounds(bytes, GradientBoosting::from_safetensors) {
            let mut probabilities = vec![0.0; model.n_classes()];
            model.predict_row(&vec![f64::NAN; model.n_columns()], &mut probabilities);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-3);
        }
    }
});
