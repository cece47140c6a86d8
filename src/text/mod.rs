//! Untrusted bytes made safe to show.
