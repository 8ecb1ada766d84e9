//! Which vector instructions are used, decided at run time.

use std::sync::OnceLock;

use pulp::Simd;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

/// A set of vector instructions this machine has.
///
/// A value of an accelerated set exists only where the machine has it. Results are the same to the bit at
/// any number of threads, but differ in rounding from set to set.
#[derive(Debug, Clone, Copy)]
pub struct Instructions(pub(crate) Set);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512(V4),
    #[cfg(target_arch = "x86_64")]
    Avx2(V3),
    Portable,
}

impl Instructions {
    /// The widest set of this machine, or the one the environment variable `KERNELS_INSTRUCTIONS` names
    /// (`avx512`, `avx2`, `portable`). A set that the machine lacks, or any other name, changes nothing: ask
    /// [`Instructions::name`] what is used.
    pub fn best() -> Self {
        static BEST: OnceLock<Instructions> = OnceLock::new();
        *BEST.get_or_init(|| {
            let all = Self::available();
            let wanted = std::env::var("KERNELS_INSTRUCTIONS").unwrap_or_default();
            *all.iter().find(|set| set.name() == wanted).unwrap_or(&all[0])
        })
    }

    /// Every set of this machine, the widest first; the last is portable.
    pub fn available() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(V4::try_new().map(Set::Avx512));
            all.extend(V3::try_new().map(Set::Avx2));
        }
        all.push(Set::Portable);
        all.into_iter().map(Self).collect()
    }

    /// `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "avx2",
            Set::Portable => "portable",
        }
    }

    /// Runs an operation compiled for this set.
    #[inline]
    pub(crate) fn run<Op: pulp::WithSimd>(self, op: Op) -> Op::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(simd) => Simd::vectorize(simd, op),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(simd) => Simd::vectorize(simd, op),
            Set::Portable => Simd::vectorize(pulp::Scalar::new(), op),
        }
    }
}

/// Defines a function that is compiled once for every instruction set; its first argument chooses.
///
/// The body is ordinary code on slices, in a form the compiler turns into vector instructions.
macro_rules! vectorised {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$attribute])*
        #[allow(clippy::too_many_arguments, reason = "the instruction set comes on top of the operands")]
        $visibility fn $name(instructions: $crate::instructions::Instructions, $($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::inline_always, clippy::too_many_arguments, reason = "compiled for the caller's instruction set")]
            fn body($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi2")]
            #[allow(clippy::too_many_arguments, reason = "as above")]
            fn avx512($($argument: $type),*) { body($($argument),*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi2")]
            #[allow(clippy::too_many_arguments, reason = "as above")]
            fn avx2($($argument: $type),*) { body($($argument),*) }
            match instructions.0 {
                // SAFETY: the token in the value proves that the machine has these instructions.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "calls of code for an instruction set")]
                $crate::instructions::Set::Avx512(_) => unsafe { avx512($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code, reason = "calls of code for an instruction set")]
                $crate::instructions::Set::Avx2(_) => unsafe { avx2($($argument),*) },
                $crate::instructions::Set::Portable => body($($argument),*),
            }
        }
    };
}
pub(crate) use vectorised;

impl PartialEq for Instructions {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}
