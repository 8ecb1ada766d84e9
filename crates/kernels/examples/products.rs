//! Speed of matrix products at the sizes of the networks. `cargo run --release -p kernels --example products`
#![expect(clippy::print_stdout, reason = "an example that prints its result")]

use std::time::Instant;

use kernels::{Instructions, Matrix, Packed, Start, Threads, product, transposed_product};

fn main() {
    let instructions = Instructions::best();
    for (rows, inner, columns) in [
        (3200, 256, 1024),
        (3200, 1024, 256),
        (3200, 128, 512),
        (100, 256, 1024),
        (1, 128, 512),
        (16, 128, 512),
    ] {
        let (left, right) = (vec![0.5; rows * inner], vec![0.25; inner * columns]);
        let mut out = vec![0.0; rows * columns];
        let packed = Packed::new(instructions, Matrix::new(&right, columns));
        let forward =
            least(|| product(Threads::Pool, &left, &packed, Start::Zero, &mut out, &mut [], |_, _, _| ()));
        let pack = least(|| drop(Packed::new(instructions, Matrix::new(&right, columns).transposed())));
        let backward = least(|| {
            drop(transposed_product(instructions, Matrix::new(&left, inner), Matrix::new(&out, columns)));
        });
        let gigaflops = |seconds: f64| 2e-9 * (rows * inner * columns) as f64 / seconds;
        println!(
            "{} {rows} x {inner} x {columns}: {:.1} GFLOP/s forward, {:.1} of the weight gradient, packing {:.3} ms",
            instructions.name(),
            gigaflops(forward),
            gigaflops(backward),
            pack * 1e3
        );
    }
}

fn least(mut run: impl FnMut()) -> f64 {
    (0..20)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}
