// SPDX-License-Identifier: Apache-2.0
//! crab: Rust's frames. main, climb three times over a trait object, then pinch (40 %), or catch_again, which
//! unwinds panics.
use std::hint::black_box;
use std::panic;

trait Animal {
    fn climb(&self, left: u64) -> u64;
}

struct Crab {
    claws: u64,
}

#[inline(never)]
fn pinch(steps: u64) -> u64 {
    let mut value = steps;
    for _ in 0..steps {
        value = black_box(value.wrapping_mul(6364136223846793005).wrapping_add(1));
    }
    value
}

impl Animal for Crab {
    #[inline(never)]
    fn climb(&self, left: u64) -> u64 {
        let below = if left > 1 { black_box(self as &dyn Animal).climb(left - 1) } else { pinch(200_000) };
        black_box(below) + self.claws
    }
}

#[inline(never)]
fn catch_again(turns: u64) -> usize {
    (0..turns).filter(|&turn| panic::catch_unwind(|| panic::resume_unwind(Box::new(turn))).is_err()).count()
}

fn main() {
    let animals: Vec<Box<dyn Animal>> = vec![Box::new(Crab { claws: 2 })];
    loop {
        for animal in &animals {
            black_box(animal.climb(3));
        }
        black_box(catch_again(100));
    }
}
