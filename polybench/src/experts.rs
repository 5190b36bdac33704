//! Expert schedules: the best that people have found, one file a kernel in `polybench/expert`.
//!
//! They show what the space of schedules and the code generator can do. `tune` never reads them: they
//! are the mark that a search has to reach. They are written for 512-bit vectors and 32 registers; where
//! another machine needs other tiles, a folder of its name (`x86-64-v3`) holds a kernel's schedule for it.
//!
//! A comment line `# Limit: …` says what keeps the kernel from being faster; comment lines that follow
//! it and are indented by two more spaces continue it.

/// Kernels' names, after the machine's where it is one machine's, with the schedules' texts.
const EXPERTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/expert.rs"));

/// The expert schedule of the kernel with that name on a machine, as `native` or `x86-64-v3`, where there
/// is one.
pub fn expert_schedule(kernel: &str, machine: &str) -> Option<&'static str> {
    let named = |wanted: &str| EXPERTS.iter().find(|(name, _)| *name == wanted);
    let plain = !kernel.contains('/');
    let own = named(&format!("{machine}/{kernel}"));
    own.or_else(|| named(kernel)).filter(|_| plain).map(|(_, text)| *text)
}

/// What limits a kernel under a schedule, as the schedule's text says.
///
/// ```
/// let text = "# Tiles that fit.\n# Limit: the chain of additions,\n#   four cycles each\ntile(S1, i, 4)\n";
/// assert_eq!(
///     loopwright_polybench::limit(text).as_deref(),
///     Some("the chain of additions, four cycles each")
/// );
/// ```
pub fn limit(schedule: &str) -> Option<String> {
    let mut lines = schedule.lines().map(str::trim_end);
    let mut words: Vec<&str> = Vec::new();
    for line in lines.by_ref() {
        let comment = line.trim_start().strip_prefix('#').map(str::trim_start);
        if let Some(rest) = comment.and_then(|text| text.strip_prefix("Limit:")) {
            words.extend(rest.split_whitespace());
            break;
        }
    }
    for line in lines {
        let Some(more) = line.trim_start().strip_prefix("#   ") else { break };
        words.extend(more.split_whitespace());
    }
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_of_a_kernel_and_says_why() {
        for (name, text) in EXPERTS {
            let kernel = name.rsplit('/').next().unwrap_or(name);
            assert!(crate::by_name(kernel).is_some(), "there is no kernel {name}");
            assert!(text.starts_with("# "), "{name} opens with no comment");
            let step = |line: &str| !line.is_empty() && !line.starts_with('#');
            assert!(text.lines().any(step), "{name} has no step");
        }
    }

    #[test]
    fn each_says_what_limits_it() {
        for (name, text) in EXPERTS {
            assert!(limit(text).is_some(), "{name} does not say what limits it");
        }
    }

    #[test]
    fn a_machines_own_schedule_comes_first() {
        let of = |machine| expert_schedule("gemm", machine).expect("a schedule");
        assert_ne!(of("x86-64-v3"), of("native"));
        assert_eq!(of("x86-64-v4"), of("native"));
        assert_eq!(expert_schedule("x86-64-v3/gemm", "native"), None);
    }

    #[test]
    fn a_limit_ends_with_its_own_lines() {
        assert_eq!(limit("# Limit: memory\n# Another remark.\n"), Some("memory".to_owned()));
        assert_eq!(limit("# Limits of things\ntile(S1, i, 4)\n"), None);
        assert_eq!(limit(""), None);
    }
}
