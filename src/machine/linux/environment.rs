//! What the machine runs in: containers first, for they are what goes first; then WSL; then virtual machines.

use super::Files;
use super::disk::{Mount, mounts, root_mount};
use crate::license::{Environment, Factor};
use crate::machine::firmware::Firmware;
use crate::machine::{Missing, Reading, filled, reading};

pub(super) fn of(files: &Files<'_>) -> Environment {
    container(files).or_else(|| wsl(files)).or_else(|| virtual_machine(files)).unwrap_or(Environment::Physical)
}

/// Whether the container goes with every new version of what runs in it: what stands in its file system came with its image.
pub(super) fn is_throwaway(environment: Environment) -> bool {
    use Environment::{Docker, Kubernetes, OtherContainer, Podman};
    matches!(environment, Docker | Podman | Kubernetes | OtherContainer)
}

fn container(files: &Files<'_>) -> Option<Environment> {
    let cgroups = files.text("/proc/self/cgroup") + &files.text("/proc/1/cgroup");
    let injected = injected(files);
    let mounted = |text: &str| injected.iter().any(|mount| mount.root.contains(text));
    if files.exists("/var/run/secrets/kubernetes.io") || cgroups.contains("/kubepods") || mounted("/kubelet/pods/") {
        return Some(Environment::Kubernetes);
    }
    if files.exists("/run/.containerenv") || cgroups.contains("/libpod-") || mounted("/overlay-containers/") {
        return Some(Environment::Podman);
    }
    let left_behind = || root_mount(files).is_some_and(|mount| is_disk(&mount));
    let in_docker = mounted("/docker/containers/") || ["/docker/", "/docker-"].iter().any(|name| cgroups.contains(name));
    if in_docker || (files.exists("/.dockerenv") && !left_behind()) {
        return Some(Environment::Docker);
    }
    // What systemd, or the one that started its first process, says of it.
    let told = [files.text("/run/systemd/container"), files.text("/run/host/container-manager"), first_process(files)];
    if let Some(word) = told.iter().map(|text| text.trim()).find(|word| !word.is_empty()) {
        return match word {
            "wsl" => Some(Environment::Wsl),
            "docker" => Some(Environment::Docker),
            "podman" => Some(Environment::Podman),
            "lxc" | "lxc-libvirt" => Some(Environment::Lxc),
            "systemd-nspawn" => Some(Environment::Nspawn),
            _ => Some(Environment::OtherContainer),
        };
    }
    let faked = || mounts(files).iter().any(|mount| mount.kind == "fuse.lxcfs" && mount.at.starts_with("/proc/"));
    (cgroups.contains("/lxc/") || cgroups.contains("lxc.payload") || faked()).then_some(Environment::Lxc)
}

/// The mounts by which an engine gives a container its name and its network: a host has none of them, whatever containers it runs.
fn injected(files: &Files<'_>) -> Vec<Mount> {
    const INJECTED: [&str; 4] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/dev/termination-log"];
    let mut found = mounts(files);
    found.retain(|mount| INJECTED.contains(&mount.at.as_str()));
    found
}

/// A root on a disk of its own: the mark in it was left behind when an image was unpacked there.
fn is_disk(mount: &Mount) -> bool {
    mount.root == "/" && mount.kind != "overlay" && mount.source.starts_with("/dev/")
}

/// The variable `container` of the first process, which only root may read.
fn first_process(files: &Files<'_>) -> String {
    let environment = files.text("/proc/1/environ");
    environment.split('\0').find_map(|variable| variable.strip_prefix("container=")).unwrap_or_default().to_owned()
}

/// What tells this container from the next: the id that its engine gave it. The machine id in its file system came with the image
/// and is the same in every container made of it.
pub(super) fn container_id(files: &Files<'_>) -> Reading {
    let injected = injected(files);
    let cgroups = files.text("/proc/self/cgroup");
    // Such as `/var/lib/docker/containers/<id>/hostname`.
    let found = injected.iter().map(|mount| mount.root.as_str()).chain(cgroups.lines()).find_map(hexadecimal_id);
    match found {
        Some(id) => reading(Factor::Os, "the container's id", filled(&id)),
        None => match files.read("/etc/hostname").and_then(|name| filled(&name)) {
            // An engine names a container after its id, unless it is told another name.
            Ok(name) => reading(Factor::Os, "/etc/hostname", Ok(name)),
            Err(_) => reading(Factor::Os, "the container's id", Err(Missing::Absent)),
        },
    }
}

