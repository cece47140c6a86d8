//! Hash maps by what a stream names: pids and identities.
//!
//! Whoever made a recording chose these, and with a hash that is known could have chosen thousands that fall into one
//! bucket. So this one is seeded at random, anew for each map. It follows that the order of such a map is an accident,
//! and must never be seen.
//!
//! Maps by what the model itself gives out (places, addresses) may use the faster hash of `rustc_hash`.

use std::collections::HashMap;

use foldhash::fast::RandomState;

pub(super) type IdMap<K, V> = HashMap<K, V, RandomState>;
