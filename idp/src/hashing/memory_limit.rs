//! Memory: that of the machine, or of the container or the service if that has less. How many processors there are for this
//! process, within its control groups too, the standard library knows (`available_parallelism`).

use std::path::Path;

/// How much memory this process may use, in bytes, if that is known: the machine's, or the tightest limit of the control
/// groups that the process is in. Linux tells both below this root.
pub(super) fn memory_limit(root: &Path) -> Option<u64> {
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| limit_of_group(root, line)).min();
    let machine = read(&root.join("proc/meminfo")).and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    });
    least(machine, limits)
}

/// The limit of the group that a line of `/proc/self/cgroup` names, and of those that it is in: cgroups(7).
fn limit_of_group(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let mounted = root.join("sys/fs/cgroup");
    // In version 2 `max` is no limit; in version 1 no limit is a number larger than any memory.
    let (top, files): (_, &[&str]) = match controllers {
        "" => (mounted, &["memory.max", "memory.high"]),
        _ if controllers.split(',').any(|it| it == "memory") => (mounted.join("memory"), &["memory.limit_in_bytes"]),
        _ => return None,
    };
    // In a container the path may be the host's, while only the own group is mounted: a folder that is missing sets
    // no limit.
    let group = top.join(path.trim_start_matches('/'));
    let up = group.ancestors().take_while(|folder| folder.starts_with(&top));
    up.flat_map(|folder| files.iter().filter_map(|name| read(&folder.join(name))?.trim().parse::<u64>().ok())).min()
}

fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    [one, other].into_iter().flatten().min()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that stands for `/`, with these files.
    fn memory_of(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        memory_limit(root.path())
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemFree:  1 kB\nMemTotal:       16777216 kB\n");

    #[test]
    fn without_control_groups_there_is_what_the_machine_has() {
        assert_eq!(memory_of(&[MEMINFO]), Some(16 << 30));
        let unlimited = [MEMINFO, ("proc/self/cgroup", "0::/app\n"), ("sys/fs/cgroup/app/memory.max", "max\n")];
        assert_eq!(memory_of(&unlimited), memory_of(&[MEMINFO]));
        assert_eq!(memory_of(&[]), None);
    }

    #[test]
    fn of_nested_groups_the_tightest_limit_holds() {
        let nested = [
            MEMINFO,
            ("proc/self/cgroup", "0::/system.slice/latchkey.service\n"),
            ("sys/fs/cgroup/system.slice/memory.max", "536870912\n"),
            ("sys/fs/cgroup/system.slice/latchkey.service/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/system.slice/latchkey.service/memory.high", "max\n"),
        ];
        assert_eq!(memory_of(&nested), Some(512 << 20));
    }

    #[test]
    fn a_container_whose_group_is_the_top_that_it_sees_has_its_limits_there() {
        let container = [
            MEMINFO,
            ("proc/self/cgroup", "0::/docker/0123456789abcdef\n"),
            ("sys/fs/cgroup/memory.max", "536870912\n"),
        ];
        assert_eq!(memory_of(&container), Some(512 << 20));
    }

    #[test]
    fn the_older_control_groups_are_read_too() {
        let old = [
            MEMINFO,
            ("proc/self/cgroup", "5:memory:/app\n4:cpu,cpuacct:/app\n1:name=systemd:/app\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/app/memory.limit_in_bytes", "268435456\n"),
        ];
        assert_eq!(memory_of(&old), Some(256 << 20));
    }
}