/// 64 hexadecimal digits in a row, as engines name their containers.
fn hexadecimal_id(line: &str) -> Option<String> {
    let is_id = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    line.split(|sign: char| !sign.is_ascii_alphanumeric()).find(is_id).map(str::to_owned)
}

fn wsl(files: &Files<'_>) -> Option<Environment> {
    let kernel = files.text("/proc/sys/kernel/osrelease").to_lowercase();
    (kernel.contains("microsoft") || kernel.contains("-wsl")).then_some(Environment::Wsl)
}

fn virtual_machine(files: &Files<'_>) -> Option<Environment> {
    let dmi = |name: &str| files.text(&format!("/sys/class/dmi/id/{name}")).trim().to_owned();
    let firmware = Firmware {
        vendor: dmi("sys_vendor"),
        product: dmi("product_name"),
        bios: dmi("bios_vendor"),
        board: dmi("board_vendor"),
        asset_tag: dmi("chassis_asset_tag"),
    };
    let under_xen = || {
        // The one that rules the others runs on the hardware.
        let rules = files.text("/proc/xen/capabilities").contains("control_d");
        (files.text("/sys/hypervisor/type").trim() == "xen" && !rules).then_some(Environment::Xen)
    };
    let by_device_tree = || {
        let hypervisor = files.text("/sys/firmware/devicetree/base/hypervisor/compatible");
        match hypervisor.as_str() {
            text if text.contains("kvm") => Some(Environment::Kvm),
            text if text.contains("xen") => Some(Environment::Xen),
            text if text.contains("vmware") => Some(Environment::Vmware),
            "" => None,
            _ => Some(Environment::OtherVm),
        }
    };
    let by_processor = || {
        // The processor tells the guest that somebody is in between. Where the firmware names a maker of hardware, that one is
        // the hypervisor's own first guest, on the hardware itself.
        let told = files.text("/proc/cpuinfo").lines().any(|line| line.starts_with("flags") && line.contains(" hypervisor"));
        (told && firmware.vendor.is_empty()).then_some(Environment::OtherVm)
    };
    firmware.environment().or_else(under_xen).or_else(by_device_tree).or_else(by_processor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Environment {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        of(&Files { root: root.path() })
    }

    const OVERLAY: (&str, &str) = ("proc/self/mountinfo", "700 600 0:65 / / rw,relatime - overlay overlay rw\n");
    const DISK: (&str, &str) = ("proc/self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");

    #[test]
    fn containers_are_told_by_what_their_engines_leave() {
        for (files, want) in [
            (&[(".dockerenv", ""), OVERLAY][..], Environment::Docker),
            (&[("proc/self/cgroup", "0::/system.slice/docker-0123.scope\n")], Environment::Docker),
            (&[("run/.containerenv", ""), OVERLAY], Environment::Podman),
            (&[("var/run/secrets/kubernetes.io/token", "")], Environment::Kubernetes),
            (&[("run/systemd/container", "lxc\n")], Environment::Lxc),
            (&[("run/systemd/container", "systemd-nspawn\n")], Environment::Nspawn),
            (&[("proc/1/environ", "PATH=/bin\0container=lxc\0")], Environment::Lxc),
            (&[("proc/1/environ", "container=oddity\0")], Environment::OtherContainer),
            (&[("proc/self/cgroup", "1:name=systemd:/lxc/web01\n")], Environment::Lxc),
            (&[("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")], Environment::Wsl),
            // Docker on WSL is a container first.
            (
                &[("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n"), (".dockerenv", ""), OVERLAY],
                Environment::Docker,
            ),
        ] {
            assert_eq!(found(files), want, "{files:?}");
        }
    }

    #[test]
    fn one_trace_of_an_engine_is_enough() {
        let injected = |root: &str| format!("5 4 0:9 {root} /etc/hosts rw - ext4 /dev/vda rw\n");
        let (pod, podman) = (injected("/var/lib/kubelet/pods/0123/etc-hosts"), injected("/run/overlay-containers/0123/hosts"));
        for (path, content, want) in [
            ("proc/self/cgroup", "0::/kubepods.slice/pod0123\n", Environment::Kubernetes),
            ("proc/self/mountinfo", &pod, Environment::Kubernetes),
            ("proc/1/cgroup", "0::/machine.slice/libpod-0123.scope\n", Environment::Podman),
            ("proc/self/mountinfo", &podman, Environment::Podman),
            ("run/systemd/container", "docker\n", Environment::Docker),
            ("run/systemd/container", "podman\n", Environment::Podman),
            ("run/systemd/container", "wsl\n", Environment::Wsl),
            ("run/host/container-manager", "lxc-libvirt\n", Environment::Lxc),
            ("proc/1/cgroup", "0::/lxc.payload.web01\n", Environment::Lxc),
            ("proc/self/mountinfo", "9 8 0:50 /proc/stat /proc/stat rw - fuse.lxcfs lxcfs rw\n", Environment::Lxc),
            // The host that runs them is none of them.
            ("proc/self/mountinfo", "9 8 0:50 / /var/lib/lxcfs rw - fuse.lxcfs lxcfs rw\n", Environment::Physical),
            ("proc/self/mountinfo", "9 8 0:50 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none rw\n", Environment::Physical),
            ("proc/self/mountinfo", "9 8 0:50 /var/lib/kubelet/pods/1 /mnt rw - ext4 /dev/vda rw\n", Environment::Physical),
            ("proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n", Environment::Wsl),
            ("proc/sys/kernel/osrelease", "6.6.36-our-wsl\n", Environment::Wsl),
            ("proc/sys/kernel/osrelease", "6.12.0-amd64\n", Environment::Physical),
        ] {
            assert_eq!(found(&[(path, content)]), want, "{path}: {content}");
        }
    }

    #[test]
    fn a_mark_that_an_unpacked_image_left_is_no_container() {
        assert_eq!(found(&[(".dockerenv", ""), DISK]), Environment::Physical);
        // A root that lies in memory, or in a part of a disk, is no disk of its own.
        for mount in ["27 1 0:40 / / rw - tmpfs none rw\n", "27 1 254:0 /images/web / rw - ext4 /dev/vda rw\n"] {
            assert_eq!(found(&[(".dockerenv", ""), ("proc/self/mountinfo", mount)]), Environment::Docker, "{mount}");
        }
        assert_eq!(found(&[(".dockerenv", ""), DISK, ("proc/cpuinfo", "flags\t\t: fpu hypervisor lm\n")]), Environment::OtherVm);
    }

    #[test]
    fn virtual_machines_are_told_without_firmware_too() {
        for (files, want) in [
            (&[("sys/hypervisor/type", "xen\n")][..], Environment::Xen),
            (&[("sys/hypervisor/type", "xen\n"), ("proc/xen/capabilities", "control_d\n")], Environment::Physical),
            (&[("sys/firmware/devicetree/base/hypervisor/compatible", "linux,kvm\0")], Environment::Kvm),
            (&[("sys/firmware/devicetree/base/hypervisor/compatible", "xen,xen-4.17\0")], Environment::Xen),
            (&[("sys/firmware/devicetree/base/hypervisor/compatible", "vmware\0")], Environment::Vmware),
            (&[("sys/firmware/devicetree/base/hypervisor/compatible", "bao\0")], Environment::OtherVm),
            (&[("proc/cpuinfo", "model name : the best hypervisor\n")], Environment::Physical),
            (&[("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme hypervisor lahf_lm\n")], Environment::OtherVm),
            (&[("proc/cpuinfo", "flags : hypervisor\n"), ("sys/class/dmi/id/sys_vendor", "Dell Inc.\n")], Environment::Physical),
            (&[("sys/class/dmi/id/sys_vendor", "QEMU\n")], Environment::Kvm),
            (&[], Environment::Physical),
        ] {
            assert_eq!(found(files), want, "{files:?}");
        }
    }

    #[test]
    fn an_id_of_an_engine_is_found_in_what_it_mounts() {
        let id = "4f1c".repeat(16);
        assert_eq!(hexadecimal_id(&format!("1 2 8:1 /var/lib/docker/containers/{id}/hostname /etc/hostname")), Some(id.clone()));
        assert_eq!(hexadecimal_id(&format!("0::/system.slice/docker-{id}.scope")), Some(id));
        assert_eq!(hexadecimal_id("0::/"), None);
    }
}
