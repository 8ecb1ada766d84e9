//! The shape of the distribution: where its histogram is highest.

/// `mode_5` and `mode_10`: the centre of the fullest of `BINS` equally wide bins between the lowest
/// and the highest score; the mean of the centres where several are equally full.
pub(super) fn mode<const BINS: usize>(scores: &[f64], (lowest, highest): (f64, f64)) -> f64 {
    let width = (highest - lowest) / BINS as f64;
    let mut counts = [0_u32; BINS];
    for &score in scores {
        counts[(((score - lowest) / width) as usize).min(BINS - 1)] += 1;
    }
    let fullest = counts.iter().copied().max().unwrap_or(0);
    let modes = counts.iter().enumerate().filter(|&(_, &count)| count == fullest);
    let (sum, n_modes) =
        modes.fold((0.0, 0.0), |(sum, n), (bin, _)| (sum + lowest + width * (bin as f64 + 0.5), n + 1.0));
    sum / n_modes
}

#[cfg(test)]
mod tests {
    use super::mode;

    #[test]
    fn the_fullest_bin_or_the_mean_of_the_fullest() {
        let one = [0.0, 10.0, 3.0, 3.5];
        assert!((mode::<5>(&one, (0.0, 10.0)) - 3.0).abs() < 1e-12);
        let two = [0.0, 10.0, 0.5, 9.5, 5.0];
        assert!((mode::<5>(&two, (0.0, 10.0)) - 5.0).abs() < 1e-12);
    }
}
