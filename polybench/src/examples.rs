//! Example schedules: what a person can write, one file a kernel in `polybench/schedules`.

/// Kernels' names with the schedules' texts.
const EXAMPLES: [(&str, &str); 10] = [
    ("cholesky", include_str!("../schedules/cholesky.schedule")),
    ("fdtd-2d", include_str!("../schedules/fdtd-2d.schedule")),
    ("gemm", include_str!("../schedules/gemm.schedule")),
    ("heat-3d", include_str!("../schedules/heat-3d.schedule")),
    ("jacobi-1d", include_str!("../schedules/jacobi-1d.schedule")),
    ("jacobi-2d", include_str!("../schedules/jacobi-2d.schedule")),
    ("lu", include_str!("../schedules/lu.schedule")),
    ("seidel-2d", include_str!("../schedules/seidel-2d.schedule")),
    ("syrk", include_str!("../schedules/syrk.schedule")),
    ("trmm", include_str!("../schedules/trmm.schedule")),
];

/// The example schedule of the kernel with that name, where there is one.
pub fn example_schedule(kernel: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == kernel).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_of_a_kernel_and_says_why() {
        for (name, text) in EXAMPLES {
            assert!(crate::by_name(name).is_some(), "there is no kernel {name}");
            assert!(text.starts_with("# "), "{name} opens with no comment");
        }
    }
}
