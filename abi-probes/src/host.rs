//! What this machine can show.

#[cfg(feature = "native")]
use core::arch::asm;

use unscathed_catalogue::Feature;

/// Bits of [`Feature::ALL`] that this machine has.
#[must_use]
pub fn features() -> u64 {
    let bit = |(place, feature): (usize, &Feature)| u64::from(why_not(*feature).is_none()) << place;
    Feature::ALL.iter().enumerate().map(bit).sum()
}

/// Why this machine cannot show a feature; `None`: it can.
#[must_use]
pub fn why_not(feature: Feature) -> Option<&'static str> {
    let avx512 = std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512bw");
    match feature {
        Feature::Avx if std::arch::is_x86_feature_detected!("avx") => None,
        Feature::Avx => Some("this processor does not offer AVX"),
        Feature::Avx512 if avx512 => None,
        Feature::Avx512 => Some("this processor does not offer AVX-512"),
        Feature::ShadowStack if shadow_stack() => {
            Some("the kernel offers it, but this project has no probe for it yet")
        }
        Feature::ShadowStack => Some("this kernel does not offer it"),
        Feature::Amx if amx() => Some("this project has no instructions for it yet"),
        Feature::Amx => Some("this processor does not offer it"),
    }
}

/// The address that the thread pointer points to. It is asked anew at each call.
#[cfg(feature = "native")]
#[inline(never)]
pub(crate) fn thread_pointer() -> usize {
    let address;
    // SAFETY: the ABI keeps the thread pointer itself in the word that it points to.
    unsafe { asm!("mov {}, fs:[0]", out(reg) address, options(nostack, preserves_flags)) };
    address
}

/// The name of the processor.
#[must_use]
pub fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    name.unwrap_or("unknown").into()
}

/// Ids of the features that this machine has, for the report.
#[must_use]
pub fn feature_ids() -> Vec<String> {
    let here = Feature::ALL.iter().filter(|feature| why_not(**feature).is_none());
    here.map(|feature| feature.id().to_owned()).collect()
}

/// Asks the kernel, not the processor: without the kernel nobody can use it.
fn shadow_stack() -> bool {
    const ARCH_SHSTK_STATUS: libc::c_int = 0x5005;
    let mut status = 0_u64;
    // SAFETY: the kernel writes one word to `status`, or fails.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SHSTK_STATUS, &raw mut status) == 0 }
}

/// Leaf 7, EDX bit 24: AMX-TILE.
fn amx() -> bool {
    std::arch::x86_64::__cpuid_count(7, 0).edx >> 24 & 1 == 1
}

/// The C library that children run with.
#[must_use]
pub fn libc() -> Option<String> {
    // SAFETY: returns a static C string.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: it is one.
    let version = unsafe { std::ffi::CStr::from_ptr(version) };
    Some(format!("glibc {}", version.to_string_lossy()))
}
