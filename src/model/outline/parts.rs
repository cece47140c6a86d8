//! Work on everybody, by two threads where there are two.

use std::sync::Mutex;
use std::thread;

/// Does `work` on all parts of so many, each with the index of its first one. A second thread helps where there is more
/// than one part; where none can be had, in a storm that has taken all pids, one does it alone.
pub(in crate::model) fn in_parts<T: Send>(all: &mut [T], size: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let many = all.len() > size;
    let parts = Mutex::new(all.chunks_mut(size.max(1)).enumerate());
    let next = || parts.lock().ok().and_then(|mut parts| parts.next());
    let work_on = || {
        while let Some((number, part)) = next() {
            work(number * size, part);
        }
    };
    thread::scope(|scope| {
        if many {
            // Refused or not, this one goes on.
            let _ = thread::Builder::new().spawn_scoped(scope, work_on);
        }
        work_on();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_worked_on_once_in_its_place() {
        for count in [0, 1, 7, 8, 9, 1000] {
            let mut all = vec![0; count];
            in_parts(&mut all, 8, |first, part| {
                for (place, one) in (first..).zip(part) {
                    *one += place + 1;
                }
            });
            assert!(all.iter().copied().eq(1..=count));
        }
    }
}
