//! Processors and memory of the machine, or of the container if that has less. The standard library reads quotas, too,
//! but not if the process's own group is mounted under another name than in `/proc/self/cgroup`.

use std::path::Path;

/// Processors and memory that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    /// How many processors.
    pub(super) cores: usize,
    /// How much memory, in bytes, if that is known.
    pub(super) memory: Option<u64>,
}

impl Machine {
    /// Reads Linux's files below this root: the machine's resources, and the limits of the control groups that this
    /// process is in, of which the tightest applies.
    pub(super) fn look(root: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
        let limits = groups.lines().filter_map(|line| Limits::of_group(root, line));
        let limits = limits.fold(Limits::default(), Limits::tighter);
        let machine = read(&root.join("proc/meminfo")).and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
        });
        Self {
            cores: limits.cores.map_or(cores, |quota| cores.min(quota)).max(1),
            memory: least(machine, limits.memory),
        }
    }
}

/// The limits of control groups.
#[derive(Clone, Copy, Debug, Default)]
struct Limits {
    cores: Option<usize>,
    memory: Option<u64>,
}

impl Limits {
    fn tighter(self, other: Self) -> Self {
        Self { cores: least(self.cores, other.cores), memory: least(self.memory, other.memory) }
    }

    /// The limits of the group that a line of `/proc/self/cgroup` names, and of those that it is in: cgroups(7).
    fn of_group(root: &Path, line: &str) -> Option<Self> {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let mounted = root.join("sys/fs/cgroup");
        let has = |name| controllers.split(',').any(|controller| controller == name);
        let (top, limits_in): (_, fn(&Path) -> Self) = match controllers {
            "" => (mounted, Self::in_folder),
            _ if has("memory") => (mounted.join("memory"), Self::in_old_folder),
            _ if has("cpu") => (mounted.join("cpu"), Self::in_old_folder),
            _ => return None,
        };
        // In a container the path may be the host's, while only the container's group is mounted: a missing folder sets
        // no limit.
        let group = top.join(path.trim_start_matches('/'));
        let up = group.ancestors().take_while(|folder| folder.starts_with(&top));
        Some(up.map(limits_in).fold(Self::default(), Self::tighter))
    }

    /// Version 2: `max` is no limit.
    fn in_folder(folder: &Path) -> Self {
        let bytes = |name| read(&folder.join(name))?.trim().parse::<u64>().ok();
        let quota = || {
            let text = read(&folder.join("cpu.max"))?;
            let (quota, period) = text.trim().split_once(' ')?;
            whole_cores(quota.parse().ok()?, period.parse().ok()?)
        };
        Self { cores: quota(), memory: least(bytes("memory.max"), bytes("memory.high")) }
    }

    /// Version 1: a quota of -1 means none; without a limit of memory the file holds a number larger than any memory.
    fn in_old_folder(folder: &Path) -> Self {
        let number = |name| read(&folder.join(name))?.trim().parse::<u64>().ok();
        let quota = || whole_cores(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?);
        Self { cores: quota(), memory: number("memory.limit_in_bytes") }
    }
}

fn whole_cores(quota: u64, period: u64) -> Option<usize> {
    usize::try_from(quota.checked_div(period)?).ok().map(|cores| cores.max(1))
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

    /// A folder with these files, used as the root `/`.
    fn looking_at(files: &[(&str, &str)]) -> Machine {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Machine::look(root.path())
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemFree:  1 kB\nMemTotal:       16777216 kB\n");

    #[test]
    fn without_control_groups_there_is_what_the_machine_has() {
        assert_eq!(looking_at(&[MEMINFO]).memory, Some(16 << 30));
        let unlimited = [
            MEMINFO,
            ("proc/self/cgroup", "0::/app\n"),
            ("sys/fs/cgroup/app/memory.max", "max\n"),
            ("sys/fs/cgroup/app/cpu.max", "max 100000\n"),
        ];
        assert_eq!(looking_at(&unlimited), looking_at(&[MEMINFO]));
        assert_eq!(looking_at(&[]).memory, None);
    }

    #[test]
    fn of_nested_groups_the_tightest_limit_holds() {
        let nested = [
            MEMINFO,
            ("proc/self/cgroup", "0::/system.slice/latchkey.service\n"),
            ("sys/fs/cgroup/system.slice/memory.max", "536870912\n"),
            ("sys/fs/cgroup/system.slice/cpu.max", "400000 100000\n"),
            ("sys/fs/cgroup/system.slice/latchkey.service/memory.max", "1073741824\n"),
            ("sys/fs/cgroup/system.slice/latchkey.service/memory.high", "max\n"),
            ("sys/fs/cgroup/system.slice/latchkey.service/cpu.max", "50000 100000\n"),
        ];
        assert_eq!(looking_at(&nested), Machine { cores: 1, memory: Some(512 << 20) });
    }

    #[test]
    fn a_container_whose_group_is_the_top_that_it_sees_has_its_limits_there() {
        let container = [
            MEMINFO,
            ("proc/self/cgroup", "0::/docker/0123456789abcdef\n"),
            ("sys/fs/cgroup/memory.max", "536870912\n"),
            ("sys/fs/cgroup/cpu.max", "100000 100000\n"),
        ];
        assert_eq!(looking_at(&container), Machine { cores: 1, memory: Some(512 << 20) });
    }

    #[test]
    fn the_older_control_groups_are_read_too() {
        let old = [
            MEMINFO,
            ("proc/self/cgroup", "5:memory:/app\n4:cpu,cpuacct:/app\n1:name=systemd:/app\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/app/memory.limit_in_bytes", "268435456\n"),
            ("sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "100000\n"),
            ("sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n"),
        ];
        assert_eq!(looking_at(&old), Machine { cores: 1, memory: Some(256 << 20) });
    }
}
