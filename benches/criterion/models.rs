//! What needs no kernel: decoding, the model, and the screen that shows it. `make bench` reads the samples that criterion leaves.

#[path = "models/ingest.rs"]
mod ingest;
#[path = "models/screen.rs"]
mod screen;

criterion::criterion_group!(benches, ingest::decode, ingest::ingest, screen::screen);
criterion::criterion_main!(benches);
