//! Unsupervised regime detectors that only ever look back
