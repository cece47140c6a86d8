//! Storms made of events with the timings of real ones.

mod culprits;
mod rates;
mod tables;
mod world;
