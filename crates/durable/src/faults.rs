//! For tests: a process that is killed between two operations, and a disk that fills up.
//!
//! Only with the feature `faults`, which nothing but tests asks for. A plan holds for the calling thread.

use std::cell::RefCell;
use std::io;

thread_local! {
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

/// What happens to the operations of this thread.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Nothing; they are counted.
    None,
    /// From this operation on nothing happens any more, as after kill -9; a write that is hit is done by half.
    KilledAt(usize),
    /// This write (counted among writes) finds the disk full half-way, and so does every later one.
    FullAt(usize),
}

#[derive(Debug)]
struct Plan {
    fault: Fault,
    operations: usize,
    writes: usize,
}

/// What becomes of one operation.
pub(crate) enum Verdict {
    Go,
    /// A write is done by half, then fails.
    Half(io::Error),
    Stop(io::Error),
}

pub(crate) fn judge(is_write: bool) -> Verdict {
    PLAN.with_borrow_mut(|plan| {
        let Some(plan) = plan else { return Verdict::Go };
        let (operation, write) = (plan.operations, plan.writes);
        plan.operations += 1;
        plan.writes += usize::from(is_write);
        match plan.fault {
            Fault::KilledAt(at) if operation == at && is_write => Verdict::Half(killed()),
            Fault::KilledAt(at) if operation >= at => Verdict::Stop(killed()),
            Fault::FullAt(at) if is_write && write == at => Verdict::Half(io::ErrorKind::StorageFull.into()),
            Fault::FullAt(at) if is_write && write > at => Verdict::Stop(io::ErrorKind::StorageFull.into()),
            _ => Verdict::Go,
        }
    })
}

fn killed() -> io::Error {
    io::Error::other("the process was killed here")
}

fn under<T>(fault: Fault, work: impl FnOnce() -> T) -> (T, Plan) {
    PLAN.set(Some(Plan { fault, operations: 0, writes: 0 }));
    let result = work();
    let plan = PLAN.take().unwrap_or(Plan { fault, operations: 0, writes: 0 });
    (result, plan)
}

/// Does some work; how many operations and how many writes it took.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    let (result, plan) = under(Fault::None, work);
    (result, plan.operations, plan.writes)
}

/// Does some work that is killed before its `at`-th operation, counted from 0.
pub fn killed_at<T>(at: usize, work: impl FnOnce() -> T) -> T {
    under(Fault::KilledAt(at), work).0
}

/// Does some work on a disk that is full at its `at`-th write, counted from 0.
pub fn full_at<T>(at: usize, work: impl FnOnce() -> T) -> T {
    under(Fault::FullAt(at), work).0
}
