//! Arbitrary bytes as inputs of the encoder: it may refuse them, but never panic.
