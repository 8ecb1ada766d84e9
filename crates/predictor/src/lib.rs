//! Loads a bundle and predicts
