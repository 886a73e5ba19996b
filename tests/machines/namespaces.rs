//! A machine read in real mount and network namespaces, where the kernel lets us have some.

use std::process::Command;

/// Runs a script in mount and network namespaces of its own; `None` where that is not allowed here.
fn apart(script: &str) -> Option<String> {
    let ran =
        Command::new("unshare").args(["--user", "--map-root-user", "--mount", "--net", "sh", "-c", script]).output().ok()?;
    if !ran.status.success() {
        eprintln!("skipped: no namespaces here: {}", String::from_utf8_lossy(&ran.stderr).trim());
        return None;
    }
    Some(String::from_utf8(ran.stdout).unwrap())
}

/// The program itself, where it is built.
const LIC: Option<&str> = option_env!("CARGO_BIN_EXE_lic");

#[test]
fn a_card_that_only_the_host_has_is_not_seen_in_a_network_namespace() {
    let Some(lic) = LIC else { return };
    let script = format!(
        "mount -t sysfs sysfs /sys && ip link add dummy0 type dummy 2>/dev/null; '{lic}' fingerprint --product cockpit --json; exit 0"
    );
    let Some(text) = apart(&script) else { return };
    let Ok(report) = serde_json::from_str::<serde_json::Value>(&text) else {
        eprintln!("skipped: no file system of its own for /sys here");
        return;
    };
    // Neither the loopback nor a dummy card stands for a machine.
    let network = &report["fingerprint"]["factors"][3];
    assert_eq!((network["factor"].as_str(), network["known"].as_bool()), (Some("network"), Some(false)), "{text}");
}

#[test]
fn the_marks_of_a_container_in_a_mount_namespace_are_believed() {
    let Some(lic) = LIC else { return };
    let script = format!(
        "mount -t tmpfs tmpfs /run && mkdir /run/systemd && echo lxc > /run/systemd/container && '{lic}' fingerprint --product cockpit --json; exit 0"
    );
    let Some(text) = apart(&script) else { return };
    let Ok(report) = serde_json::from_str::<serde_json::Value>(&text) else {
        eprintln!("skipped: nothing can be mounted here");
        return;
    };
    assert_eq!(report["fingerprint"]["environment"].as_str(), Some("lxc"), "{text}");
    assert_eq!(report["fingerprint"]["factors"][1]["known"].as_bool(), Some(false), "{text}");
}
